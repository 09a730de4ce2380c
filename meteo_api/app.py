"""The application: everything is made and connected here, and nothing at import."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from litestar import Controller, Litestar, MediaType, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.types import ASGIApp, Receive, Scope, Send

from meteo_api.cards.controller import CardController
from meteo_api.clock import Clock, utc_now
from meteo_api.drift.controller import DriftController
from meteo_api.drift.service import DriftService
from meteo_api.errors import ForeignHost
from meteo_api.forecasts.controller import ForecastController
from meteo_api.forecasts.service import ForecastService
from meteo_api.health.controller import HealthController
from meteo_api.health.service import HealthService
from meteo_api.kept_answers import KeptAnswers, answering_from
from meteo_api.loopback import is_loopback_name
from meteo_api.model.cache import ModelCache
from meteo_api.model.controller import ModelController, VersionController
from meteo_api.model.life import ModelLife
from meteo_api.model.store import ModelStore
from meteo_api.observations.controller import ObservationController
from meteo_api.observations.service import ObservationService
from meteo_api.pages.about import AboutController
from meteo_api.pages.map import MapController
from meteo_api.pages.shell import Pages
from meteo_api.pages.static import StaticController, StaticFiles
from meteo_api.pages.station import StationPageController
from meteo_api.pages.templating import templating
from meteo_api.pages.what_if import WhatIfController
from meteo_api.predictions.controller import PredictionController
from meteo_api.predictions.service import PredictionService
from meteo_api.problems import EXCEPTION_HANDLERS
from meteo_api.runs.controller import RunController
from meteo_api.runs.dagster import Dagster
from meteo_api.runs.service import RunService
from meteo_api.settings import Settings
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.stations.controller import StationController
from meteo_api.strict_json import JsonRequest
from meteo_api.verification.controller import VerificationController
from meteo_api.verification.service import VerificationService
from meteo_api.watching import watching
from meteo_core.model.registry import ModelRegistry

PAGES: tuple[type[Controller], ...] = (
    MapController,
    StationPageController,
    WhatIfController,
    AboutController,
    StaticController,
)
"""Addresses for people."""


def create_app(settings: Settings, *, now: Clock = utc_now) -> Litestar:
    """The service over the state folder and registry that the settings name."""
    registry = ModelRegistry(settings.registry_uri)
    models = ModelStore(
        registry,
        ModelCache(settings.home.model_cache),
        look_seconds=settings.model_poll_seconds,
        now=now,
    )
    snapshots = SnapshotStore(settings.home.serving, look_seconds=settings.snapshot_poll_seconds)
    static = StaticFiles()
    runs = RunService(
        Dagster(settings.dagster_url), link=settings.dagster_link or settings.dagster_url, now=now
    )
    provided = {
        "models": models,
        "snapshots": snapshots,
        "forecasts": ForecastService(snapshots, now=now),
        "predictions": PredictionService(models, snapshots, now=now, max_batch=settings.max_batch),
        "verification": VerificationService(snapshots),
        "drift": DriftService(snapshots),
        "observations": ObservationService(snapshots),
        "health": HealthService(models, snapshots, now=now),
        "runs": runs,
        "life": ModelLife(registry, models),
        "static": static,
        "pages": Pages(snapshots, models, now=now),
    }

    kept = KeptAnswers(snapshots, now=now)

    @asynccontextmanager
    async def beginning_with_what_is_on_disk(_app: Litestar) -> AsyncIterator[None]:
        await asyncio.to_thread(models.begin_with_cache)
        await asyncio.to_thread(snapshots.look)
        yield
        await runs.close()

    return Litestar(
        route_handlers=[
            Router(
                "/api/v1",
                route_handlers=[
                    Router(
                        "/",
                        # What everyone reads alike, from the snapshot alone: these are answered from memory.
                        route_handlers=[
                            StationController,
                            ForecastController,
                            VerificationController,
                            DriftController,
                            ObservationController,
                            CardController,
                        ],
                        middleware=[answering_from(kept)],
                    ),
                    PredictionController,
                    ModelController,
                    VersionController,
                    RunController,
                ],
            ),
            HealthController,
            *PAGES,
        ],
        dependencies={name: _always(thing) for name, thing in provided.items()},
        exception_handlers=EXCEPTION_HANDLERS,
        template_config=templating(static),
        state=State({"pages": provided["pages"]}),
        request_class=JsonRequest,
        request_max_body_size=settings.max_body_bytes,
        middleware=[_for_this_machine_alone],
        lifespan=[
            beginning_with_what_is_on_disk,
            watching(snapshots.look, every_seconds=settings.snapshot_poll_seconds, name="snapshot"),
            watching(models.look, every_seconds=settings.model_poll_seconds, name="model registry"),
        ],
        openapi_config=OpenAPIConfig(
            title="Meteo",
            version=version("meteo"),
            use_handler_docstrings=True,
            description="How likely is rain tomorrow at Australian weather stations.",
            # Litestar's pages load their scripts from a content network; the document itself needs none.
            render_plugins=[JsonRenderPlugin(media_type=MediaType.JSON), YamlRenderPlugin()],
        ),
        # Problems are logged where they become answers; Litestar would set up the root logger for itself.
        logging_config=None,
    )


def _always(thing: Any) -> Provide:
    return Provide(lambda: thing, sync_to_thread=False, use_cache=True)


def _for_this_machine_alone(app: ASGIApp) -> ASGIApp:
    """Refuse pages elsewhere that steer a browser here under a name of their own (DNS rebinding)."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        if not is_loopback_name(host.decode("latin-1")):
            raise ForeignHost(f"requests for {host[:100].decode('latin-1')!r} are not answered here")
        await app(scope, receive, send)

    return guarded

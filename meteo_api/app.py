"""The application: everything is made and connected here, and nothing at import."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Controller, Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from meteo_api.accounts.account_page import AccountPage
from meteo_api.accounts.administration import AuditController, UserController
from meteo_api.accounts.controller import SignInController
from meteo_api.accounts.service import Accounts
from meteo_api.accounts.sign_in_page import SignInPage
from meteo_api.accounts.wiring import lifetimes_of, secret_of
from meteo_api.alerts.controller import AlertController
from meteo_api.alerts.service import AlertService
from meteo_api.cards.controller import CardController
from meteo_api.clock import Clock, utc_now
from meteo_api.database.schema import bring_up_to_date
from meteo_api.deeds import Deeds
from meteo_api.document import WorkedExamples, document
from meteo_api.drift.controller import DriftController
from meteo_api.drift.reports import DriftReports
from meteo_api.drift.service import DriftService
from meteo_api.forecasts.controller import ForecastController
from meteo_api.forecasts.service import ForecastService
from meteo_api.front import Front
from meteo_api.gate.controller import GateController
from meteo_api.health.controller import HealthController
from meteo_api.health.service import HealthService
from meteo_api.hosts import AllowedHosts
from meteo_api.kept_answers import KeptAnswers, answering_from
from meteo_api.language.controller import LanguageController
from meteo_api.metrics.controller import MetricsController
from meteo_api.metrics.measuring import Measuring
from meteo_api.metrics.state import ServiceState, registry_of
from meteo_api.metrics.unknown_stations import UnknownStations
from meteo_api.metrics.world import WorldState
from meteo_api.model.cache import ModelCache
from meteo_api.model.controller import ModelController, VersionController
from meteo_api.model.life import ModelLife
from meteo_api.model.store import ModelStore
from meteo_api.observations.controller import ObservationController
from meteo_api.observations.service import ObservationService
from meteo_api.pages.about import AboutController
from meteo_api.pages.administration import Links, RunsPage
from meteo_api.pages.alerts import AlertPageController
from meteo_api.pages.charts import ChartController
from meteo_api.pages.drift import DriftPageController
from meteo_api.pages.map import MapController
from meteo_api.pages.model import ModelPage
from meteo_api.pages.model_change import ModelChangePage
from meteo_api.pages.people import PeoplePage
from meteo_api.pages.security_contact import SecurityContact, SecurityContactController
from meteo_api.pages.shell import Pages
from meteo_api.pages.static import StaticController, StaticFiles
from meteo_api.pages.station import StationPageController
from meteo_api.pages.templating import templating
from meteo_api.pages.verification import VerificationPageController
from meteo_api.pages.what_if import WhatIfController
from meteo_api.prediction_log.log import PredictionLog, keeping
from meteo_api.predictions.controller import PredictionController
from meteo_api.predictions.service import SECONDS_UNTIL_TRIED_AGAIN, PredictionService
from meteo_api.problems import EXCEPTION_HANDLERS
from meteo_api.runs.controller import RunController
from meteo_api.runs.dagster import Dagster
from meteo_api.runs.service import RunService
from meteo_api.runs.turns import OneAtATime
from meteo_api.settings import Settings
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.stations.controller import StationController
from meteo_api.strict_json import JsonRequest
from meteo_api.verification.controller import VerificationController
from meteo_api.verification.service import VerificationService
from meteo_api.watching import watching
from meteo_core.memory import give_back_memory, spare_what_stays
from meteo_core.model.registry import ModelRegistry
from meteo_core.service_database import ServiceDatabase

log = logging.getLogger(__name__)

PAGES: tuple[type[Controller], ...] = (
    SignInPage,
    AccountPage,
    MapController,
    StationPageController,
    WhatIfController,
    ModelPage,
    ModelChangePage,
    RunsPage,
    PeoplePage,
    VerificationPageController,
    DriftPageController,
    AlertPageController,
    AboutController,
    LanguageController,
    StaticController,
    SecurityContactController,
)
"""Addresses for people."""


def create_app(settings: Settings, *, now: Clock = utc_now) -> Litestar:
    """The service over the state folder, registry and database that the settings name.

    Raises `UnusableSecret`, `UnusableDatabase`.
    """
    database = ServiceDatabase(settings.service_database_url)
    accounts = Accounts(database, secret_of(settings), lifetimes_of(settings), now=now)
    registry = ModelRegistry(settings.registry_uri)
    models = ModelStore(
        registry,
        ModelCache(settings.model_cache_dir or settings.home.model_cache),
        look_seconds=settings.model_poll_seconds,
        now=now,
    )
    snapshots = SnapshotStore(settings.home.serving, look_seconds=settings.snapshot_poll_seconds)
    asked = PredictionLog(database, most_waiting=settings.prediction_log_waiting, now=now)
    predictions = PredictionService(models, snapshots, asked, now=now, max_batch=settings.max_batch)
    unknown = UnknownStations()
    metrics = registry_of(
        ServiceState(models, snapshots, asked, now=now), WorldState(snapshots, now=now), unknown
    )

    def exchanged() -> None:
        predictions.prepare()
        spare_what_stays()
        give_back_memory()

    models.when_exchanged = snapshots.when_exchanged = exchanged
    looked = threading.Event()

    def look_for_models() -> None:
        models.look()
        if not looked.is_set():
            # It loaded MLflow: a hundred thousand objects, which the collector would walk amid answers.
            looked.set()
            spare_what_stays()

    static = StaticFiles()
    alerts = AlertService(database, now=now)
    deeds, links = Deeds(accounts.audit), Links.of(settings)
    runs = RunService(Dagster(settings.dagster_url), deeds, OneAtATime(database), link=links.dagster, now=now)
    provided = {
        "accounts": accounts,
        "audit": accounts.audit,
        "database": database,
        "models": models,
        "snapshots": snapshots,
        "forecasts": ForecastService(snapshots, now=now),
        "predictions": predictions,
        "verification": VerificationService(snapshots),
        "drift": DriftService(snapshots),
        "alerts": alerts,
        "reports": DriftReports(settings.home.drift),
        "observations": ObservationService(snapshots),
        "health": HealthService(models, snapshots, predictions, asked, now=now),
        "metrics": metrics,
        "runs": runs,
        "life": ModelLife(registry, models, deeds),
        "links": links,
        "security_contact": SecurityContact(settings.security_contact, now=now),
        "static": static,
        "pages": Pages(snapshots, models, alerts, now=now),
    }

    kept = KeptAnswers(snapshots, now=now)

    @asynccontextmanager
    async def beginning_with_what_is_on_disk(_app: Litestar) -> AsyncIterator[None]:
        await asyncio.to_thread(bring_up_to_date, database)
        if not await accounts.users():
            log.warning("nobody can sign in yet: add someone with `meteo users add NAME --role admin`")
        await asyncio.to_thread(models.begin_with_cache)
        await asyncio.to_thread(snapshots.look)
        yield
        await runs.close()
        await asyncio.to_thread(accounts.close)
        database.close()

    app = Litestar(
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
                    AlertController,
                    PredictionController,
                    ModelController,
                    VersionController,
                    RunController,
                    SignInController,
                    UserController,
                    AuditController,
                ],
            ),
            HealthController,
            GateController,
            Router("/", route_handlers=[ChartController], middleware=[answering_from(kept)]),
            MetricsController,
            *PAGES,
        ],
        dependencies={name: _always(thing) for name, thing in provided.items()},
        exception_handlers=EXCEPTION_HANDLERS,
        after_exception=[unknown.note],
        template_config=templating(static),
        state=State({"pages": provided["pages"]}),
        request_class=JsonRequest,
        request_max_body_size=settings.max_body_bytes,
        middleware=[accounts.middleware()],
        lifespan=[
            beginning_with_what_is_on_disk,
            keeping(asked),
            watching(snapshots.look, every_seconds=settings.snapshot_poll_seconds, name="snapshot"),
            watching(alerts.look, every_seconds=settings.alerts_poll_seconds, name="alerts"),
            watching(predictions.catch_up, every_seconds=SECONDS_UNTIL_TRIED_AGAIN, name="exchange"),
            watching(look_for_models, every_seconds=settings.model_poll_seconds, name="model registry"),
        ],
        openapi_config=document(),
        plugins=[WorkedExamples()],
        # Problems are logged where they become answers; Litestar would set up the root logger for itself.
        logging_config=None,
    )
    app.asgi_handler = Measuring(app.asgi_handler, metrics)
    app.asgi_handler = Front(app, AllowedHosts(settings.allowed_hosts))
    return app


def _always(thing: Any) -> Provide:
    return Provide(lambda: thing, sync_to_thread=False, use_cache=True)

"""A service and an exporter that run, and a Prometheus with our configuration that scrapes them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import httpx
import pandas as pd
import pytest
from dagster._daemon.types import DaemonHeartbeat

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_assets.exporter.server import exporting
from meteo_assets.settings import Settings as PipelineSettings
from meteo_core.model.rain_models import RainModels
from meteo_tests.api.clients import PREDICTIONS, listening
from meteo_tests.api.conftest import NOW, models, weather  # noqa: F401 (fixtures)
from meteo_tests.api.people import populate, sign_in
from meteo_tests.api.watched import watched_home
from meteo_tests.assets.small_pipeline import GRAPH, run_days, run_week, small_instance
from meteo_tests.builders import LAST_DAY
from meteo_tests.deploy.scraper import Scraper, scraping


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory,
    weather: pd.DataFrame,  # noqa: F811
    models: RainModels,  # noqa: F811
) -> Iterator[str]:
    """Address of a service with a snapshot of skill, drift and alarms."""
    home = watched_home(tmp_path_factory.mktemp("watched"), weather, models)
    settings = Settings(home_dir=home.root)
    populate(settings.service_database_url)
    with listening(create_app(settings, now=lambda: NOW)) as address:
        yield address


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the exporter over a Dagster instance in which days and a week were run."""
    folder: Path = tmp_path_factory.mktemp("pipeline")
    with pytest.MonkeyPatch.context() as patch, small_instance(folder) as instance:
        patch.setattr("meteo_assets.exporter.server.read_graph", lambda _: GRAPH)
        _lived(instance)
        with exporting(PipelineSettings(), port=0) as url:
            yield url.removesuffix("/metrics")


def _lived(instance: dg.DagsterInstance) -> None:
    assert run_days(instance, "2024-03-02", "2024-03-04")
    assert run_week(instance, "2024-02-25")
    for kind in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(datetime.now(UTC).timestamp(), kind, "one", []))


@pytest.fixture(scope="module")
def prometheus(service: str, exporter: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraper]:
    """Prometheus after some scrapes, between which questions were asked."""
    folder = tmp_path_factory.mktemp("prometheus")
    with scraping({"api": service, "pipeline": exporter}, folder) as scraper:
        with httpx.Client(base_url=service, timeout=30) as client:
            sign_in(client)
            _ask(client)
            scraper.wait_for_scrapes(2)
            _ask(client)
        scraper.wait_for_scrapes(4)
        yield scraper


def _ask(client: httpx.Client) -> None:
    question = {"station": "Brisbane", "date": str(LAST_DAY), "humidity_3pm": None}
    for _ in range(3):
        assert client.post(PREDICTIONS, json=question).status_code == 200
        assert client.get("/api/v1/forecasts/Brisbane").status_code == 200
        assert client.get("/api/v1/forecasts/Atlantis").status_code == 404

"""A service over a real state folder: a small model in its cache and a published snapshot, no registry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_api.app import create_app
from meteo_api.model.cache import ModelCache
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.model.rain_model import RainModel
from meteo_core.model.registry import ModelVersion
from meteo_tests import builders
from meteo_tests.api.clients import LOOPBACK

NOW = datetime(2016, 6, 25, 8, tzinfo=UTC)
"""Afternoon of the last observed day in all of Australia."""


@pytest.fixture(scope="session")
def weather() -> pd.DataFrame:
    return builders.observations()


@pytest.fixture(scope="session")
def model(weather: pd.DataFrame) -> RainModel:
    return builders.rain_model(weather)


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, model: RainModel) -> Home:
    """State folder that only reading tests share."""
    home = Home(tmp_path_factory.mktemp("served"))
    builders.snapshot(home.serving, weather, model, version=7, issued_at=NOW)
    cached(home, model, version=7)
    return home


@pytest.fixture(scope="session")
def client(served_home: Home) -> Iterator[TestClient]:
    settings = Settings(home_dir=served_home.root, max_body_bytes=2_000_000)
    with TestClient(create_app(settings, now=lambda: NOW), base_url=LOOPBACK) as client:
        yield client


def cached(home: Home, model: RainModel, *, version: int, run_id: str = "a-run") -> None:
    """Put a model into the service's cache as the one that served last."""

    def download(folder: Path) -> Path:
        model.save(folder / "model")
        return folder / "model"

    tags = {"score.brier_score": "0.12", "validation_status": "passed"}
    stored = ModelVersion(version, run_id, NOW - timedelta(days=3), tags)
    cache = ModelCache(home.model_cache)
    cache.fetch(stored, download)
    cache.remember(stored)

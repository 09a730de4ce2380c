"""A service over a real state folder: small models in its cache and a published snapshot, no registry."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_api.model.cache import ModelCache
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import ModelVersion
from meteo_core.serving import MODEL_CARD
from meteo_tests import builders
from meteo_tests.api.people import ADMIN, beside, in_process
from meteo_tests.core.verified import held_out, pairs_of

NOW = datetime(2016, 6, 25, 8, tzinfo=UTC)
"""Afternoon of the last observed day in all of Australia."""

VERIFIED = pd.concat(
    [
        pairs_of(
            [1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5], station="Albury", date=pd.date_range("2016-05-01", periods=4)
        ),
        pairs_of(
            [0, 0],
            [0.2, 0.4],
            station="Brisbane",
            issue="morning",
            date=pd.date_range("2016-06-01", periods=2),
        ),
        pairs_of(
            [1], [0.1], station="Brisbane", threshold="ge_5_0", date=pd.date_range("2016-06-03", periods=1)
        ),
        pairs_of(
            [1, 0] * 15,
            [0.75, 0.25] * 15,
            station="Bendigo",
            threshold="ge_25_0",
            climatology=0.5,
            date=pd.date_range("2016-05-05", periods=30),
        ),
    ],
    ignore_index=True,
)
"""Outcomes and chances whose scores can be reckoned by hand."""

DRIFTED = pd.DataFrame(
    [
        ("2016-06-12", "pressure_9am", 0.30, 0.20, 1400, "drift"),
        ("2016-06-12", "max_temp", 0.15, 0.30, 1450, "steady"),
        ("2016-06-12", "min_temp", 0.20, 0.30, 1450, "steady"),
        ("2016-06-12", "sunshine", None, None, 120, "insufficient data"),
        ("2016-06-05", "pressure_9am", None, None, 20, "insufficient data"),
    ],
    columns=["week", "parameter", "score", "threshold", "rows", "verdict"],
).astype({"week": "datetime64[ns]"})
"""Scores of two weeks."""

ASKED = DRIFTED.iloc[:0].copy()
ASKED.loc[0] = [pd.Timestamp("2016-06-12"), "humidity_3pm", 0.9, 0.4, 412, "drift"]
"""Of what was asked in the newer one."""

ALARMS = pd.DataFrame(
    [
        *(
            (f"2016-06-{day}", "station", "Sydney", "pressure_3pm", 1.2 + day / 100, 1.1)
            for day in (20, 22, 25)
        ),
        ("2016-06-10", "hard", "Albury", "wind_gust_speed", 6.0, 6.0),
        ("2016-06-25", "skill", "", "skill_evening_30", 0.08, 0.05),
    ],
    columns=["date", "kind", "station", "parameter", "score", "threshold"],
).astype({"date": "datetime64[ns]"})
"""Days of three alarms, one of them over."""


@pytest.fixture(scope="session")
def weather() -> pd.DataFrame:
    return builders.observations()


@pytest.fixture(scope="session")
def models(weather: pd.DataFrame) -> RainModels:
    return builders.rain_models(weather)


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels) -> Home:
    """State folder that only reading tests share."""
    home = Home(tmp_path_factory.mktemp("served"))
    builders.snapshot(
        home.serving,
        weather,
        models,
        version=7,
        issued_at=NOW,
        pairs=VERIFIED,
        drift=DRIFTED,
        request_drift=ASKED,
        alarms=ALARMS,
        held_out=held_out(summer=0.25, other=0.2),
        cards={MODEL_CARD: "# Model card"},
    )
    cached(home, models, version=7)
    return home


@pytest.fixture(scope="session")
def client(served_home: Home) -> Iterator[TestClient]:
    """Someone who is signed in as a user, with a bearer token."""
    settings = Settings(
        home_dir=served_home.root,
        max_body_bytes=2_000_000,
        # Of its own: by the clocks of other services over this folder, sign-ins of NOW are long over.
        database_url=f"sqlite:///{served_home.root / 'client.db'}",
    )
    with in_process(settings, now=lambda: NOW) as client:
        yield client


@pytest.fixture(scope="session")
def admin(client: TestClient) -> Iterator[TestClient]:
    """Someone who is signed in as an administrator of the same service."""
    with beside(client, name=ADMIN) as admin:
        yield admin


@pytest.fixture(scope="session")
def stranger(client: TestClient) -> Iterator[TestClient]:
    """Someone who is not signed in."""
    with beside(client, name=None) as stranger:
        yield stranger


def cached(home: Home, models: RainModels, *, version: int, run_id: str = "a-run") -> None:
    """Put models into the service's cache as the one that served last."""

    def download(folder: Path) -> Path:
        models.save(folder / "model")
        return folder / "model"

    tags = {"score.brier_score": "0.12", "validation_status": "passed"}
    stored = ModelVersion(version, run_id, NOW - timedelta(days=3), tags)
    cache = ModelCache(home.model_cache)
    cache.fetch(stored, download)
    cache.remember(stored)

"""The snapshot in service is exchanged for a newer one that can be used, and for nothing else."""

from pathlib import Path

import pandas as pd
import pytest

from meteo_api.forecasts.issued import ISSUED_COLUMNS
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.model.rain_models import RainModels
from meteo_core.serving import FORECASTS, POINTER, publish
from meteo_tests import builders


@pytest.fixture
def store(tmp_path: Path, weather: pd.DataFrame, models: RainModels) -> SnapshotStore:
    builders.snapshot(tmp_path, weather, models)
    store = SnapshotStore(tmp_path, look_seconds=1)
    store.look()
    return store


def test_a_newer_snapshot_comes_into_service(
    tmp_path: Path, store: SnapshotStore, weather: pd.DataFrame, models: RainModels
):
    until_yesterday = weather[weather["date"] < weather["date"].max()]
    name = builders.snapshot(tmp_path, until_yesterday, models)
    store.look()

    assert store.require().name == name
    assert store.require().newest["Albury"] == until_yesterday["date"].max().date()
    assert store.trouble is None


@pytest.mark.fault("truncated snapshot", "refused, the old one serves")
def test_a_snapshot_that_is_not_as_published_is_refused_and_the_old_one_stays(
    tmp_path: Path, store: SnapshotStore, weather: pd.DataFrame, models: RainModels
):
    serving = store.require()
    name = builders.snapshot(tmp_path, weather, models)
    (tmp_path / name / FORECASTS).write_bytes(b"cut")
    store.look()

    assert store.require() is serving
    assert "not as it was published" in (store.trouble or "")


@pytest.mark.fault("snapshot gone from under its pointer", "refused, the old one serves")
def test_a_pointer_to_nowhere_is_refused_and_the_old_one_stays(tmp_path: Path, store: SnapshotStore):
    serving = store.require()
    (tmp_path / POINTER).write_text("20991231T000000-ffffff")
    store.look()

    assert store.require() is serving
    assert store.trouble


@pytest.mark.parametrize("lost", ["rainfall", "station"])
def test_a_snapshot_without_a_column_is_refused(
    tmp_path: Path, store: SnapshotStore, weather: pd.DataFrame, lost: str
):
    serving = store.require()
    publish(
        tmp_path, observations=weather.drop(columns=lost), forecasts=no_forecasts(), drift=builders.no_drift()
    )
    store.look()

    assert store.require() is serving
    assert lost in (store.trouble or "")


def test_a_snapshot_without_observations_is_refused(
    tmp_path: Path, store: SnapshotStore, weather: pd.DataFrame
):
    serving = store.require()
    publish(tmp_path, observations=weather.iloc[:0], forecasts=no_forecasts(), drift=builders.no_drift())
    store.look()

    assert store.require() is serving
    assert "no observations" in (store.trouble or "")


def test_a_snapshot_without_forecasts_serves_what_ifs(tmp_path: Path, weather: pd.DataFrame):
    publish(tmp_path, observations=weather.tail(500), forecasts=no_forecasts(), drift=builders.no_drift())
    store = SnapshotStore(tmp_path, look_seconds=1)
    store.look()

    assert store.require().forecasts == {}


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_dates_of_any_resolution_are_read(
    tmp_path: Path, weather: pd.DataFrame, models: RainModels, unit: str
):
    recent = weather.tail(500)
    coarse = recent.assign(date=recent["date"].astype(f"datetime64[{unit}]"))
    publish(tmp_path, observations=coarse, forecasts=no_forecasts(), drift=builders.no_drift())
    store = SnapshotStore(tmp_path, look_seconds=1)
    store.look()

    assert store.trouble is None
    assert max(store.require().newest.values()) == weather["date"].max().date()


def no_forecasts() -> pd.DataFrame:
    return pd.DataFrame(columns=list(ISSUED_COLUMNS))

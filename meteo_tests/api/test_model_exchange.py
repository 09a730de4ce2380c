"""The model in service is exchanged for a better one, and for nothing else."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from meteo_api.errors import NotReady
from meteo_api.model import store as model_store
from meteo_api.model.cache import KEEP, ModelCache
from meteo_api.model.store import ModelStore
from meteo_api.predictions.service import PredictionService
from meteo_api.predictions.what_if import WhatIf
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import ModelVersion, RegistryUnavailable
from meteo_core.serving import OBSERVATION_DAYS
from meteo_tests import builders
from meteo_tests.api.conftest import NOW

BEGUN = datetime(2016, 6, 1, tzinfo=UTC)


class ScriptedRegistry:
    """A registry whose champion and files are as the test says."""

    uri = "scripted"
    missing_file = None

    def __init__(self, models: RainModels) -> None:
        self.champion: ModelVersion | None = version(1)
        self.away = False
        self.downloads = 0
        self.spoil: Callable[[Path], None] = lambda folder: None
        self._models = models

    def alias(self, _alias: str) -> ModelVersion | None:
        if self.away:
            raise RegistryUnavailable("the registry does not answer")
        return self.champion

    def download(self, _version: int, folder: Path) -> Path:
        self.downloads += 1
        self._models.save(folder / "rain-model")
        self.spoil(folder / "rain-model")
        return folder / "rain-model"


def version(number: int, *, run_id: str = "run", **tags: str) -> ModelVersion:
    return ModelVersion(number, f"{run_id}-{number}", BEGUN, tags)


@pytest.fixture
def registry(models: RainModels) -> ScriptedRegistry:
    return ScriptedRegistry(models)


@pytest.fixture
def store(registry: ScriptedRegistry, tmp_path: Path) -> ModelStore:
    return new_store(registry, tmp_path)


def new_store(registry: ScriptedRegistry, folder: Path) -> ModelStore:
    return ModelStore(registry, ModelCache(folder / "model-cache"), look_seconds=1)


def cut_short(folder: Path) -> None:
    booster = folder / "evening" / "full.ubj"
    booster.write_bytes(booster.read_bytes()[:500])


def lose_a_file(folder: Path) -> None:
    (folder / "morning" / "local.ubj").unlink()


def other_predictors(folder: Path) -> None:
    card = folder / "morning" / "rain_model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"fingerprint": "0" * 64}))


def lose_an_issue_time(folder: Path) -> None:
    shutil.rmtree(folder / "morning")


def no_json(folder: Path) -> None:
    (folder / "evening" / "rain_model.json").write_text("<html>")


def test_a_new_champion_comes_into_service(registry: ScriptedRegistry, store: ModelStore):
    store.look()
    registry.champion = version(2)
    store.look()

    assert store.require().version == version(2)
    assert store.trouble is None


def test_going_back_to_a_version_in_the_cache_needs_no_download(
    registry: ScriptedRegistry, store: ModelStore
):
    for number in (1, 2, 1):
        registry.champion = version(number)
        store.look()

    assert store.require().version.version == 1
    assert registry.downloads == 2


@pytest.mark.fault("corrupt or foreign model", "refused, the old one serves, the reason is told")
@pytest.mark.parametrize(
    "spoil", [cut_short, lose_a_file, lose_an_issue_time, other_predictors, no_json, shutil.rmtree]
)
def test_a_model_that_cannot_be_used_is_refused_and_the_old_one_stays(
    registry: ScriptedRegistry, store: ModelStore, tmp_path: Path, spoil: Callable[[Path], None]
):
    store.look()
    serving = store.require()
    registry.champion, registry.spoil = version(2), spoil
    store.look()

    assert store.require() is serving
    assert "champion version 2 was refused" in (store.trouble or "")
    assert sorted(p.name for p in (tmp_path / "model-cache").iterdir()) == ["1", "CURRENT"]


def test_a_refused_model_is_not_downloaded_at_every_look(registry: ScriptedRegistry, store: ModelStore):
    registry.spoil = cut_short
    for _ in range(5):
        store.look()

    assert registry.downloads == 1
    assert "refused" in (store.trouble or "")


def test_a_refused_model_is_tried_again_after_a_while(
    registry: ScriptedRegistry, store: ModelStore, monkeypatch: pytest.MonkeyPatch
):
    registry.spoil = cut_short
    store.look()
    registry.spoil = lambda folder: None
    monkeypatch.setattr(model_store, "SECONDS_UNTIL_REFUSED_IS_TRIED_AGAIN", 0.0)
    store.look()

    assert store.require().version == version(1)
    assert store.trouble is None


def test_a_refused_model_gives_way_to_the_next_at_once(registry: ScriptedRegistry, store: ModelStore):
    registry.spoil = cut_short
    store.look()
    registry.champion, registry.spoil = version(2), lambda folder: None
    store.look()

    assert store.require().version == version(2)


@pytest.mark.parametrize("away", [True, False])
def test_without_registry_or_champion_the_old_model_stays(
    registry: ScriptedRegistry, store: ModelStore, away: bool
):
    store.look()
    registry.away, registry.champion = away, None
    store.look()

    assert store.require().version == version(1)
    assert store.trouble


@pytest.mark.fault("MLflow back", "all clear")
def test_what_was_wrong_is_forgotten_when_the_registry_is_back(registry: ScriptedRegistry, store: ModelStore):
    store.look()
    registry.away = True
    store.look()
    registry.away = False
    store.look()

    assert store.trouble is None


def test_a_registry_begun_anew_is_told_apart_by_its_run(registry: ScriptedRegistry, store: ModelStore):
    store.look()
    registry.champion = version(1, run_id="another")
    store.look()

    assert store.require().version.run_id == "another-1"
    assert registry.downloads == 2


def test_the_reason_of_a_promotion_is_seen_without_a_download(registry: ScriptedRegistry, store: ModelStore):
    store.look()
    registry.champion = version(1, promotion_reason="better by a tenth")
    store.look()

    assert store.require().version.tags == {"promotion_reason": "better by a tenth"}
    assert registry.downloads == 1


@pytest.mark.fault("MLflow down at start", "served from the copy")
def test_a_start_without_registry_serves_the_copy_that_served_last(
    registry: ScriptedRegistry, store: ModelStore, tmp_path: Path
):
    for number in (2, 1):
        registry.champion = version(number)
        store.look()
    registry.away = True

    restarted = new_store(registry, tmp_path)
    restarted.begin_with_cache()
    restarted.look()

    assert restarted.require().version == version(1)
    assert restarted.require().source == "cache"
    assert restarted.trouble == "the registry does not answer"


@pytest.mark.fault("corrupt copy of a model", "fetched again")
def test_a_spoilt_copy_is_fetched_again(registry: ScriptedRegistry, store: ModelStore, tmp_path: Path):
    store.look()
    cut_short(tmp_path / "model-cache" / "1")

    restarted = new_store(registry, tmp_path)
    restarted.begin_with_cache()
    trouble = restarted.trouble
    restarted.look()

    assert "cannot be used" in (trouble or "")
    assert restarted.require().version == version(1)
    assert restarted.trouble is None


def test_only_the_last_versions_stay_on_disk(registry: ScriptedRegistry, store: ModelStore, tmp_path: Path):
    for number in range(1, 7):
        registry.champion = version(number)
        store.look()

    folders = [p.name for p in (tmp_path / "model-cache").iterdir() if p.is_dir()]
    assert sorted(folders) == [str(n) for n in range(7 - KEEP, 7)]


@pytest.mark.fault("disk full while a model is fetched", "the old model serves")
def test_a_disk_that_takes_nothing_does_not_stop_the_old_model(
    registry: ScriptedRegistry, store: ModelStore, monkeypatch: pytest.MonkeyPatch
):
    store.look()
    registry.champion = version(2)

    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    registry.spoil = full
    store.look()

    assert store.require().version == version(1)
    assert "No space left" in (store.trouble or "")


@pytest.mark.fault("MLflow down in the middle", "the old model serves, asked again")
def test_a_registry_that_goes_away_during_a_download_is_asked_again_at_the_next_look(
    registry: ScriptedRegistry, store: ModelStore
):
    store.look()
    registry.champion = version(2)

    def go_away(_folder: Path) -> None:
        raise RegistryUnavailable("the registry went away")

    registry.spoil = go_away
    store.look()
    during = (store.require().version.version, store.trouble)
    registry.spoil = lambda folder: None
    store.look()

    assert during == (1, "the registry went away")
    assert store.require().version == version(2)
    assert store.trouble is None


def test_questions_are_answered_by_the_new_champion_as_soon_as_the_store_has_it(
    registry: ScriptedRegistry, served_home: Home, tmp_path: Path
):
    store, snapshots = new_store(registry, tmp_path), SnapshotStore(served_home.serving, look_seconds=1)
    predictions = PredictionService(store, snapshots, now=lambda: NOW, max_batch=10)
    store.when_exchanged = snapshots.when_exchanged = predictions.prepare
    snapshots.look()
    store.look()
    assert predictions.require().served.version.version == 1

    registry.champion = version(2)
    store.reload()

    assert predictions.require().served.version.version == 2


def test_a_pair_that_cannot_forecast_leaves_the_old_one_and_says_why(
    registry: ScriptedRegistry, served_home: Home, tmp_path: Path, weather: pd.DataFrame, models: RainModels
):
    elsewhere = builders.observations(stations=12, days=OBSERVATION_DAYS)
    elsewhere = elsewhere[~elsewhere["station"].isin(models.stations)]
    store, snapshots = new_store(registry, tmp_path), SnapshotStore(served_home.serving, look_seconds=1)
    predictions = PredictionService(store, snapshots, now=lambda: NOW, max_batch=10)
    store.when_exchanged = snapshots.when_exchanged = predictions.prepare
    snapshots.look()
    store.look()
    before = predictions.require()

    snapshots.current = replace(before.world, name="of other stations", observations=elsewhere)
    predictions.prepare()

    assert predictions.require() is before
    assert "of other stations" in (predictions.trouble or "")


@pytest.mark.fault("no memory while a model is made ready", "the old one answers, tried again soon")
def test_a_pair_that_could_not_be_made_ready_is_tried_again(
    registry: ScriptedRegistry, served_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store, snapshots = new_store(registry, tmp_path), SnapshotStore(served_home.serving, look_seconds=1)
    predictions = PredictionService(store, snapshots, now=lambda: NOW, max_batch=10)
    store.when_exchanged = snapshots.when_exchanged = predictions.prepare

    def no_memory(*_: object) -> None:
        raise MemoryError("no room for it")

    with monkeypatch.context() as patch:
        patch.setattr(WhatIf, "of", no_memory)
        snapshots.look()
        store.look()
        with pytest.raises(NotReady, match="no room for it"):
            predictions.require()
    predictions.catch_up()

    assert predictions.require().served.version.version == 1
    assert predictions.trouble is None

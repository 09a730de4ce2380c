"""The whole pipeline on real parts: simulated site over HTTP, DuckDB, MLflow store, Dagster instance."""

import json
import multiprocessing
import re
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import mlflow
import pandas as pd
import pytest

import meteo_assets.model
from meteo_assets.definitions import build_definitions
from meteo_assets.exporter.collector import PipelineState
from meteo_assets.exporter.graph import graph_of
from meteo_assets.instance import PROJECT_ROOT
from meteo_assets.pipeline import WEEKLY_ASSETS, Pipeline, RunFailed, StageRun, open_pipeline
from meteo_assets.settings import Settings
from meteo_assets.tracking import registry_of
from meteo_core import serving
from meteo_core.calendar import Issue
from meteo_core.model.recipe import Recipe
from meteo_core.model.registry import (
    CARD_FILES,
    CHALLENGER,
    CHAMPION,
    COMPARISON_FILE,
    EXPERIMENT,
    HELD_OUT_FILE,
    TRAINING_SET_FILE,
)
from meteo_core.sources.simulator.climate import load_climate
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse
from meteo_tests.builders import NO_FAILURES, NO_FINDINGS

FIRST, LAST = date(2024, 1, 1), date(2025, 3, 15)
DAYS = (LAST - FIRST).days + 1
QUICK = Recipe(trees=30, depth=4, networks=1, epochs=1, epochs_local=1, last_steps=())
TABLES = (
    "raw.observation_revisions",
    "features.daily",
    "labels.daily",
    "forecasts.daily",
    "verification.daily",
    "monitoring.alarms",
)


FILE, LAKE = "in a file", "in a lake"
with_one_store = pytest.mark.parametrize("settings", [FILE], indirect=True)
"""For what is about the registry of models alone, and slow: it is tried with one store."""


@pytest.fixture(scope="module", params=[FILE, LAKE])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that differ in where the tables are: everything here holds for both."""
    home = tmp_path_factory.mktemp("home")
    if request.param == FILE:
        return Settings(home_dir=home)
    return Settings(home_dir=home, warehouse=request.getfixturevalue("lakes").address(home))


def set_in_environment(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    """For what reads them anew: other processes, and a pipeline's own code."""
    patch.setenv("METEO_HOME", str(settings.home.root))
    if settings.warehouse is None:
        patch.delenv("METEO_WAREHOUSE", raising=False)
    else:
        patch.setenv("METEO_WAREHOUSE", settings.warehouse)


@pytest.fixture(scope="module")
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    with pytest.MonkeyPatch.context() as patch:
        set_in_environment(patch, settings)
        patch.setattr(meteo_assets.model, "RECIPE", QUICK)
        with open_pipeline(settings) as opened:
            yield opened


@pytest.fixture(scope="module")
def runs(pipeline: Pipeline) -> list[StageRun]:
    return pipeline.run_all(FIRST, LAST, training_day=LAST)


@pytest.fixture
def warehouse(settings: Settings, runs: list[StageRun]) -> Warehouse:
    return settings.tables()


def contents(warehouse: Warehouse) -> dict[str, pd.DataFrame]:
    return {table: warehouse.query(f"FROM {table} ORDER BY ALL").reset_index(drop=True) for table in TABLES}


def assert_same(before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> None:
    for table in TABLES:
        pd.testing.assert_frame_equal(before[table], after[table], obj=table)


def test_every_asset_is_built_and_every_day_is_on_record(pipeline: Pipeline, warehouse: Warehouse):
    for asset in (
        "raw_observations",
        "features",
        "labels",
        "forecasts",
        "forecast_verification",
        "drift_alarms",
    ):
        assert len(pipeline.instance.get_materialized_partitions(dg.AssetKey(asset))) == DAYS
    counts = {table: len(rows) for table, rows in contents(warehouse).items()}
    assert counts["raw.observation_revisions"] == counts["features.daily"] == counts["labels.daily"]
    assert counts["features.daily"] == DAYS * 49
    assert counts["forecasts.daily"] > 2 * DAYS * 45  # days without any 9 am or 3 pm observation have none


def test_a_range_of_days_is_one_run(pipeline: Pipeline, runs: list[StageRun]):
    assert len({run.run_id for run in runs}) == len(runs) == 9
    assert pipeline.instance.get_runs_count() >= 9


def test_every_asset_is_told_to_prometheus_with_the_figures_that_dashboards_show(
    pipeline: Pipeline, settings: Settings, runs: list[StageRun]
):
    graph = graph_of(build_definitions(settings))
    metrics = {metric.name: metric for metric in PipelineState(pipeline.instance, graph).collect()}

    ages = {sample.labels["asset"] for sample in metrics["meteo_pipeline_asset_age_seconds"].samples}
    figures = {tuple(sample.labels.values()) for sample in metrics["meteo_pipeline_asset_figure"].samples}
    shown = {
        (asset, figure)
        for file in (PROJECT_ROOT / "deploy/grafana/dashboards").glob("*.json")
        for asset, some in re.findall(
            r'asset=\\"(\w+)\\", figure=~?\\"([^"\\]+)\\"', file.read_text(encoding="utf-8")
        )
        for figure in some.split("|")
    }
    assert ages == set(graph.assets) - {"warehouse_upkeep"}  # which has a run of its own
    assert len(shown) > 8
    for asset, figure in shown:
        assert any(asset == of and re.fullmatch(figure, name) for of, name in figures), (asset, figure)


def test_the_champion_says_where_it_comes_from(settings: Settings, runs: list[StageRun]):
    champion = registry_of(settings).alias(CHAMPION)

    assert champion is not None
    assert champion.tags["validation_status"] == "passed"
    assert champion.tags["label_rule"] == "more than 1 mm"
    assert champion.tags["trained_until"] <= LAST.isoformat()
    assert float(champion.tags["score.skill_over_climatology"]) > 0.1
    assert champion.tags["promotion_reason"].startswith("the first champion; passed its checks")
    assert champion.tags["issues"] == "morning evening"
    assert float(champion.tags["score.morning_skill_over_climatology"]) > 0.05
    assert {"git_sha", "as_of", "fingerprint", "training_set_sha256", "dagster_run_id"} <= set(champion.tags)


def test_the_mlflow_run_is_tied_to_the_dagster_run_and_finished(settings: Settings, runs: list[StageRun]):
    champion = registry_of(settings).alias(CHAMPION)
    assert champion is not None
    client = mlflow.MlflowClient(settings.registry_uri, settings.registry_uri)

    run = client.get_run(champion.run_id)

    assert run.info.status == "FINISHED"
    assert run.data.tags["dagster_run_id"] in {stage.run_id for stage in runs}
    assert run.data.metrics["roc_area"] > 0.7
    assert not Path("mlruns").exists()
    assert not Path("mlflow.db").exists()


@pytest.mark.fault(
    "source: daylight saving ends or begins, from source to label",
    "each day once, windows of 25 or 23 hours there and 24 elsewhere, labels by date",
)
@pytest.mark.parametrize(("day", "hours"), [(date(2024, 4, 6), 25), (date(2024, 10, 5), 23)])
def test_a_change_of_the_clock_changes_the_length_of_a_window_and_nothing_else(
    warehouse: Warehouse, day: date, hours: int
):
    assert_days_follow_one_another(warehouse, day)

    windows = warehouse.query(
        "SELECT station, date_diff('hour', valid_from, valid_to) AS hours FROM forecasts.daily "
        "WHERE date = ?",
        [day],
    )

    always = {"Australia/Brisbane", "Australia/Darwin", "Australia/Perth"}
    for station, length in windows.itertuples(index=False):
        assert length == (24 if stations()[station].timezone in always else hours), station
    assert set(windows["hours"]) == {hours, 24}


@pytest.mark.fault(
    "source: leap day, first of a month, new year, from source to label", "days like others, in their order"
)
@pytest.mark.parametrize(
    "day", [date(2024, 2, 28), date(2024, 2, 29), date(2024, 6, 30), date(2024, 7, 1), date(2024, 12, 31)]
)
def test_days_at_the_seams_of_the_calendar_are_days_like_others(warehouse: Warehouse, day: date):
    assert_days_follow_one_another(warehouse, day)


def assert_days_follow_one_another(warehouse: Warehouse, day: date) -> None:
    """Observed once at each station, remembered as yesterday on the next day, whose rain is its outcome."""
    after = day + timedelta(days=1)
    rain = {
        each: warehouse.read("raw.observations", each, each).set_index("station")["rainfall"].sort_index()
        for each in (day, after)
    }
    outcomes = warehouse.read("labels.daily", day, day).set_index("station")["rain_mm"].sort_index()
    remembered = warehouse.read("features.daily", after, after).set_index("station").sort_index()

    for each in rain.values():
        assert len(each) == each.index.nunique() == len(load_climate(rain_noise=0.5).stations)
    known = rain[day].notna() & rain[after].notna()
    assert known.sum() > 40
    assert outcomes[known].tolist() == rain[after][known].tolist()
    pd.testing.assert_series_equal(
        remembered["rainfall_yesterday"].astype(float), rain[day].astype(float), check_names=False
    )


def test_no_number_in_sample_is_passed_off_as_a_forecast(settings: Settings, warehouse: Warehouse):
    forecasts = warehouse.read("forecasts.daily")

    champion = registry_of(settings).alias(CHAMPION)
    assert champion is not None

    assert forecasts["kind"].unique().tolist() == ["hindcast"]
    honest = forecasts["date"].between(champion.tags["held_out_from"], champion.tags["held_out_until"])
    assert forecasts.loc[~honest & (forecasts["date"] < "2025-03-15"), "in_sample"].all()
    assert forecasts.loc[honest, "in_sample"].mean() < 0.05  # days without an outcome have no twin's forecast


def test_only_forecasts_that_had_not_seen_the_outcome_are_verified(settings: Settings, warehouse: Warehouse):
    champion = registry_of(settings).alias(CHAMPION)
    assert champion is not None

    pairs = warehouse.read("verification.daily")

    assert set(pairs["issue"]) == {"evening", "morning"}
    assert set(pairs["threshold"]) == {"ge_0_2", "gt_1_0", "ge_5_0", "ge_10_0", "ge_25_0"}
    assert f"{pairs['date'].min():%Y-%m-%d}" == champion.tags["held_out_from"]


def test_what_a_version_was_made_of_is_kept_with_it(settings: Settings, runs: list[StageRun], tmp_path: Path):
    registry = registry_of(settings)
    champion = registry.alias(CHAMPION)
    assert champion is not None

    kept = {
        name: registry.record(champion, name, tmp_path)
        for name in (*CARD_FILES, HELD_OUT_FILE, TRAINING_SET_FILE)
    }

    assert all(file is not None for file in kept.values())
    model_card, data_card = (Path(str(kept[name])).read_text() for name in CARD_FILES)
    assert "## Evening" in model_card
    assert "## Morning" in model_card
    assert "NorfolkIsland" in model_card
    assert champion.tags["training_set_sha256"][:16] in model_card
    assert "simulator" in data_card
    assert registry.record(champion, COMPARISON_FILE, tmp_path) is None  # the first had nothing to beat


def test_the_snapshot_holds_sixty_days_and_what_they_look_back_on(settings: Settings, runs: list[StageRun]):
    name = serving.current_name(settings.home.serving)
    assert name is not None

    snapshot = serving.read(settings.home.serving, name)

    assert snapshot.forecasts["date"].min().date() == LAST - timedelta(days=59)
    assert snapshot.observations["date"].min().date() == LAST - timedelta(days=59 + 31)
    assert len(snapshot.observations) == (60 + 31) * 49
    assert snapshot.forecasts["date"].max().date() == LAST
    assert set(snapshot.cards) == set(CARD_FILES)
    assert not snapshot.verification.empty


def test_running_a_range_again_changes_nothing(pipeline: Pipeline, warehouse: Warehouse):
    before = contents(warehouse)

    pipeline.run_days(
        ["raw_observations", "features", "labels", "forecasts", "forecast_verification", "drift_alarms"],
        date(2025, 2, 20),
        date(2025, 3, 10),
    )

    assert_same(before, contents(warehouse))


def test_a_day_rebuilt_alone_is_the_same_day(pipeline: Pipeline, warehouse: Warehouse):
    before = contents(warehouse)

    pipeline.run_days(
        ["features", "labels", "forecasts", "forecast_verification", "drift_alarms"],
        date(2025, 2, 1),
        date(2025, 2, 1),
    )

    assert_same(before, contents(warehouse))


def _materialize(settings: Settings) -> None:
    set_in_environment(pytest.MonkeyPatch(), settings)
    with open_pipeline(Settings()) as opened:
        opened.run_days(
            ["raw_observations", "features", "labels", "forecasts"], date(2025, 1, 10), date(2025, 2, 10)
        )


@pytest.mark.fault("two runs at once", "one consistent table")
def test_two_runs_at_once_leave_one_consistent_table(settings: Settings, warehouse: Warehouse):
    before = contents(warehouse)
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_materialize, args=(settings,)) for _ in range(2)]

    for process in both:
        process.start()
    for process in both:
        process.join(timeout=120)

    assert [process.exitcode for process in both] == [0, 0]
    assert_same(before, contents(warehouse))


@with_one_store
@pytest.mark.fault("training gone wrong", "not promoted, not even by hand")
def test_a_challenger_that_fails_its_check_is_not_promoted_not_even_by_hand(
    pipeline: Pipeline, settings: Settings, runs: list[StageRun], monkeypatch: pytest.MonkeyPatch
):
    registry = registry_of(settings)
    before = registry.alias(CHAMPION)
    monkeypatch.setattr(meteo_assets.model, "LEAST_SKILL", 0.99)

    with pytest.raises(RunFailed, match="rain_model_beats_climatology"):
        pipeline.run_week(["rain_model", "champion_model"], LAST)

    challenger = registry.alias(CHALLENGER)
    assert challenger is not None
    assert before is not None
    assert challenger.version > before.version
    assert challenger.tags["validation_status"] == "failed"
    with pytest.raises(RunFailed, match=r"not promoted: its checks are 'failed'"):
        pipeline.run_week(["champion_model"], LAST)
    assert registry.alias(CHAMPION) == before


@pytest.fixture(scope="module")
def challenge(pipeline: Pipeline, runs: list[StageRun]) -> StageRun:
    """A training on the champion's days by its recipe."""
    return pipeline.run_week(WEEKLY_ASSETS, LAST)


@with_one_store
def test_a_challenger_as_good_as_the_champion_is_compared_and_not_promoted(
    settings: Settings, challenge: StageRun, tmp_path: Path
):
    registry = registry_of(settings)
    before, challenger = registry.alias(CHAMPION), registry.alias(CHALLENGER)

    assert before is not None
    assert challenger is not None
    assert challenger.version > before.version
    assert challenger.tags["validation_status"] == "passed"
    assert challenger.tags["compared_with"] == str(before.version)
    assert challenger.tags["promotion_decision"].startswith("not better beyond doubt")
    assert challenge.metadata["champion_model"]["changed"] is False
    comparison = registry.record(challenger, COMPARISON_FILE, tmp_path)
    assert comparison is not None
    stored = json.loads(comparison.read_text())
    assert {each["issue"] for each in stored["against"]["champion"]} == set(Issue)
    # Trained on the same days by the same recipe it is the same model.
    assert [each["difference"][0] for each in stored["against"]["champion"]] == [0.0, 0.0]


@with_one_store
def test_promotion_and_rollback_by_hand_are_each_one_audited_step(settings: Settings, challenge: StageRun):
    registry = registry_of(settings)
    before, challenger = registry.alias(CHAMPION), registry.alias(CHALLENGER)
    assert before is not None
    assert challenger is not None

    registry.promote(challenger.version, reason="tried by hand", who="someone")
    promoted = registry.alias(CHAMPION)
    back = registry.roll_back(reason="it was worse", who="someone else")

    assert promoted is not None
    assert promoted.version == challenger.version
    assert (back.version, back.replaced) == (before.version, challenger.version)
    restored = registry.alias(CHAMPION)
    assert restored is not None
    assert restored.version == before.version
    newest, older, *_ = registry.history()
    assert (newest.action, newest.who, newest.reason) == ("rolled back", "someone else", "it was worse")
    assert (older.action, older.version, older.replaced) == ("promoted", challenger.version, before.version)


@pytest.mark.parametrize("asset", ["features", "labels"])
def test_a_day_without_observations_says_what_to_materialize_first(
    pipeline: Pipeline, runs: list[StageRun], asset: str
):
    with pytest.raises(
        RunFailed, match=r"no observations of .*2020-01-05: materialize raw_observations first"
    ):
        pipeline.run_days([asset], date(2020, 1, 5), date(2020, 1, 5))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    set_in_environment(monkeypatch, Settings(home_dir=tmp_path, warehouse=None))
    with open_pipeline(Settings()) as opened:
        yield opened


@pytest.mark.fault("training without data", "refused, recorded as failed")
def test_training_on_nothing_is_refused_and_recorded_as_failed(empty: Pipeline):
    with pytest.raises(RunFailed, match="materialize features first"):
        empty.run_week(["rain_model"], LAST)

    client = mlflow.MlflowClient(empty.settings.registry_uri, empty.settings.registry_uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    assert [run.info.status for run in client.search_runs([experiment.experiment_id])] == ["FAILED"]
    assert registry_of(empty.settings).alias(CHAMPION) is None


def test_forecasts_without_a_champion_say_what_to_do_first(empty: Pipeline):
    with pytest.raises(RunFailed, match="materialize rain_model and champion_model first"):
        empty.run_days(["forecasts"], LAST, LAST)


@pytest.mark.fault("source down during a run", "the run fails with the reason, nothing is written")
def test_a_source_that_is_down_fails_the_run_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        set_in_environment(monkeypatch, Settings(home_dir=tmp_path, warehouse=None))
        monkeypatch.setenv("METEO_SOURCE_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with open_pipeline(Settings()) as opened, pytest.raises(RunFailed, match="Connection refused"):
            opened.run_days(["raw_observations"], LAST, LAST)

    warehouse = Warehouse(tmp_path / "meteo.duckdb")
    assert warehouse.read("raw.observations").empty
    assert len(warehouse.query("FROM raw.source_failures")) == len(stations())


@pytest.mark.fault("another source on the same state", "refused")
def test_simulated_and_real_weather_do_not_mix(
    pipeline: Pipeline, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    archive = tmp_path / "weatherAUS.csv"
    header = (
        "Date,Location,MinTemp,MaxTemp,Rainfall,Evaporation,Sunshine,WindGustDir,WindGustSpeed,WindDir9am,"
    )
    header += "WindDir3pm,WindSpeed9am,WindSpeed3pm,Humidity9am,Humidity3pm,Pressure9am,Pressure3pm,Cloud9am,"
    header += "Cloud3pm,Temp9am,Temp3pm,RainToday"
    archive.write_text(f"{header}\n2024-06-01,Albury,10.0" + ",NA" * 19 + "\n")

    with pytest.raises(RunFailed, match="need a state folder of their own"):
        pipeline.run_days(["raw_observations"], date(2024, 6, 1), date(2024, 6, 1), archive=archive)


@with_one_store
def test_an_older_challenger_never_replaces_the_champion(
    pipeline: Pipeline, settings: Settings, runs: list[StageRun]
):
    registry = registry_of(settings)
    before = registry.alias(CHAMPION)

    with pytest.raises(RunFailed, match=r"not promoted: it was trained to|challenger_is_not_worse"):
        pipeline.run_week(WEEKLY_ASSETS, LAST - timedelta(days=14))

    assert registry.alias(CHAMPION) == before


@pytest.mark.fault("source: first of a month revised", "the last day of the month before is relabelled")
def test_a_revised_first_day_is_also_the_outcome_of_the_day_before(pipeline: Pipeline, warehouse: Warehouse):
    day = date(2025, 1, 20)
    revised = warehouse.read("raw.observations", day, day).query("station == 'Sydney'").assign(rainfall=88.8)
    warehouse.add_revisions(revised.drop(columns="revision"), NO_FINDINGS, NO_FAILURES)

    pipeline.run_days(["labels"], day, day)

    label = warehouse.read("labels.daily", day - timedelta(days=1), day - timedelta(days=1))
    assert label.set_index("station").loc["Sydney", "rain_mm"] == 88.8

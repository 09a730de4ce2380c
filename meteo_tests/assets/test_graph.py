"""The asset graph as the outside knows it: names that dashboards, alarms and people rely on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from meteo_assets.definitions import build_definitions
from meteo_assets.settings import Settings
from meteo_core.jobs import RANGE_END, RANGE_START, week_containing


@pytest.fixture(scope="module")
def definitions(tmp_path_factory) -> dg.Definitions:
    return build_definitions(Settings(home_dir=tmp_path_factory.mktemp("home")))


def test_assets_keep_their_names_groups_and_order(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()

    table = {
        node.key.to_user_string(): (node.group_name, sorted(key.to_user_string() for key in node.parent_keys))
        for node in graph.asset_nodes
    }

    assert table == {
        "raw_observations": ("raw", []),
        "features": ("features", ["raw_observations"]),
        "labels": ("features", ["raw_observations"]),
        "rain_model": ("model", ["features", "labels"]),
        "model_comparison": ("model", ["drift_report", "features", "labels", "rain_model"]),
        "champion_model": ("model", ["model_comparison", "rain_model"]),
        "forecasts": ("forecast", ["champion_model", "features"]),
        "forecast_verification": ("verification", ["forecasts", "labels"]),
        "drift_report": ("drift", ["features", "prediction_requests"]),
        "drift_alarms": ("drift", ["forecast_verification", "raw_observations"]),
        "serving_snapshot": (
            "serving",
            ["drift_alarms", "drift_report", "forecast_verification", "forecasts"],
        ),
        "prediction_requests": ("monitoring", []),
        "warehouse_upkeep": ("upkeep", []),
    }


def test_every_asset_tells_an_operator_what_it_is(definitions: dg.Definitions):
    for node in definitions.resolve_asset_graph().asset_nodes:
        assert node.description, node.key
        assert node.owners == ["team:meteo"], node.key
        assert node.kinds, node.key


def test_daily_assets_run_a_range_as_one_run(definitions: dg.Definitions):
    daily = [
        node
        for node in definitions.resolve_asset_graph().asset_nodes
        if isinstance(node.partitions_def, dg.DailyPartitionsDefinition)
    ]

    assert len(daily) == 7
    assert all(node.backfill_policy == dg.BackfillPolicy.single_run() for node in daily)


def test_bad_data_is_stopped_by_blocking_checks(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()

    blocking = {node.key.name for node in graph.asset_check_nodes if node.blocking}
    warning = {node.key.name for node in graph.asset_check_nodes if not node.blocking}

    assert blocking == {
        "observations_keep_to_the_schema",
        "observations_lie_within_limits",
        "each_station_day_is_there_once",
        "each_observed_day_has_features",
        "labels_follow_the_calendar",
        "rain_model_beats_climatology",
        "rain_model_is_calibrated",
        "challenger_is_not_worse_than_champion",
        "chances_are_probabilities",
        "the_snapshot_is_complete",
    }
    assert warning == {"the_weather_looks_like_its_season", "the_chances_are_calibrated"}


SUNDAY_NOON = datetime(2026, 3, 8, 12, tzinfo=ZoneInfo("Australia/Sydney"))


def request(definitions: dg.Definitions, schedule: str, at: datetime) -> dg.RunRequest:
    tick = definitions.resolve_schedule_def(schedule).evaluate_tick(
        dg.build_schedule_context(
            scheduled_execution_time=at, repository_def=definitions.get_repository_def()
        )
    )
    (only,) = tick.run_requests
    return only


def test_the_morning_reads_the_last_month_again(definitions: dg.Definitions):
    asked = request(definitions, "every_morning", SUNDAY_NOON)

    assert (asked.tags[RANGE_START], asked.tags[RANGE_END]) == ("2026-02-06", "2026-03-08")


def test_noon_is_about_today(definitions: dg.Definitions):
    assert request(definitions, "every_noon", SUNDAY_NOON).partition_key == "2026-03-08"


def test_every_schedule_runs_unless_it_is_stopped(definitions: dg.Definitions):
    schedules = [
        definitions.resolve_schedule_def(f"every_{name}")
        for name in ("morning", "noon", "evening", "sunday", "night")
    ]

    assert all(each.default_status is dg.DefaultScheduleStatus.RUNNING for each in schedules)


def test_the_evening_is_about_today_in_sydney_whatever_the_host_clock_says(definitions: dg.Definitions):
    # 13:30 UTC on the 7th is already the 8th in Sydney.
    asked = request(definitions, "every_evening", datetime(2026, 3, 7, 13, 30, tzinfo=UTC))

    assert asked.partition_key == "2026-03-08"


def test_sunday_trains_on_the_week_that_has_ended(definitions: dg.Definitions):
    asked = request(definitions, "every_sunday", SUNDAY_NOON)

    assert asked.partition_key == "2026-03-01"


def test_a_week_begins_on_sunday():
    sunday = SUNDAY_NOON.date()

    assert {week_containing(sunday + timedelta(days=n)) for n in range(7)} == {"2026-03-08"}
    assert week_containing(sunday - timedelta(days=1)) == "2026-03-01"


def test_nothing_is_made_on_disk_by_loading_the_definitions(tmp_path: Path):
    build_definitions(Settings(home_dir=tmp_path / "untouched"))

    assert not (tmp_path / "untouched").exists()

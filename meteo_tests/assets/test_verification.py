"""Verification on a real warehouse: what is scored, what a revision does, what an operator is told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from meteo_assets.features import labels
from meteo_assets.verification import forecast_verification, the_chances_are_calibrated
from meteo_core.jobs import range_tags
from meteo_core.labels import THRESHOLDS
from meteo_core.warehouse import Warehouse
from meteo_tests.builders import NO_FAILURES, NO_FINDINGS
from meteo_tests.core.days import JUNE_1, days_of
from meteo_tests.lakes import opened_warehouse

JUNE_2 = JUNE_1 + timedelta(days=1)


IN_BOTH = pytest.mark.parametrize("warehouse", ["file", "lake"], indirect=True)


@pytest.fixture
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """A single file; a lake too for tests that say so."""
    shared = getattr(request, "param", "file") == "lake"
    return opened_warehouse(request.getfixturevalue("lakes").address(tmp_path) if shared else None, tmp_path)


def observe(warehouse: Warehouse, rainfall: Sequence[float | None], *, fetched_in: int = 2020) -> None:
    rows = days_of(rainfall=rainfall)
    rows = rows.assign(
        rain_today=rows["rain_today"].astype("boolean"),
        source="test",
        fetched_at=pd.Timestamp(datetime(fetched_in, 7, 1, tzinfo=UTC)),
        content_sha256="0" * 64,
    )
    warehouse.add_revisions(rows, NO_FINDINGS, NO_FAILURES)


def issue(warehouse: Warehouse, chances: Sequence[float], *, first: date = JUNE_1, **columns: object) -> None:
    moment = pd.Timestamp(datetime(2020, 6, 1, 9, tzinfo=UTC))
    made = pd.DataFrame({"date": pd.date_range(first, periods=len(chances))}).assign(
        station="Sydney",
        issue="evening",
        kind="issued",
        issued_at=moment,
        valid_from=moment,
        valid_to=moment,
        route="full",
        model_version=1,
        in_sample=False,
        **{f"p_{rule}": chances for rule in THRESHOLDS},
        **{f"climatology_{rule}": 0.2 for rule in THRESHOLDS},
        **{f"markov_{rule}": 0.3 for rule in THRESHOLDS},
    )
    warehouse.issue_forecasts(made.assign(**columns))


def materialize(
    warehouse: Warehouse, first: date, last: date, *assets: dg.AssetsDefinition
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [*(assets or (forecast_verification,)), the_chances_are_calibrated],
        resources={"warehouse": warehouse},
        tags=dict(range_tags(first, last)),
    )


def metadata_of(result: dg.ExecuteInProcessResult) -> dict:
    event = result.asset_materializations_for_node("forecast_verification")[-1]
    return {name: value.value for name, value in event.metadata.items()}


def errors(warehouse: Warehouse) -> list[float]:
    pairs = warehouse.read("verification.daily")
    return pairs.loc[pairs["threshold"] == "gt_1_0", "squared_error"].tolist()


@IN_BOTH
def test_forecasts_are_scored_once_their_outcome_is_known(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0, 0.0])
    issue(warehouse, [0.8, 0.4, 0.4])

    result = materialize(warehouse, JUNE_1, JUNE_1 + timedelta(days=2), labels, forecast_verification)

    # June 1 turned out wet, June 2 dry; of June 3 nothing is known yet.
    assert errors(warehouse) == pytest.approx([0.04, 0.16])
    told = metadata_of(result)
    assert (told["pairs"], told["days"]) == (2 * len(THRESHOLDS), 2)
    assert told["brier_score"] == pytest.approx(0.1)
    assert told["skill_over_climatology"] == pytest.approx(1 - 0.2 / (0.64 + 0.04))
    assert told["skill_over_climatology_low"] is None
    assert "evening | issued | 2 | 0.1000" in told["scores"]


def test_the_day_before_the_window_is_verified_too(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0])
    issue(warehouse, [0.8])

    materialize(warehouse, JUNE_2, JUNE_2, labels, forecast_verification)

    assert warehouse.read("verification.daily")["date"].dt.date.unique().tolist() == [JUNE_1]


@IN_BOTH
def test_a_revised_observation_changes_the_score_and_never_the_forecast(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0])
    issue(warehouse, [0.8])
    materialize(warehouse, JUNE_1, JUNE_2, labels, forecast_verification)
    issued = warehouse.read("forecasts.daily")

    observe(warehouse, [0.0, 0.0], fetched_in=2021)
    materialize(warehouse, JUNE_2, JUNE_2, labels, forecast_verification)

    assert errors(warehouse) == pytest.approx([0.64])
    pd.testing.assert_frame_equal(warehouse.read("forecasts.daily"), issued)


@IN_BOTH
def test_an_outcome_taken_back_leaves_no_score_behind(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0])
    issue(warehouse, [0.8])
    materialize(warehouse, JUNE_1, JUNE_2, labels, forecast_verification)

    observe(warehouse, [0.0, None], fetched_in=2021)
    result = materialize(warehouse, JUNE_2, JUNE_2, labels, forecast_verification)

    assert warehouse.read("verification.daily").empty
    told = metadata_of(result)
    assert (told["pairs"], told["brier_score"]) == (0, None)


def test_running_a_window_again_changes_nothing(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0, 0.0])
    issue(warehouse, [0.8, 0.4])
    materialize(warehouse, JUNE_1, JUNE_2, labels, forecast_verification)
    before = warehouse.read("verification.daily")

    materialize(warehouse, JUNE_1, JUNE_2)

    pd.testing.assert_frame_equal(warehouse.read("verification.daily"), before)


def test_hindcasts_that_knew_the_outcome_are_left_out(warehouse: Warehouse):
    observe(warehouse, [0.0, 3.0, 0.0])
    issue(warehouse, [0.8], kind="hindcast", in_sample=True)
    issue(warehouse, [0.4], first=JUNE_2, kind="hindcast")

    materialize(warehouse, JUNE_1, JUNE_2, labels, forecast_verification)

    assert warehouse.read("verification.daily")["date"].dt.date.unique().tolist() == [JUNE_2]


def verdict(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (check,) = result.get_asset_check_evaluations()
    return check


def seasons_of_forecasts(warehouse: Warehouse, chance: float, *, days: int = 90, stations: int = 8) -> date:
    """Days on which it rains in three of ten cases, whatever was said; gives the last of them."""
    last = JUNE_1 + timedelta(days=days - 1)
    wet = np.random.default_rng(0).random((stations, days)) < 0.3
    outcomes = []
    for number in range(stations):
        issue(warehouse, [chance] * days, station=f"S{number}")
        day = pd.DataFrame({"date": pd.date_range(JUNE_1, periods=days), "station": f"S{number}"})
        outcomes.append(day.assign(rain_mm=0.0, **dict.fromkeys(THRESHOLDS, wet[number])))
    warehouse.replace("labels.daily", pd.concat(outcomes), JUNE_1, last)
    return last


def test_chances_that_are_frequencies_pass_and_are_shown(warehouse: Warehouse):
    last = seasons_of_forecasts(warehouse, 0.3)

    result = materialize(warehouse, JUNE_1, last)

    check = verdict(result)
    assert check.passed
    assert check.metadata["evening_verdict"].value == "sound"
    assert str(check.metadata["evening_reliability"].value).startswith(
        "![diagram](data:image/png;base64,iVBOR"
    )
    told = metadata_of(result)
    assert told["skill_over_climatology_low"] < told["skill_over_climatology"]
    assert told["last_90_days_brier_score"] == told["brier_score"]


def test_chances_that_promise_too_much_are_warned_of(warehouse: Warehouse):
    last = seasons_of_forecasts(warehouse, 0.55)

    check = verdict(materialize(warehouse, JUNE_1, last))

    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "0.5 to 0.6 | 720 | 0.550" in str(check.metadata["evening_unsound_bins"].value)


@pytest.mark.parametrize(("days", "stations"), [(20, 30), (40, 2)])
def test_few_forecasts_or_few_days_are_not_judged(warehouse: Warehouse, days: int, stations: int):
    last = seasons_of_forecasts(warehouse, 0.95, days=days, stations=stations)

    check = verdict(materialize(warehouse, JUNE_1, last))

    assert check.passed
    assert check.metadata["verdict"].value == "insufficient data"


def test_a_warehouse_without_forecasts_is_verified_as_nothing(warehouse: Warehouse):
    result = materialize(warehouse, JUNE_1, JUNE_2)

    assert metadata_of(result)["pairs"] == 0
    assert verdict(result).passed

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue
from meteo_core.model.comparison import (
    LEAST_ROWS,
    MOST_NAMED,
    REFRESH_DAYS,
    Comparison,
    compare,
    decide,
    honest_forecasts,
)
from meteo_core.model.promotion import has_passed
from meteo_core.model.registry import CHECK, FAILED, PASSED, STATUS, ModelVersion
from meteo_core.verification.intervals import Interval

STATIONS = [f"Station{number}" for number in range(10)]
DAYS = pd.date_range(date(2015, 1, 1), periods=365)


@pytest.fixture
def labels() -> pd.DataFrame:
    random = np.random.default_rng(0)
    keys = pd.MultiIndex.from_product([STATIONS, DAYS], names=["station", "date"]).to_frame(index=False)
    wet = pd.Series(random.random(len(keys)) < 0.3)
    return keys.assign(gt_1_0=wet.astype("boolean"))


def forecasts(labels: pd.DataFrame, *, error: float, seed: int, issue: str = "evening") -> pd.DataFrame:
    """Chances that are off the outcome by about `error`."""
    random = np.random.default_rng(seed)
    off = np.clip(error + 0.05 * random.normal(size=len(labels)), 0, 1)
    wet = labels["gt_1_0"].to_numpy(float)
    return labels[["station", "date"]].assign(issue=issue, p_gt_1_0=np.where(wet == 1, 1 - off, off))


def test_a_version_compared_with_itself_differs_by_nothing(labels: pd.DataFrame):
    same = forecasts(labels, error=0.3, seed=1)

    found = compare(same, same, labels)[Issue.EVENING]

    assert tuple(found.difference) == (0.0, 0.0, 0.0)
    assert not found.is_better
    assert not found.is_worse
    assert found.rows == len(labels)
    assert not decide({Issue.EVENING: found}, unseen_days=7).promote


def test_the_difference_is_that_of_the_brier_scores(labels: pd.DataFrame):
    # Errors of .3 and .4 everywhere: Brier scores .09 and .16, and .0025 more for the scatter of each.
    better, worse = forecasts(labels, error=0.3, seed=1), forecasts(labels, error=0.4, seed=2)

    found = compare(better, worse, labels)[Issue.EVENING]

    assert found.difference.value == pytest.approx(0.09 - 0.16, abs=0.003)
    assert found.brier_challenger == pytest.approx(0.0925, abs=0.003)
    assert found.is_better
    assert len(found.by_station) == len(STATIONS)
    assert set(found.by_season["season"]) == {"summer", "autumn", "winter", "spring"}
    assert decide({Issue.EVENING: found}, unseen_days=0).promote


def test_a_worse_challenger_is_never_promoted_however_old_the_champion(labels: pd.DataFrame):
    better, worse = forecasts(labels, error=0.3, seed=1), forecasts(labels, error=0.4, seed=2)

    decision = decide(compare(worse, better, labels), unseen_days=10 * REFRESH_DAYS)

    assert not decision.promote
    assert decision.reason.startswith("worse than the champion in the evening")


def test_worse_in_the_morning_outweighs_better_in_the_evening(labels: pd.DataFrame):
    challenger = pd.concat(
        [forecasts(labels, error=0.3, seed=1), forecasts(labels, error=0.4, seed=2, issue="morning")]
    )
    champion = pd.concat(
        [forecasts(labels, error=0.4, seed=3), forecasts(labels, error=0.3, seed=4, issue="morning")]
    )

    decision = decide(compare(challenger, champion, labels), unseen_days=7)

    assert not decision.promote
    assert "morning" in decision.reason


def test_worse_at_several_stations_is_not_promoted(labels: pd.DataFrame):
    champion = forecasts(labels, error=0.35, seed=1)
    challenger = forecasts(labels, error=0.2, seed=2)
    bad = forecasts(labels, error=0.42, seed=3)
    several = challenger["station"].isin(STATIONS[:3])  # by chance alone there are 2 of 10 at most
    challenger.loc[several, "p_gt_1_0"] = bad.loc[several, "p_gt_1_0"]

    found = compare(challenger, champion, labels)
    decision = decide(found, unseen_days=7)

    assert not found[Issue.EVENING].is_worse
    assert not decision.promote
    assert "worse in the evening at Station0, Station1, Station2: evening" in decision.reason


def compared(stations: int, *, worse: int) -> Comparison:
    """A challenger that is better as a whole, and worse beyond doubt at some stations."""
    by_station = pd.DataFrame(
        {
            "station": [f"S{number}" for number in range(stations)],
            "low": np.where(np.arange(stations) < worse, 0.01, -0.01),
        }
    )
    better = Interval(-0.01, -0.02, -0.005)
    return Comparison(
        Issue.EVENING, "2015-01-01", "2015-12-31", 9, 0.1, 0.11, better, by_station, pd.DataFrame()
    )


@pytest.mark.parametrize(("stations", "chance"), [(49, 4), (1000, 37)])
def test_as_many_stations_may_be_worse_as_are_so_by_chance(stations: int, chance: int):
    as_many, more = compared(stations, worse=chance), compared(stations, worse=chance + 1)

    assert decide({Issue.EVENING: as_many}, unseen_days=7).promote
    assert not decide({Issue.EVENING: more}, unseen_days=7).promote


@pytest.mark.parametrize(
    ("difference", "of_a_young_champion", "of_an_old_one"),
    [
        (Interval(-0.002, -0.004, -0.001), True, True),
        (Interval(-0.002, -0.005, 0.001), False, True),
        (Interval(0.002, -0.001, 0.005), False, True),
        (Interval(0.002, 0.001, 0.004), False, False),
    ],
    ids=["better", "perhaps better", "perhaps worse", "worse"],
)
def test_an_interval_that_holds_0_is_neither_better_nor_worse(
    difference: Interval, of_a_young_champion: bool, of_an_old_one: bool
):
    found = {Issue.EVENING: replace(compared(49, worse=0), difference=difference)}

    assert decide(found, unseen_days=7).promote is of_a_young_champion
    assert decide(found, unseen_days=REFRESH_DAYS).promote is of_an_old_one


def test_of_many_worse_stations_some_are_named_and_the_others_counted():
    reason = decide({Issue.EVENING: compared(1000, worse=60)}, unseen_days=7).reason

    assert f"S{MOST_NAMED - 1} and {60 - MOST_NAMED} more: evening" in reason
    assert f"S{MOST_NAMED}," not in reason


def test_stations_with_too_few_days_for_an_interval_are_not_counted():
    few = compared(1000, worse=5)
    few.by_station.loc[49:, "low"] = np.nan

    assert not decide({Issue.EVENING: few}, unseen_days=7).promote


@pytest.mark.parametrize(("unseen_days", "promoted"), [(REFRESH_DAYS - 1, False), (REFRESH_DAYS, True)])
def test_one_as_good_replaces_a_champion_that_has_grown_old(
    labels: pd.DataFrame, unseen_days: int, promoted: bool
):
    same = forecasts(labels, error=0.3, seed=1)

    decision = decide(compare(same, same, labels), unseen_days=unseen_days)

    assert decision.promote is promoted


def test_too_few_common_days_decide_nothing(labels: pd.DataFrame):
    few = forecasts(labels, error=0.3, seed=1).iloc[: LEAST_ROWS - 1]

    found = compare(few, few, labels)

    assert found == {}
    assert not decide(found, unseen_days=7).promote


def test_a_day_without_an_outcome_is_not_compared(labels: pd.DataFrame):
    same = forecasts(labels, error=0.3, seed=1)
    unknown = labels.assign(gt_1_0=labels["gt_1_0"].mask(labels["date"] > "2015-06-30"))

    found = compare(same, same, unknown)[Issue.EVENING]

    assert (found.first, found.last) == ("2015-01-01", "2015-06-30")


def test_held_out_days_before_the_window_are_left_out(labels: pd.DataFrame):
    held_out = forecasts(labels, error=0.3, seed=1)

    honest = honest_forecasts(held_out, None, pd.DataFrame(), pd.Timestamp("2015-12-01"))

    assert honest["date"].min() == pd.Timestamp("2015-12-01")
    assert len(honest) == 31 * len(STATIONS)


class SaysOne:
    """A model, trained to 10 December, that always says 1."""

    issue = Issue.EVENING
    trained_until = pd.Timestamp("2015-12-10")

    def forecast(self, features: pd.DataFrame, *, since: pd.Timestamp) -> pd.DataFrame:
        return features.loc[features["date"] >= since, ["station", "date"]].assign(p_gt_1_0=1.0)


def test_a_model_speaks_for_itself_on_days_after_its_training_alone(labels: pd.DataFrame):
    held_out = forecasts(labels[labels["date"] <= "2015-12-05"], error=0.3, seed=1)
    since = pd.Timestamp("2015-12-01")

    honest = honest_forecasts(held_out, [SaysOne()], labels[["station", "date"]], since)

    days = honest.groupby(honest["p_gt_1_0"] == 1.0)["date"].agg(["min", "max"])
    assert days.loc[False].tolist() == [since, pd.Timestamp("2015-12-05")]
    assert days.loc[True].tolist() == [pd.Timestamp("2015-12-11"), DAYS[-1]]


@pytest.mark.parametrize(
    ("status", "compared_ended", "passed"),
    [(PASSED, PASSED, True), (PASSED, FAILED, False), (FAILED, PASSED, False)],
)
def test_a_version_has_not_passed_where_any_check_failed(status: str, compared_ended: str, passed: bool):
    tags = {STATUS: status, f"{CHECK}challenger_is_not_worse_than_champion": compared_ended}

    assert has_passed(ModelVersion(3, "a run", datetime(2016, 1, 1, tzinfo=UTC), tags)) is passed


def test_a_comparison_is_plain_values_for_a_file():
    import json

    table = pd.DataFrame(
        {"station": ["Sydney"], "rows": [5], "difference": [0.1], "low": [0.0], "high": [0.2]}
    )
    found = Comparison(
        Issue.EVENING, "2015-01-01", "2015-01-02", 5, 0.1, 0.2, Interval(0.1, 0.0, 0.2), table, table
    )

    stored = json.loads(json.dumps(found.as_dict()))

    assert stored["issue"] == "evening"
    assert stored["difference"] == [0.1, 0.0, 0.2]
    assert stored["by_station"][0]["station"] == "Sydney"

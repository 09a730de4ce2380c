"""Skill against what is expected of it, on cases that can be reckoned by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from meteo_core.drift.alarms import ALARM_COLUMNS
from meteo_core.drift.skill import (
    AS_EXPECTED,
    BELOW,
    INSUFFICIENT,
    MOST_GAP,
    TOLERANCE,
    WHOLE,
    expected_scores,
    judged,
    skill_alarms,
)
from meteo_core.verification.rolling import rolling, windows_ending
from meteo_tests.core.verified import held_out, pairs_of

DAY = date(2020, 8, 30)
"""The day after the 90 days from 1 June, all of them in winter."""


def test_what_is_expected_is_the_skill_of_the_same_season_held_out():
    # Half off is as good as a climatology of one half; a quarter off has a quarter of its squared error.
    expected = expected_scores(held_out(summer=0.25, other=0.5)).set_index(["threshold", "season"])["skill"]

    assert expected["gt_1_0", "winter"] == pytest.approx(0.0)
    assert expected["gt_1_0", "summer"] == pytest.approx(0.75)
    assert expected["gt_1_0", WHOLE] == pytest.approx(0.75 * 90 / 365)


def test_a_window_in_two_seasons_expects_them_in_its_own_shares():
    expectation = expected_scores(held_out(summer=0.25, other=0.5))
    in_summer = pd.date_range("2020-12-16", "2021-01-14")
    half_in_autumn = pd.date_range("2021-02-14", "2021-03-15")

    summer, mixed = (
        judged(rolling(every_other_day(0.5, days=days)), expectation).iloc[-1]
        for days in (in_summer, half_in_autumn)
    )

    assert summer["expected_skill"] == pytest.approx(0.75)
    assert mixed["expected_skill"] == pytest.approx(0.375)


def test_a_season_that_was_not_held_out_is_expected_to_be_as_all_that_was():
    summer_and_june = held_out(summer=0.25, other=0.5)
    summer_and_june = summer_and_june[summer_and_june["date"].dt.month.isin([12, 1, 2, 6])]
    in_autumn = every_other_day(0.5, days=pd.date_range("2021-04-01", periods=30))

    autumn = judged(rolling(in_autumn), expected_scores(summer_and_june)).iloc[-1]

    assert autumn["expected_skill"] == pytest.approx(0.75 * 90 / 120)


def test_an_alarm_is_a_window_whose_whole_interval_is_short_of_what_is_expected():
    expectation = expected_scores(held_out(summer=0.25, other=0.25))

    alarms = skill_alarms(every_other_day(0.5), None, expectation, [DAY])

    assert list(alarms) == list(ALARM_COLUMNS)
    assert alarms["parameter"].tolist() == ["skill_evening_30", "skill_evening_90"]
    assert set(alarms["kind"]) == {"skill"}
    assert set(alarms["station"]) == {""}
    assert set(alarms["date"]) == {pd.Timestamp(DAY)}
    assert alarms["score"].tolist() == pytest.approx([0.75, 0.75])  # no skill, and no spread of it
    assert set(alarms["threshold"]) == {TOLERANCE}


@pytest.mark.parametrize("off", [0.25, 0.27])
def test_skill_as_expected_raises_no_alarm(off: float):
    # An error of .27 squared, .0729 of .25, is a skill of .71: .04 short of .75.
    expectation = expected_scores(held_out(summer=0.25, other=0.25))

    assert skill_alarms(every_other_day(off), None, expectation, [DAY]).empty


def test_outcomes_three_days_late_show_as_coverage_and_not_as_a_drop():
    expectation = expected_scores(held_out(summer=0.25, other=0.25))
    late = every_other_day(0.25).iloc[:-3]

    windows = judged(windows_ending(late, [pd.Timestamp("2020-08-29")], due()), expectation)

    assert windows["coverage"].tolist() == pytest.approx([27 / 30, 87 / 90])
    assert windows["skill_over_climatology"].tolist() == pytest.approx([0.75, 0.75])
    assert windows["verdict"].tolist() == [INSUFFICIENT, AS_EXPECTED]  # 27 days are too few for an interval
    assert skill_alarms(late, due(), expectation, [DAY]).empty


def test_a_window_of_which_a_quarter_is_late_has_no_verdict_however_bad_the_rest():
    expectation = expected_scores(held_out(summer=0.25, other=0.25))
    bad = every_other_day(0.5)

    windows = judged(windows_ending(bad.iloc[:67], [pd.Timestamp("2020-08-29")], due()), expectation)

    assert windows["window_days"].tolist() == [90]  # of the newest 30 days seven have an outcome
    assert windows["verdict"].tolist() == [INSUFFICIENT]
    assert skill_alarms(bad.iloc[:67], due(), expectation, [DAY]).empty
    assert not skill_alarms(bad.iloc[:73], due(), expectation, [DAY]).empty


def test_without_anything_to_expect_there_is_no_verdict():
    windows = judged(rolling(every_other_day(0.5)), None)

    assert set(windows["verdict"]) == {INSUFFICIENT}
    assert windows["expected_skill"].isna().all()
    assert skill_alarms(every_other_day(0.5), None, None, [DAY]).empty


def test_chances_that_are_off_as_a_whole_raise_an_alarm_of_their_own():
    # Of all that was given 15 % nothing came: far better than a climatology of one half, and yet off.
    pairs = pairs_of(np.zeros(90), np.full(90, 0.15), climatology=0.5)
    expectation = expected_scores(held_out(summer=0.25, other=0.25))

    alarms = skill_alarms(pairs, None, expectation, [DAY])

    assert alarms["parameter"].tolist() == ["calibration_evening_30", "calibration_evening_90"]
    assert alarms["score"].tolist() == pytest.approx([0.15, 0.15])
    assert set(alarms["threshold"]) == {MOST_GAP}


def test_on_each_day_only_outcomes_of_the_days_before_are_known():
    # Good to 31 July and useless from then on.
    days = pd.date_range("2020-05-01", "2020-08-30")
    pairs = every_other_day(np.where(days < pd.Timestamp("2020-08-01"), 0.25, 0.5), days=days)
    expectation = expected_scores(held_out(summer=0.25, other=0.25))

    alarms = skill_alarms(pairs, None, expectation, [date(2020, 8, 1), DAY])

    assert set(alarms["date"]) == {pd.Timestamp(DAY)}
    assert set(alarms["parameter"]) >= {"skill_evening_30"}
    before = judged(windows_ending(pairs, [pd.Timestamp("2020-07-31")]), expectation)
    assert BELOW not in set(before["verdict"])


def every_other_day(off: float | np.ndarray, *, days: pd.DatetimeIndex | None = None) -> pd.DataFrame:
    """It rains every other day, and each chance is `off` from what came, beside a climatology of one half."""
    days = pd.date_range("2020-06-01", periods=90) if days is None else days
    wet = np.arange(len(days)) % 2 == 0
    return pairs_of(wet, np.abs(wet - off), climatology=0.5, markov=0.5, date=days)


def due() -> pd.DataFrame:
    """A forecast for each of 90 days."""
    days = pd.date_range("2020-06-01", periods=90)
    return pd.DataFrame({"issue": "evening", "threshold": "gt_1_0", "date": days, "due": 1})

"""Intervals: what they must be where it can be said beforehand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scores.processing import block_bootstrap

from meteo_core.verification.intervals import (
    BLOCK_DAYS,
    DRAWS,
    LEAST_DAYS,
    Interval,
    brier_skill_by_group,
    mean_by_group,
    paired_difference,
    paired_difference_by_group,
)

DAYS = pd.date_range("2020-01-01", periods=140)


def brier_skill(days: pd.DatetimeIndex, error: np.ndarray, reference: np.ndarray) -> Interval:
    """The skill of forecasts that are one group."""
    found = brier_skill_by_group(days, error, reference, np.zeros(len(days), dtype=np.intp))
    return Interval(*(float(values[0]) for values in found))


def test_a_difference_that_is_always_the_same_has_no_width():
    a, b = np.full(140, 0.1), np.full(140, 0.3)

    difference = paired_difference(DAYS, a, b)

    assert difference == pytest.approx((-0.2, -0.2, -0.2))
    assert brier_skill(DAYS, a, b) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_the_skill_is_that_of_the_sums_and_lies_within_its_bounds():
    draw = np.random.default_rng(1)
    error, reference = draw.random(140), 2 * draw.random(140)

    skill = brier_skill(DAYS, error, reference)

    assert skill.value == pytest.approx(1 - error.sum() / reference.sum())
    assert skill.low < skill.value < skill.high


def test_bounds_are_those_of_the_bureaus_own_block_bootstrap():
    draw = np.random.default_rng(2)
    weather = np.repeat(draw.normal(size=20), 7)  # days resemble their week
    error = np.exp(weather + 0.3 * draw.normal(size=140))
    reference = np.exp(weather + 0.3 * draw.normal(size=140)) + 1
    np.random.seed(0)  # the library draws from numpy's global generator
    drawn_error, drawn_reference = block_bootstrap(
        [xr.DataArray(error, dims="day"), xr.DataArray(reference, dims="day")],
        blocks={"day": BLOCK_DAYS},
        n_iteration=DRAWS,
    )
    theirs = (1 - drawn_error.sum("day") / drawn_reference.sum("day")).quantile([0.025, 0.975])

    ours = brier_skill(DAYS, error, reference)

    width = ours.high - ours.low
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.values), abs=0.15 * width)


def test_stations_of_one_day_count_as_one_case():
    """Forty-nine copies of a day are no more than the day: they must not narrow the interval."""
    difference = np.random.default_rng(3).normal(size=140)

    one = paired_difference(DAYS, difference, np.zeros(140))
    copies = paired_difference(np.repeat(DAYS, 49), np.repeat(difference, 49), np.zeros(140 * 49))

    assert copies == pytest.approx(one)


def test_days_that_hang_together_give_a_wider_interval_than_days_that_do_not():
    weeks = np.repeat(np.random.default_rng(4).normal(size=20), 7)
    shuffled = np.random.default_rng(5).permutation(weeks)

    together, apart = (paired_difference(DAYS, values, np.zeros(140)) for values in (weeks, shuffled))

    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_groups_share_the_draws_and_do_not_touch_each_other():
    a, b = np.random.default_rng(6).random((2, 280))
    days, group = np.tile(DAYS, 2), np.repeat([0, 1], 140)

    both = brier_skill_by_group(days, a, b, group)

    for number in (0, 1):
        alone = brier_skill(days[group == number], a[group == number], b[group == number])
        assert (both.value[number], both.low[number], both.high[number]) == pytest.approx(alone)


def test_a_gap_in_the_calendar_is_days_without_forecasts():
    """Blocks are weeks on the calendar, not neighbouring rows: a missing row is as one that says nothing."""
    values = np.random.default_rng(8).normal(size=140)
    kept = np.arange(140) % 3 == 0
    kept[[0, -1]] = True

    left_out = paired_difference(DAYS[kept], values[kept], np.zeros(kept.sum()))
    unknown = paired_difference(DAYS, np.where(kept, values, np.nan), np.zeros(140))

    assert left_out == pytest.approx(unknown)
    assert left_out.value == pytest.approx(values[kept].mean())


def test_too_few_days_have_a_score_and_no_interval():
    few, enough = LEAST_DAYS - 1, LEAST_DAYS
    error = np.linspace(0.1, 0.2, 140)

    short = paired_difference(DAYS[:few], error[:few], np.zeros(few))
    long = paired_difference(DAYS[:enough], error[:enough], np.zeros(enough))

    assert short.value == pytest.approx(error[:few].mean())
    assert np.isnan([short.low, short.high]).all()
    assert not np.isnan([long.low, long.high]).any()


def test_a_mean_of_sums_counts_each_case_once():
    # A day of one case, 1.0, and 59 days of three cases that sum to 0.
    days = pd.date_range("2016-01-01", periods=60)
    totals, counts = np.zeros(60), np.full(60, 3)
    totals[0], counts[0] = 1.0, 1

    found = mean_by_group(days, totals, counts, np.zeros(60, dtype=np.intp))

    assert found.value == pytest.approx([1 / 178])
    assert found.low[0] <= found.value[0] <= found.high[0]


def test_nothing_to_compare_is_not_a_number():
    nothing = paired_difference([], [], [])
    perfect_reference = brier_skill(DAYS, np.full(140, 0.1), np.zeros(140))
    no_reference = brier_skill(DAYS, np.full(140, 0.1), np.full(140, np.nan))
    of_no_group = paired_difference_by_group(DAYS[:0], [], [], np.zeros(0, dtype=np.intp))

    assert np.isnan(nothing).all()
    assert np.isnan(perfect_reference).all()
    assert np.isnan(no_reference).all()
    assert of_no_group.value.size == 0

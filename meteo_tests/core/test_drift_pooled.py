from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from meteo_core.drift.pooled import pooled_drift, pooled_scores
from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.daily import build_features
from meteo_core.features.station_days import StationDays
from meteo_core.parameters import NUMBERS
from meteo_tests.core.days import simulated

LAST = date(2021, 6, 30)


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return build_features(simulated(date(2014, 7, 1), LAST, stations=12))


def verdicts(features: pd.DataFrame, last: date = LAST) -> pd.Series:
    return pooled_drift(features, last).scores.set_index("parameter")["verdict"]


def test_thermometers_read_in_fahrenheit_everywhere_are_drift(features: pd.DataFrame):
    broken = features.copy()
    recent = broken["date"] > pd.Timestamp(LAST - timedelta(days=30))
    broken.loc[recent, "temp_3pm"] = broken.loc[recent, "temp_3pm"] * 9 / 5 + 32

    judged = verdicts(broken)

    assert judged["temp_3pm"] == "drift"
    assert judged["pressure_3pm"] == verdicts(features)["pressure_3pm"]


def test_winter_is_not_drift_from_summer(features: pd.DataFrame):
    scores = pooled_drift(features, LAST).scores.set_index("parameter")

    # June is some ten degrees below the year's mean: a calendar-blind score would be above one.
    assert scores.loc["max_temp", "score"] < 0.6


def test_the_score_is_the_distance_from_the_same_season_of_earlier_years(features: pd.DataFrame):
    # May of the same year, just before the window, is no part of what it is held against.
    may = features["date"].between("2021-05-01", "2021-05-31")
    hot_may = features.assign(max_temp=features["max_temp"].mask(may, features["max_temp"] + 15))
    days = StationDays.from_frame(hot_may, NUMBERS)

    found = pooled_drift(hot_may, LAST)

    before = days.part(0, (found.current["date"].min() - days.days[0]).days)
    anomaly = HarmonicClimatology.fit(before, ("max_temp",)).anomaly("max_temp", days)
    current, reference = (anomaly[days.positions(rows)] for rows in (found.current, found.reference))
    current, reference = current[~np.isnan(current)], reference[~np.isnan(reference)]
    assert (found.reference["date"] < "2020-09-01").all()
    assert found.scores.set_index("parameter").loc["max_temp", "score"] == pytest.approx(
        wasserstein_distance(current, reference) / reference.std(), abs=0.01
    )


def test_days_after_the_fitting_period_say_nothing_of_later_ones(features: pd.DataFrame):
    between = features["date"].between("2020-01-01", "2021-05-15")
    otherwise = features.assign(max_temp=features["max_temp"].mask(between, 60.0))

    scored = [
        pooled_scores(
            StationDays.from_frame(rows, NUMBERS),
            fitted_before=date(2020, 1, 1),
            first=LAST,
            names=("max_temp",),
        )[0]
        for rows in (features, otherwise)
    ]

    assert scored[0]["score"].notna().all()
    pd.testing.assert_frame_equal(*scored)


def test_a_window_with_too_few_rows_says_so(features: pd.DataFrame):
    few = features[(features["date"] < "2021-06-01") | (features["station"] == "Adelaide")]

    assert (verdicts(few) == "insufficient data").all()


def test_a_record_without_three_earlier_years_says_so(features: pd.DataFrame):
    short = features[features["date"] >= "2018-12-01"]

    assert (verdicts(short) == "insufficient data").all()

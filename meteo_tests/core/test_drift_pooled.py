from datetime import date, timedelta

import pandas as pd
import pytest

from meteo_core.drift.pooled import pooled_drift
from meteo_core.features.daily import build_features
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


def test_a_window_with_too_few_rows_says_so(features: pd.DataFrame):
    few = features[(features["date"] < "2021-06-01") | (features["station"] == "Adelaide")]

    assert (verdicts(few) == "insufficient data").all()


def test_a_record_without_three_earlier_years_says_so(features: pd.DataFrame):
    short = features[features["date"] >= "2018-12-01"]

    assert (verdicts(short) == "insufficient data").all()

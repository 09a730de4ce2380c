import pandas as pd
import pytest

from meteo_core.labels import THRESHOLDS, label_days
from meteo_tests.core.days import days_of


def outcomes(observations: pd.DataFrame, rule: str = "gt_1_0") -> list[object]:
    return [None if pd.isna(v) else bool(v) for v in label_days(observations)[rule]]


def test_the_label_of_a_day_is_the_rain_measured_the_next_morning():
    observations = days_of(rainfall=[5.0, 0.0, 1.2, 0.0])

    labelled = outcomes(observations)

    assert labelled == [False, True, False, None]


@pytest.mark.parametrize(
    ("rule", "millimetres", "wet"),
    [
        ("ge_0_2", 0.2, True),
        ("ge_0_2", 0.0, False),
        ("gt_1_0", 1.0, False),
        ("gt_1_0", 1.2, True),
        ("ge_5_0", 5.0, True),
        ("ge_10_0", 9.8, False),
        ("ge_25_0", 371.0, True),
    ],
)
def test_each_threshold_is_strict_or_not_as_its_name_says(rule: str, millimetres: float, wet: bool):
    observations = days_of(rainfall=[0.0, millimetres])

    labelled = outcomes(observations, rule)

    assert labelled[0] is wet


def test_blank_rain_is_unknown_and_never_dry():
    observations = days_of(rainfall=[0.0, None, 0.0])

    labelled = label_days(observations)

    assert labelled[list(THRESHOLDS)].iloc[0].isna().all()


@pytest.mark.parametrize("rule", list(THRESHOLDS))
def test_what_a_gauge_collected_over_several_days_is_the_rain_of_none_of_them(rule: str):
    # Closed on three days, then 40 mm: how much of it fell on the last of them is unknown.
    observations = days_of(rainfall=[0.0, None, None, None, 40.0, 2.0])

    labelled = outcomes(observations, rule)

    assert labelled[:4] == [None, None, None, None]
    assert labelled[4] is (THRESHOLDS[rule].millimetres < 2.0)
    assert label_days(observations)["rain_mm"].tolist()[4] == 2.0
    assert label_days(observations)["rain_mm"].isna().tolist() == [True, True, True, True, False, True]


def test_a_total_of_nothing_is_unknown_too_lest_a_blank_come_to_mean_dry():
    observations = days_of(rainfall=[0.0, None, 0.0])

    labelled = outcomes(observations)

    assert labelled[1] is None


def test_a_reading_after_a_provisional_blank_is_a_total_too():
    observations = days_of(rainfall=[None, 3.0])
    observations.loc[0, "status"] = "provisional"

    assert outcomes(observations) == [None, None]


def test_a_blank_filled_in_later_brings_both_labels_back():
    blank, filled = days_of(rainfall=[0.0, None, 3.0]), days_of(rainfall=[0.0, 1.2, 3.0])

    assert outcomes(blank) == [None, None, None]
    assert outcomes(filled) == [True, True, None]


def test_a_gap_in_the_record_is_never_bridged():
    observations = days_of(rainfall=[0.0, 0.0, 0.0, 9.0]).drop(index=[1, 2])

    labelled = outcomes(observations)

    assert labelled == [None, None]


def test_a_provisional_row_labels_nothing():
    observations = pd.concat(
        [
            days_of(rainfall=[0.0]),
            days_of(first=pd.Timestamp("2020-06-02").date(), status="provisional", rainfall=[9.0]),
        ]
    )

    labelled = outcomes(observations)

    assert labelled == [None, None]


def test_a_leap_day_and_a_new_year_are_days_like_others():
    leap = days_of(first=pd.Timestamp("2020-02-28").date(), rainfall=[0.0, 3.0, 0.0])
    new_year = days_of(first=pd.Timestamp("2020-12-31").date(), rainfall=[0.0, 3.0])

    assert outcomes(leap) == [True, False, None]
    assert outcomes(new_year) == [True, None]

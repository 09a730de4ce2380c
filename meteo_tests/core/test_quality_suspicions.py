"""Runs of identical values and blocked gauges, on days made for the purpose."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from meteo_core.quality.suspicions import LONGEST_RUN_DAYS, LOOK_BACK_DAYS, find_suspicions
from meteo_tests.core.days import JUNE_1, days_of

RAIN_NEAR_SYDNEY = ("SydneyAirport", "Penrith", "Richmond", "BadgerysCreek", "Wollongong")
"""The five stations nearest to Sydney, all within 80 km."""


def found(*frames: pd.DataFrame, first: date = JUNE_1) -> pd.DataFrame:
    rows = pd.concat(frames, ignore_index=True)
    rows = rows.assign(source="test", content_sha256="0", fetched_at=pd.Timestamp("2021-01-01", tz="UTC"))
    return find_suspicions(rows, first=first)


def days_found(*frames: pd.DataFrame, first: date = JUNE_1) -> list[int]:
    """Days after 1 June of each finding."""
    return [(day.date() - JUNE_1).days for day in found(*frames, first=first)["date"]]


@pytest.mark.parametrize(
    ("parameter", "value", "least"),
    [
        ("pressure_3pm", 1013.2, 4),
        ("temp_3pm", 21.3, 4),
        ("temp_3pm", 0.0, 4),
        ("humidity_3pm", 55.0, 5),
        ("humidity_9am", 55.0, 6),
        ("wind_gust_speed", 39.0, 6),
    ],
)
def test_a_stuck_sensor_is_flagged_from_the_last_day_of_the_least_run_until_it_moves(
    parameter: str, value: float, least: int
):
    stuck = [value + 1] + [value] * (least + 1) + [value - 1]

    result = found(days_of(**{parameter: stuck}))

    assert [day.date() for day in result["date"]] == [JUNE_1 + timedelta(days=n) for n in (least, least + 1)]
    assert result["reason"].tolist() == [
        f"identical run: the same value on {n} days in succession, since 2020-06-02"
        for n in (least, least + 1)
    ]
    assert set(result["verdict"]) == {"flagged"}
    assert set(result["value"]) == {str(value)}
    assert result["parameter"].tolist() == [parameter, parameter]


@pytest.mark.parametrize(
    "legal",
    [
        {"humidity_9am": [100.0] * 10, "humidity_3pm": [100.0] * 10},
        {"humidity_3pm": [0.0] * 10},
        {"wind_gust_speed": [0.0] * 10},
        {"wind_speed_3pm": [0.0] * 30, "wind_speed_9am": [0.0] * 30},
        {"rainfall": [0.0] * 200},
        {"cloud_9am": [9.0] * 10},
        {"pressure_3pm": [1013.2] * 3 + [None] + [1013.2] * 3},
        {"pressure_3pm": [1013.2] * 3 + [1013.3] + [1013.2] * 3},
        {"pressure_3pm": [None] * 10},
    ],
)
def test_what_weather_itself_repeats_is_no_suspicion(legal: dict[str, list[float | None]]):
    assert found(days_of(**legal)).empty


def test_a_run_does_not_reach_across_a_gap_in_the_record():
    assert found(days_of(pressure_3pm=[1013.2] * 7).drop(index=3)).empty


def test_what_is_found_on_a_day_does_not_depend_on_how_much_is_read():
    rows = days_of(pressure_3pm=[1013.2] * 300, rainfall=[0.0] * 300)
    wet = [days_of(key, rainfall=[5.0] * 300) for key in RAIN_NEAR_SYDNEY]
    day = JUNE_1 + timedelta(days=250)
    whole = pd.concat([rows, *wet])

    at_once = found(whole)
    alone = found(
        whole[whole["date"].between(pd.Timestamp(day - timedelta(days=LOOK_BACK_DAYS)), pd.Timestamp(day))],
        first=day,
    )

    at_once = at_once[at_once["date"] == pd.Timestamp(day)].reset_index(drop=True)
    assert at_once["parameter"].tolist() == ["pressure_3pm", "rainfall"]
    assert f"on {LONGEST_RUN_DAYS} days" in at_once["reason"].iloc[0]
    pd.testing.assert_frame_equal(alone, at_once)


def test_a_gauge_is_suspected_on_the_sixth_day_of_rain_near_by_that_it_missed():
    near = [days_of(key, rainfall=[5.0] * 8) for key in RAIN_NEAR_SYDNEY]
    sydney = days_of(rainfall=[5.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 8.0])

    result = found(sydney, *near)

    assert result[["station", "parameter", "value", "verdict"]].values.tolist() == [
        ["Sydney", "rainfall", "0.0", "flagged"]
    ]
    assert result["date"].tolist() == [pd.Timestamp("2020-06-07")]
    assert result["reason"].tolist() == [
        "blocked gauge: at most 0.2 mm here on 6 days in succession on which most stations near by had rain, "
        "since 2020-06-02"
    ]


def test_dry_days_and_missing_days_neither_count_nor_end_the_suspicion():
    # Rain near by on even days only; Sydney's reading of day 4 is missing: wet are 0, 2, 6, 8, 10, 12.
    near = [days_of(key, rainfall=[5.0, 0.0] * 7) for key in RAIN_NEAR_SYDNEY]
    sydney = days_of(rainfall=[0.0] * 4 + [None] + [0.0] * 9)

    assert days_found(sydney, *near) == [12]


@pytest.mark.parametrize("rain", [0.4, 371.0])
def test_any_rain_measured_ends_the_suspicion_even_on_a_day_that_was_dry_near_by(rain: float):
    near = [days_of(key, rainfall=[5.0] * 5 + [0.0] + [5.0] * 5) for key in RAIN_NEAR_SYDNEY]
    sydney = days_of(rainfall=[0.0] * 5 + [rain] + [0.0] * 5)

    assert days_found(sydney, *near) == []


@pytest.mark.parametrize(
    # Of five neighbours: how many were wet (5 mm), how many just not (1.0 mm), the rest were not observed.
    ("wet", "dry", "suspected"),
    [(3, 2, True), (2, 3, False), (2, 1, True), (3, 0, True), (2, 0, False), (1, 2, False)],
)
def test_most_of_at_least_three_neighbours_must_have_been_wet(wet: int, dry: int, suspected: bool):
    amounts = [5.0] * wet + [1.0] * dry + [np.nan] * (5 - wet - dry)
    near = [days_of(key, rainfall=[mm] * 6) for key, mm in zip(RAIN_NEAR_SYDNEY, amounts, strict=True)]

    result = found(days_of(rainfall=[0.0] * 6), *near)

    assert ("Sydney" in set(result["station"])) is suspected


def test_a_dry_month_in_the_outback_is_not_the_gauges_fault():
    stations = ("AliceSprings", "Uluru", "Woomera", "Cobar", "Mildura")

    assert found(*(days_of(key, rainfall=[0.0] * 60) for key in stations)).empty


def test_no_observations_give_no_suspicions():
    assert found(days_of(rainfall=[0.0]).iloc[:0]).empty

"""Values and columns in another unit; conversions are worked out by hand from what the units mean."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from meteo_core.quality import Inspection, inspect
from meteo_core.quality.findings import count_kinds
from meteo_core.sources.protocol import Delivery
from meteo_tests.core.days import days_of

NEXT_MONTH = datetime(2020, 7, 8, tzinfo=UTC)


def inspected(*documents: pd.DataFrame) -> Inspection:
    return inspect(
        [
            Delivery("test", "memory", NEXT_MONTH, f"document {number}".encode(), rows.drop(columns="status"))
            for number, rows in enumerate(documents)
        ]
    )


def reasons(**values: list[float | None]) -> list[str]:
    return inspected(days_of(**values)).findings["reason"].tolist()


@pytest.mark.parametrize(
    ("parameter", "value", "unit"),
    [
        ("pressure_9am", 101.3, "kPa"),  # 1013 hPa
        ("pressure_9am", 101_300.0, "Pa"),
        ("pressure_3pm", 29.92, "inHg"),  # x 33.8639 = 1013.2 hPa
        ("pressure_3pm", 760.0, "mmHg"),  # x 1.333224 = 1013.25 hPa
        ("pressure_3pm", 1.013, "bar"),
        ("temp_3pm", 77.0, "°F"),  # 45 x 5 / 9 = 25 °C
        ("max_temp", 298.15, "K"),  # 25 °C
        ("cloud_9am", 10.0, "tenths of the sky"),  # 8 oktas
        ("cloud_3pm", 75.0, "% of the sky"),  # 6 oktas
        ("cloud_3pm", 11.0, "% of the sky"),  # of ten tenths there are no eleven
        ("rainfall", -999.0, "a mark for a missing value"),
        ("humidity_9am", 9999.0, "a mark for a missing value"),
    ],
)
def test_a_value_outside_the_limits_names_the_unit_that_explains_it(parameter: str, value: float, unit: str):
    result = inspected(days_of(**{parameter: [value]}))

    assert result.observations[parameter].isna().all()
    assert result.findings["verdict"].tolist() == ["rejected"]
    assert f", looks like {unit}: " in result.findings["reason"].iloc[0]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("pressure_9am", 500.0),
        ("cloud_9am", 110.0),
        ("temp_9am", -60.0),
        ("temp_9am", 150.0),
        ("rainfall", -1.0),
    ],
)
def test_a_value_that_no_unit_explains_is_rejected_without_a_guess(parameter: str, value: float):
    found = reasons(**{parameter: [value]})

    assert len(found) == 1
    assert "looks like" not in found[0]


@pytest.mark.fault("source: a month in other units", "the column is rejected")
def test_a_month_in_fahrenheit_is_rejected_as_a_column_though_each_value_is_within_limits():
    # 45 to 50 °F are 7 to 10 °C: a cold week, and as °C a week hotter than any.
    fahrenheit = [45.0, 46.0, 47.0, 48.0, 49.0, 50.0, 49.0, 48.0, 47.0, 46.0]

    result = inspected(days_of(max_temp=fahrenheit, min_temp=[5.0] * 10))

    assert result.observations["max_temp"].isna().all()
    assert result.observations["min_temp"].notna().all()
    assert result.findings["parameter"].tolist() == ["max_temp"] * 10
    assert set(result.findings["reason"]) == {"column looks like °F: the median of the month is above 47 °C"}


def test_a_column_is_found_once_though_some_of_it_is_outside_the_limits():
    found = reasons(temp_3pm=[48.0] * 6 + [60.0] * 4)

    assert len(found) == 10
    assert all(reason.startswith("column looks like °F") for reason in found)


def test_a_month_of_humidity_as_a_fraction_is_rejected():
    found = reasons(humidity_3pm=[0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 0.0, 0.5, 0.6])

    assert found == ["column looks like a fraction: no value of the month is above 1 %"] * 10


@pytest.mark.parametrize(
    "legal",
    [
        {"max_temp": [48.0] * 9},  # too few to say
        {"max_temp": [47.0] * 10},
        {"temp_9am": [36.1] * 10, "max_temp": [43.5] * 10},  # Alice Springs, January 2013, and a touch more
        {"temp_3pm": [42.5] * 10, "max_temp": [43.9] * 10},  # Oodnadatta in January
        {"humidity_3pm": [0.5] * 9},
        {"humidity_3pm": [1.0] * 9 + [2.0]},
        {"humidity_9am": [100.0] * 10},
        {"wind_speed_9am": [0.0] * 30},
        {"wind_gust_speed": [7.0] * 10},  # light winds, or m/s: drift monitoring tells
        {"rainfall": [0.0] * 30},
        {"rainfall": [371.0] * 10},
        {"cloud_9am": [9.0] * 10},
    ],
)
def test_extreme_months_are_kept_without_remark(legal: dict[str, list[float]]):
    result = inspected(days_of(**legal))

    assert result.findings.empty
    assert all(result.observations[name].tolist() == values for name, values in legal.items())


def test_stations_documents_and_months_are_judged_apart():
    # Ten values each in °F at Sydney, in °C at Perth; five in each of two documents of Cobar.
    sydney, perth = days_of("Sydney", max_temp=[48.0] * 10), days_of("Perth", max_temp=[20.0] * 10)
    cobar = days_of("Cobar", max_temp=[48.0] * 10)
    across = days_of("Moree", datetime(2020, 5, 25).date(), max_temp=[48.0] * 14)  # noqa: DTZ001  seven in May

    result = inspected(pd.concat([sydney, perth]), cobar[:5], cobar[5:], across)

    assert set(result.findings["station"]) == {"Sydney"}


def test_findings_are_counted_by_kind_and_not_by_wording():
    result = inspected(days_of(pressure_9am=[101.3, 102.0, 500.0], rainfall=[0.0, 500.0, -1.0]))

    counted = count_kinds(result.findings)

    assert counted.values.tolist() == [
        ["pressure_9am", "rejected", "outside 880 to 1060 hPa", 1],
        ["pressure_9am", "rejected", "outside 880 to 1060 hPa, looks like kPa", 2],
        ["rainfall", "flagged", "outside the usual 0 to 371 mm", 1],
        ["rainfall", "rejected", "outside 0 to 950 mm", 1],
    ]

"""Numbers and windows read the same on every page."""

from datetime import date, datetime

import pytest

from meteo_api.pages import words
from meteo_core.calendar import Issue
from meteo_core.features.predictor_table import Variant
from meteo_core.model.rain_model import ROUTES
from meteo_core.stations import stations

PERTH = stations()["Perth"].zone


@pytest.mark.parametrize(
    ("chance", "written"),
    [
        (0.0, "0 %"),
        (0.0049, "<1 %"),
        (0.01, "1 %"),
        (0.6249, "62 %"),
        (0.99, "99 %"),
        (0.996, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_chance_is_whole_percent_and_certain_only_where_it_is(chance: float, written: str):
    assert words.percent(chance).replace(words.NARROW, " ") == written


def test_a_chance_that_is_not_there_is_unknown_and_not_zero():
    assert words.percent(None) == "unknown"
    assert words.level(None) == "none"


@pytest.mark.parametrize(
    ("chance", "step"), [(0.0, "0"), (0.049, "1"), (0.044, "0"), (0.3, "3"), (0.849, "6"), (1.0, "6")]
)
def test_the_colour_goes_by_the_number_that_is_printed(chance: float, step: str):
    assert words.level(chance) == step


def test_the_scale_covers_all_percent_without_overlap():
    bounds = [name.split(words.DASH) for _, name in words.levels()]

    assert [int(low) for low, _ in bounds] == [0, 5, 15, 30, 50, 70, 85]
    assert [int(high) for _, high in bounds] == [4, 14, 29, 49, 69, 84, 100]


def test_a_difference_has_its_sign_and_points():
    assert words.points(0.123).replace(words.NARROW, " ") == "+12 points"
    assert words.points(-0.012).replace(words.NARROW, " ") == f"{words.MINUS}1 point"
    assert words.points(0.004).replace(words.NARROW, " ") == "+0.4 points"
    assert words.points(0.0).replace(words.NARROW, " ") == "0 points"


def test_a_window_names_both_mornings_on_the_clock_of_the_station():
    start, end = datetime(2026, 6, 25, 9, tzinfo=PERTH), datetime(2026, 6, 26, 9, tzinfo=PERTH)

    written = words.window(start, end).replace(words.NARROW, " ")

    assert written == "from 9 am Thu 25 June to 9 am Fri 26 June, station time"
    assert words.window_of(date(2026, 6, 25)).replace(words.NARROW, " ") == written


@pytest.mark.parametrize(
    ("hour", "minute", "written"),
    [(0, 0, "12 am"), (9, 5, "9:05 am"), (12, 0, "12 pm"), (19, 35, "7:35 pm")],
)
def test_a_time_of_day_is_by_twelve_hours(hour: int, minute: int, written: str):
    assert words.clock(datetime(2026, 6, 25, hour, minute)).replace(words.NARROW, " ") == written  # noqa: DTZ001


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (59, "less than a minute"),
        (60, "1 minute"),
        (3600, "60 minutes"),
        (7200, "2 hours"),
        (172800, "2 days"),
    ],
)
def test_an_age_is_in_the_unit_that_one_would_say(seconds: int, written: str):
    assert words.age(seconds) == written


def test_a_negative_number_has_a_minus_and_no_hyphen():
    assert words.quantity(-3.25, "°C", 1).replace(words.NARROW, " ") == f"{words.MINUS}3.2 °C"


@pytest.mark.parametrize("route", ROUTES)
def test_a_morning_forecast_is_not_said_to_rest_on_what_comes_after_9_am(route: str):
    said = {issue: words.made_from(route, issue) for issue in Issue}

    assert len(said[Issue.EVENING]) > 20
    assert ("9 am" in said[Issue.MORNING]) == (route in (Variant.FULL, Variant.LOCAL))
    assert "9 am" not in said[Issue.EVENING]

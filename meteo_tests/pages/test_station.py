"""The page of a station says what is forecast, on what it rests and what came before."""

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from litestar.testing import TestClient

from meteo_api.pages.observed import values_of
from meteo_api.pages.past_days import DAYS, Outcome, past_days, rain_of
from meteo_api.pages.station import station_view
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.home import Home
from meteo_core.serving import current_name, read
from meteo_tests.api.clients import problem_of
from meteo_tests.api.conftest import NOW

TODAY = date(2016, 6, 25)


@pytest.fixture(scope="module")
def world(served_home: Home) -> World:
    name = current_name(served_home.serving)
    assert name is not None
    return World.of(read(served_home.serving, name))


@pytest.mark.fault("a day beyond what nanoseconds reach, in an address", "nothing is known of it")
@pytest.mark.parametrize("days", [106_752, 213_503, 213_504, 213_505])
def test_nothing_is_known_of_a_day_that_nanoseconds_do_not_reach(world: World, days: int):
    far = TODAY + timedelta(days=days)

    assert set(values_of(world, "Albury", far).values()) == {None}
    assert rain_of(world, "Albury", far) == (None, False)


def with_rain(world: World, rain: dict[date, float], *, final: bool = True) -> World:
    """The world with other readings of the gauge at Albury; NaN for none."""
    grid, finals = world.observed["rainfall"].copy(), world.final.copy()
    column = world.stations.index("Albury")
    for day, millimetres in rain.items():
        row = world.day_index(np.array([day], dtype="datetime64[D]"))[0]
        grid[row, column], finals[row, column] = millimetres, final
    return replace(world, observed={**world.observed, "rainfall": grid}, final=finals)


def day_before(world: World, day: date) -> Outcome:
    days = past_days(world, "Albury", Issue.EVENING, NOW, last=TODAY)
    return {each.date: each.outcome for each in days}[day]


def test_the_chances_are_those_that_were_issued(world: World):
    forecast = station_view(world, "Albury", NOW).forecast

    issued = world.forecasts["Albury"][0].probabilities
    assert forecast is not None
    assert forecast.chance == issued["p_gt_1_0"]
    assert [row.chance for row in forecast.rows] == [
        issued[f"p_{name}"] for name in ("ge_0_2", "gt_1_0", "ge_5_0", "ge_10_0", "ge_25_0")
    ]
    assert forecast.window.replace("\u202f", " ").startswith("from 9 am Sat 25 June to 9 am Sun 26 June")


def test_rain_of_a_day_is_that_of_the_reading_next_morning(world: World):
    wet, dry = date(2016, 6, 20), date(2016, 6, 21)
    known = with_rain(world, {wet: 0.0, dry: 1.1, date(2016, 6, 22): 1.0})

    assert rain_of(known, "Albury", wet) == (1.1, False)
    assert day_before(known, wet) is Outcome.WET
    assert day_before(known, dry) is Outcome.DRY  # exactly 1.0 mm is not more than 1 mm


def test_rain_that_was_not_measured_is_unknown_and_not_dry(world: World):
    day = date(2016, 6, 20)

    blank_next = with_rain(world, {day: 0.0, day + timedelta(days=1): float("nan")})
    blank_own = with_rain(world, {day: float("nan"), day + timedelta(days=1): 8.0})

    assert day_before(blank_next, day) is Outcome.UNKNOWN
    assert day_before(blank_own, day) is Outcome.UNKNOWN  # it may be the total of two days


def test_a_reading_that_may_change_says_so(world: World):
    day = date(2016, 6, 20)
    known = with_rain(world, {day: 0.0, day + timedelta(days=1): 3.0}, final=False)

    assert rain_of(known, "Albury", day) == (3.0, True)


def test_the_day_whose_window_is_open_is_still_to_come(world: World):
    days = past_days(world, "Albury", Issue.EVENING, NOW, last=TODAY)

    assert len(days) == DAYS
    assert days[-1].date == TODAY
    assert days[-1].outcome is Outcome.TO_COME
    assert days[-1].kind == "issued"
    assert {day.kind for day in days[:-1]} == {"hindcast"}


def test_a_stale_forecast_is_not_shown_as_a_forecast(world: World):
    view = station_view(world, "Albury", NOW + timedelta(days=3))

    assert view.forecast is None
    assert view.nothing is not None
    assert "There is no valid forecast for Albury" in view.nothing
    assert "is over" in view.nothing


def test_verification_is_said_in_words(world: World):
    verification = station_view(world, "Albury", NOW, issue=Issue.EVENING).verification

    # Four days of which one was wet, each given 50 %: Brier score .25.
    assert verification is not None
    assert verification.reliability.replace("\u202f", " ") == (
        "On average it said 50 %, and 25 % of the days brought more than 1 mm."
    )
    assert verification.scores.brier_score == pytest.approx(0.25)
    assert verification.few


def test_the_page_shows_observations_with_units(client: TestClient):
    page = client.get("/stations/Albury").text.replace("\u202f", " ")

    assert re.search(r"Temperature at 9 am</th><td class=\"number\">\S+ °C", page)
    assert re.search(r"Mean sea level pressure at 9 am</th><td class=\"number\">\S+ hPa", page)
    assert "Australia/Sydney" in page


def test_an_unknown_station_is_not_found(client: TestClient):
    problem_of(client.get("/stations/Nowhere"), 404)
    answer = client.get("/stations/Sidney", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Sydney" in answer.text

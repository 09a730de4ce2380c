"""The map shows forecasts of the present, and nothing else as if it were one."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from litestar.testing import TestClient

from meteo_api.pages.map import Asked, Order, map_view
from meteo_api.settings import Settings
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.home import Home
from meteo_core.serving import current_name, read
from meteo_core.stations import stations
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import in_process

EVENING = Asked("gt_1_0", Issue.EVENING, Order.STATE)


@pytest.fixture(scope="module")
def world(served_home: Home) -> World:
    name = current_name(served_home.serving)
    assert name is not None
    return World.of(read(served_home.serving, name))


def rows_of(view):
    return {row.key: row for _, rows in view.groups for row in rows}


def test_each_station_shows_the_newest_issued_chance(world: World):
    view = map_view(world, NOW, EVENING)

    newest = world.forecasts["Albury"][0]
    assert rows_of(view)["Albury"].chance == newest.probabilities["p_gt_1_0"]
    assert rows_of(view)["Albury"].usual == newest.probabilities["climatology_gt_1_0"]
    assert len(rows_of(view)) == len(stations())


def test_another_threshold_shows_its_own_chance(world: World):
    view = map_view(world, NOW, replace(EVENING, threshold="ge_5_0"))

    assert view.event == "at least 5 mm"
    assert rows_of(view)["Albury"].chance == world.forecasts["Albury"][0].probabilities["p_ge_5_0"]


def test_a_station_without_forecast_says_so_and_shows_no_number(world: World):
    view = map_view(world, NOW, EVENING)

    without = [key for key in stations() if key not in world.forecasts]
    assert without
    assert {rows_of(view)[key].chance for key in without} == {None}
    assert view.missing == len(without)


def test_a_forecast_whose_window_is_over_is_not_shown(world: World):
    view = map_view(world, NOW + timedelta(days=2), EVENING)

    assert {row.chance for row in rows_of(view).values()} == {None}
    assert view.windows == ()
    assert view.nothing is not None
    assert "There is no valid evening forecast" in view.nothing
    assert "is over" in view.nothing


def test_a_hindcast_is_never_shown_as_a_forecast(world: World):
    hindcasts = {
        key: tuple(replace(each, kind="hindcast") for each in forecasts)
        for key, forecasts in world.forecasts.items()
    }

    view = map_view(replace(world, forecasts=hindcasts), NOW, EVENING)

    assert {row.chance for row in rows_of(view).values()} == {None}
    assert view.nothing == "No evening forecast has been issued yet."


def test_windows_of_two_days_are_told_apart(world: World):
    last_evening = tuple(
        replace(each, kind="issued") for each in world.forecasts["Albury"] if each.date < NOW.date()
    )
    # Before nine o'clock of the next morning the window of the day before is open still.
    moment = NOW - timedelta(hours=10)

    view = map_view(replace(world, forecasts={**world.forecasts, "Albury": last_evening}), moment, EVENING)

    other = rows_of(view)["Albury"].other_window
    assert other is not None
    assert other.replace("\u202f", " ") == "from 9 am Fri 24 June to 9 am Sat 25 June, station time"
    assert [window.rpartition("(")[2] for window in view.windows] == ["7 stations)", "1 station)"]


def test_the_list_goes_by_chance_with_unknown_ones_last(world: World):
    ((state, rows),) = map_view(world, NOW, replace(EVENING, order=Order.CHANCE)).groups

    known = [row.chance for row in rows if row.chance is not None]
    assert state is None
    assert known == sorted(known, reverse=True)
    assert all(row.chance is None for row in rows[len(known) :])


def test_the_page_states_window_threshold_and_issue(client: TestClient):
    page = re.sub(r"\s+", " ", client.get("/").text)

    assert "<h1>Chance of more than 1 mm of rain</h1>" in page
    assert "From 9 am Sat 25 June to 9 am Sun 26 June, station time" in page
    assert "Sydney time" in page
    assert 'href="/stations/Albury"' in page


def test_what_cannot_be_chosen_is_refused(client: TestClient):
    answer = client.get("/?threshold=ge_99", headers={"accept": "text/html"})

    assert answer.status_code == 422
    assert "threshold" in answer.text


def test_without_a_snapshot_there_is_a_page_that_says_so(tmp_path):
    settings = Settings(home_dir=tmp_path, snapshot_poll_seconds=60, model_poll_seconds=60)
    with in_process(settings) as client:
        answer = client.get("/", headers={"accept": "text/html"})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "<h1>The service is not ready</h1>" in answer.text


def made_late(world: World) -> World:
    """As it is where the pipeline first ran at night: nothing issued, the day's forecasts made after it."""
    late = {
        key: tuple(
            replace(each, kind="hindcast", issued_at=each.valid_to - timedelta(hours=6))
            for each in forecasts
            if each.date == NOW.date()
        )
        for key, forecasts in world.forecasts.items()
    }
    return replace(world, forecasts=late)


def test_where_none_was_issued_a_late_one_is_shown_until_its_window_ends_and_says_so(world: World):
    newest = world.forecasts["Albury"][0]
    night = newest.valid_to - timedelta(hours=5)

    view = map_view(made_late(world), night, EVENING)

    assert rows_of(view)["Albury"].chance == newest.probabilities["p_gt_1_0"]
    assert view.nothing is None
    assert view.late is not None
    assert view.issued is None
    assert "none was issued on its day" in view.late
    assert "3" in view.late
    assert view.windows[0].startswith("from 9\u202fam Sat 25 June to 9\u202fam Sun 26 June")


def test_a_late_one_is_over_with_its_window_and_no_forecast_before_it_is_made(world: World):
    newest, late = world.forecasts["Albury"][0], made_late(world)

    over = map_view(late, newest.valid_to + timedelta(hours=5), EVENING)
    before = map_view(late, newest.valid_to - timedelta(hours=10), EVENING)

    assert rows_of(over)["Albury"].chance is None
    assert rows_of(before)["Albury"].chance is None
    assert over.late is None


def test_what_was_issued_goes_before_what_was_made_late(world: World):
    night = world.forecasts["Albury"][0].valid_to - timedelta(hours=5)

    assert map_view(world, night, EVENING).late is None

"""The what-if page asks what somebody made of the form, and nothing else."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from meteo_api.pages.what_if_form import Filled, changes, groups
from meteo_api.settings import Settings
from meteo_core.calendar import Issue
from meteo_core.home import Home
from meteo_core.parameters import PARAMETERS
from meteo_tests.api.clients import PREDICTIONS
from meteo_tests.api.people import in_process

DAY = {"station": "Albury", "date": "2016-06-24", "issue": "evening"}
OBSERVED = {
    **dict.fromkeys(PARAMETERS),
    "humidity_3pm": 57.0,
    "pressure_3pm": 1010.5,
    "wind_dir_3pm": "NW",
    "wind_gust_time": "14:30",
    "rain_today": False,
}


def changed(*, unknown: tuple[str, ...] = (), **text: str):
    ticked = {f"unknown-{name}": "yes" for name in unknown}
    return changes(OBSERVED, Filled.of(text | ticked), Issue.EVENING)


def page_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text.replace("\u202f", " ")))


def test_a_field_as_it_was_filled_or_empty_is_no_change():
    assert changed(humidity_3pm="57", pressure_3pm="", wind_dir_3pm="NW", rain_today="no") == ({}, {})


def test_a_change_has_the_type_of_its_parameter():
    assert changed(
        humidity_3pm="61.5", wind_dir_3pm="SSE", wind_gust_time="09:05", rain_today="yes", temp_3pm="-2"
    ) == (
        {
            "temp_3pm": -2.0,
            "humidity_3pm": 61.5,
            "wind_dir_3pm": "SSE",
            "wind_gust_time": "09:05",
            "rain_today": True,
        },
        {},
    )


def test_unknown_takes_away_what_was_observed():
    values, errors = changed(unknown=("humidity_3pm", "cloud_9am"), humidity_3pm="57", wind_dir_3pm="unknown")

    assert values == {"humidity_3pm": None, "wind_dir_3pm": None}  # of cloud nothing was known
    assert not errors


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("humidity_3pm", "150", "must be from 0 to 100 %"),
        ("humidity_3pm", "wet", "a number is needed, from 0 to 100 %"),
        ("humidity_3pm", "nan", "a number is needed, from 0 to 100 %"),
        ("humidity_3pm", "1e400", "a number is needed, from 0 to 100 %"),
        ("temp_3pm", "-40", "must be from −25 to 53 °C"),  # noqa: RUF001
        ("wind_dir_3pm", "NORTH", "must be one of N, NNE"),
        ("wind_gust_time", "25:00", "must be a time of day"),
        ("rain_today", "maybe", "must be yes or no"),
    ],
)
def test_what_cannot_be_read_is_explained(field: str, text: str, said: str):
    values, errors = changed(**{field: text})

    assert values == {}
    assert errors[field].replace("\u202f", " ").startswith(said)


@pytest.mark.parametrize(
    ("now", "over", "window"),
    [
        (datetime(2016, 6, 24, 20, tzinfo=UTC), False, "9 am Fri 24 June to 9 am Sat 25 June, station"),
        (datetime(2016, 6, 25, 8, tzinfo=UTC), True, "9 am Fri 24 June to 9 am Sat 25 June, station"),
        (
            datetime(2017, 6, 25, 8, tzinfo=UTC),
            True,
            "9 am Fri 24 June 2016 to 9 am Sat 25 June 2016, station",
        ),
    ],
)
def test_an_answer_about_a_window_that_is_over_says_so_and_of_which_year(
    served_home: Home, tmp_path: Path, now: datetime, over: bool, window: str
):
    settings = Settings(home_dir=served_home.root, database_url=f"sqlite:///{tmp_path / 'own.db'}")
    with in_process(settings, now=lambda: now) as client:
        page = page_of(client.get("/what-if", params=DAY))

    assert ("This window is over: a look back, no forecast." in page) is over
    assert window in page


def test_the_form_has_every_parameter_once_with_its_unit_and_limits():
    fields = [field for group in groups(OBSERVED, None, {}, Issue.EVENING) for field in group.fields]

    assert sorted(field.name for field in fields) == sorted(PARAMETERS)
    humidity = next(field for field in fields if field.name == "humidity_3pm")
    assert (humidity.unit, humidity.minimum, humidity.maximum, humidity.value) == ("%", "0", "100", "57")


def test_a_morning_form_has_what_is_known_at_nine_only():
    (group,) = groups(OBSERVED, None, {}, Issue.MORNING)

    assert "temp_9am" in {field.name for field in group.fields}
    assert "temp_3pm" not in {field.name for field in group.fields}


def test_the_page_gives_the_answer_of_the_endpoint(client: TestClient):
    answer = client.post("/what-if", data={**DAY, "humidity_3pm": "97"}, headers={"accept": "text/html"})

    told = client.post(PREDICTIONS, json={**DAY, "humidity_3pm": 97.0}).json()
    before = client.post(PREDICTIONS, json=DAY).json()
    assert answer.status_code == 200
    for name in ("p_ge_0_2", "p_gt_1_0", "p_ge_5_0"):
        assert f"{told[name] * 100:.0f} % {before[name] * 100:.0f} %" in page_of(answer) or told[name] < 0.01
    assert "What moved it" in answer.text


def test_values_that_contradict_each_other_are_refused_beside_the_field(client: TestClient):
    data = {**DAY, "min_temp": "40", "max_temp": "3"}
    answer = client.post("/what-if", data=data, headers={"accept": "text/html"})

    assert answer.status_code == 422
    assert 'id="error-min_temp"' in answer.text
    assert "above max_temp" in answer.text


def test_a_day_beyond_tomorrow_is_refused(client: TestClient):
    answer = client.post("/what-if", data={**DAY, "date": "2030-01-01"}, headers={"accept": "text/html"})

    assert answer.status_code == 422
    assert "outside" in page_of(answer)


def test_an_unknown_station_is_not_found(client: TestClient):
    answer = client.post("/what-if", data={**DAY, "station": "Atlantis"}, headers={"accept": "text/html"})

    assert answer.status_code == 404


@pytest.mark.fault("XSS: markup in a field", "refused, shown as text")
def test_what_is_sent_is_never_markup(client: TestClient):
    bad = '"><script>alert(1)</script>'
    answer = client.post("/what-if", data={**DAY, "humidity_3pm": bad}, headers={"accept": "text/html"})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("body", [b"\xff\xfe=%00&station=%00", b"station=Albury&date=" + b"9" * 5000, b""])
def test_odd_forms_are_answered_without_failing(client: TestClient, body: bytes):
    answer = client.post(
        "/what-if", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code in (200, 400, 404, 422)

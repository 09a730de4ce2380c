"""What cannot be answered is refused with the reason and the field, never with a failure of the service."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from meteo_api.observations.service import ObservationService
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_tests.api.clients import PREDICTIONS, pointers, problem_of
from meteo_tests.builders import LAST_DAY

GOOD = {"station": "Albury", "date": str(LAST_DAY)}
JSON = {"Content-Type": "application/json"}


def post_raw(client: TestClient, body: str | bytes, headers: dict[str, str] | None = None) -> Any:
    return client.post(PREDICTIONS, content=body, headers=JSON if headers is None else headers)


def with_literal(name: str, literal: str) -> str:
    """A good request with one more field, its value spelt in JSON."""
    return json.dumps(GOOD)[:-1] + f', "{name}": {literal}}}'


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("side", ["below", "above"])
def test_a_number_outside_its_limits_is_refused_with_limit_and_unit(client: TestClient, name: str, side: str):
    parameter = PARAMETERS[name]
    limit = parameter.minimum if side == "below" else parameter.maximum
    value = limit - 0.5 if side == "below" else limit + 0.5

    problem = problem_of(client.post(PREDICTIONS, json=GOOD | {name: value}), 422)

    assert pointers(problem) == [f"/{name}"]
    assert parameter.unit in problem["errors"][0]["detail"]
    assert f"{limit:g}" in problem["errors"][0]["detail"]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_limits_themselves_are_allowed(client: TestClient, name: str):
    batch = [GOOD | {name: PARAMETERS[name].minimum}, GOOD | {name: PARAMETERS[name].maximum}]

    assert client.post(PREDICTIONS, json=batch).status_code == 200


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("humidity_3pm", '"80"'),
        ("humidity_3pm", "true"),
        ("humidity_3pm", "[80]"),
        ("humidity_3pm", "{}"),
        ("humidity_3pm", "1e400"),
        ("humidity_3pm", "9223372036854775808"),
        ("humidity_3pm", "1" + "0" * 400),
        ("wind_gust_dir", '"NORTH"'),
        ("wind_gust_dir", '"n"'),
        ("wind_gust_dir", "4"),
        ("wind_gust_time", '"25:00"'),
        ("wind_gust_time", '"9:30"'),
        ("wind_gust_time", '"09:30\\n"'),
        ("rain_today", '"yes"'),
        ("rain_today", "1"),
        ("issue", '"noon"'),
        ("issue", '"Evening"'),
        ("issue", "null"),
        ("issue", "1"),
        ("humidity", "80"),
        ("min_temp ", "8"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(client: TestClient, name: str, literal: str):
    problem = problem_of(post_raw(client, with_literal(name, literal)), 422)

    assert pointers(problem) == [f"/{name}"]


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("value", [None, 5, "", "..."])
def test_station_and_date_are_required(client: TestClient, name: str, value: Any):
    body = GOOD | {name: value}
    if value == "...":
        body.pop(name)

    assert pointers(problem_of(client.post(PREDICTIONS, json=body), 422)) == [f"/{name}"]


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"min_temp": 20, "max_temp": 12}, "/min_temp"),
        ({"wind_speed_9am": 0, "wind_dir_9am": "N"}, "/wind_dir_9am"),
        ({"wind_gust_speed": 0, "wind_gust_dir": "SW"}, "/wind_gust_dir"),
        ({"rainfall": 1.0, "rain_today": True}, "/rain_today"),
        ({"rainfall": 1.1, "rain_today": False}, "/rain_today"),
        ({"date": "1899-12-31"}, "/date"),
        ({"date": str(LAST_DAY + timedelta(days=2))}, "/date"),
        ({"date": "9999-12-31"}, "/date"),
        ({"date": "0001-01-01"}, "/date"),
        ({"station": "Albory"}, "/station"),
        ({"station": "albury"}, "/station"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(
    client: TestClient, changes: dict[str, Any], at_fault: str
):
    assert pointers(problem_of(client.post(PREDICTIONS, json=GOOD | changes), 422)) == [at_fault]


@pytest.mark.parametrize("changes", [{"date": "1900-01-01"}, {"date": str(LAST_DAY + timedelta(days=1))}])
def test_the_first_and_the_last_date_are_allowed(client: TestClient, changes: dict[str, Any]):
    assert client.post(PREDICTIONS, json=GOOD | changes).status_code == 200


def test_an_unknown_station_is_answered_with_the_nearest_names(client: TestClient):
    problem = problem_of(client.post(PREDICTIONS, json=GOOD | {"station": "Melborne"}), 422)

    assert "Melbourne" in problem["errors"][0]["detail"]


def test_every_fault_of_a_small_body_is_named(client: TestClient):
    body = GOOD | {"humidity_3pm": 150, "cloud_9am": 12, "wind_gust_dir": "NORTH", "wind": 3}

    problem = problem_of(client.post(PREDICTIONS, json=body), 422)

    assert sorted(pointers(problem)) == ["/cloud_9am", "/humidity_3pm", "/wind", "/wind_gust_dir"]


def test_faults_of_a_batch_are_named_with_their_place(client: TestClient):
    schema = problem_of(client.post(PREDICTIONS, json=[GOOD, GOOD | {"humidity_3pm": 150}]), 422)
    sense = problem_of(client.post(PREDICTIONS, json=[GOOD, GOOD, GOOD | {"station": "Nowhere"}]), 422)
    kind = problem_of(client.post(PREDICTIONS, json=[GOOD, 3]), 422)

    assert pointers(schema) == ["/1/humidity_3pm"]
    assert pointers(sense) == ["/2/station"]
    assert pointers(kind) == ["/1"]


def test_a_batch_full_of_faults_names_twenty_of_them(client: TestClient):
    problem = problem_of(client.post(PREDICTIONS, json=[GOOD | {"station": "Nowhere"}] * 300), 422)

    assert len(problem["errors"]) == 20


@pytest.mark.fault("body: broken, or nested 100,000 deep", "400, malformed")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "  \n",
        "{",
        "{'station': 'Albury'}",
        '{"station": "Albury", "date": "2016-06-25",}',
        with_literal("humidity_3pm", "NaN"),
        with_literal("humidity_3pm", "Infinity"),
        with_literal("humidity_3pm", "-Infinity"),
        with_literal("humidity_3pm", "080"),
        json.dumps(GOOD) + "x",
        b"\xff\xfe",
        b'{"station": "\xff", "date": "2016-06-25"}',
        '{"station": "\\ud800", "date": "2016-06-25"}',
        "\x00",
        b"PK\x03\x04",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        with_literal("humidity_3pm", "[" * 100_000 + "]" * 100_000),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_or_nested_too_deeply_is_malformed(client: TestClient, body: str | bytes):
    problem = problem_of(post_raw(client, body), 400)

    assert problem["type"] == "urn:meteo:problem:malformed-request"


@pytest.mark.parametrize("body", ["null", "3", '"Albury"', "true", "[]", "[[]]", "{}", "[null]"])
def test_json_of_another_shape_is_invalid(client: TestClient, body: str):
    problem_of(post_raw(client, body), 422)


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""],
)
def test_another_content_type_is_refused(client: TestClient, media_type: str):
    headers = {"Content-Type": media_type} if media_type else {}

    problem_of(post_raw(client, json.dumps(GOOD), headers), 415)


def test_a_content_type_with_a_charset_is_json(client: TestClient):
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert post_raw(client, json.dumps(GOOD), headers).status_code == 200


def test_a_body_over_the_limit_is_refused(client: TestClient):
    problem_of(post_raw(client, b" " * 2_000_001), 413)


@pytest.mark.fault("body: over the limit, length not told", "413")
def test_a_body_over_the_limit_without_a_length_is_refused(client: TestClient):
    def chunks():
        for _ in range(30):
            yield b" " * 100_000

    problem_of(client.post(PREDICTIONS, content=chunks(), headers=JSON), 413)


@pytest.mark.parametrize("path", ["/api/v1/login", "/sign-in", "/language"])
def test_whoever_asks_sends_no_more_than_a_small_form(stranger: TestClient, path: str):
    form = b"name=anna&username=anna&language=fr&password=" + b"x" * 8_192
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    problem_of(stranger.post(path, content=form, headers=headers), 413)


def test_a_batch_over_the_limit_is_refused(client: TestClient):
    problem = problem_of(client.post(PREDICTIONS, json=[GOOD] * 10_001), 413)

    assert "10001" in problem["detail"]
    assert "10000" in problem["detail"]


EVIL_STATIONS = [
    "%00",
    "Syd%00ney",
    "..%2F..%2Fetc%2Fpasswd",
    "%F0%9F%8C%A7",
    "x" * 10_000,
    "9223372036854775808",
    "%FF%FE",
    "Sydney%20",
    "'; DROP TABLE forecasts; --",
    "%ED%A0%80",
]


@pytest.mark.fault("path traversal and odd bytes in an address", "404, short")
@pytest.mark.parametrize("station", EVIL_STATIONS, ids=lambda s: s[:20])
def test_an_evil_station_in_the_path_is_not_found(client: TestClient, station: str):
    problem = problem_of(client.get(f"/api/v1/forecasts/{station}"), 404)

    assert len(problem["detail"]) < 300
    assert len(problem["instance"]) <= 501


@pytest.mark.parametrize(
    "station", ["\x00", "../../etc/passwd", "\U0001f327", "x" * 10_000, "9223372036854775808", "Sydney "]
)
def test_an_evil_station_in_a_body_is_refused_shortly(client: TestClient, station: str):
    problem = problem_of(client.post(PREDICTIONS, json=GOOD | {"station": station}), 422)

    assert pointers(problem) == ["/station"]
    assert len(problem["errors"][0]["detail"]) < 300


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ("from=yesterday", "/from"),
        ("to=2016-02-30", "/to"),
        ("from=", "/from"),
        ("from=2016-06-02&to=2016-06-01", "/from"),
        ("from=%00", "/from"),
        ("from=99999999999999999999", "/from"),
        ("issue=noon", "/issue"),
        ("issue=", "/issue"),
    ],
)
def test_values_of_a_query_that_make_no_sense_are_refused_by_name(
    client: TestClient, query: str, at_fault: str
):
    problem = problem_of(client.get(f"/api/v1/forecasts/Albury?{query}"), 422)

    assert pointers(problem) == [at_fault]
    assert problem["errors"][0]["in"] == "query"


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/api/v1/nothing", "/api/v1/stations/x", "/.env"])
def test_an_unknown_path_is_not_found(client: TestClient, path: str):
    problem_of(client.get(path), 404)


def test_a_method_that_is_not_there_is_refused_with_those_that_are(client: TestClient):
    response = client.get(PREDICTIONS)

    problem_of(response, 405)
    assert "POST" in response.headers["allow"]


@pytest.mark.fault("foreign Host header", "421")
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[", "10.0.0.1"]
)
def test_another_host_is_not_served(client: TestClient, host: str):
    problem_of(client.get("/api/v1/stations", headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
def test_names_of_this_machine_are_served(client: TestClient, host: str):
    assert client.get("/api/v1/stations", headers={"Host": host}).status_code == 200


@pytest.mark.fault("errors that tell of the inside", "no trace, no path")
def test_no_problem_shows_the_inside_of_the_service(client: TestClient):
    answers = [
        post_raw(client, "{").text,
        client.get("/api/v1/forecasts/%00").text,
        post_raw(client, "[3]").text,
    ]

    assert not any(re.search(r"Traceback|\.py\b|site-packages", answer) for answer in answers)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/observations/Albury?from=2016-06-03", {}),
        ("/about", {"Accept": "text/html"}),
        ("/about", {"HX-Request": "true"}),
    ],
)
def test_a_failure_that_nobody_foresaw_is_explained_in_the_log_alone(
    client: TestClient,
    path: str,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("nothing at /srv/meteo/inside.py")

    monkeypatch.setattr(ObservationService, "of_station", fail)
    monkeypatch.setattr("meteo_api.pages.about.about", fail)

    answer = client.get(path, headers=headers)

    assert answer.status_code == 500
    assert "recorded in the service" in answer.text
    assert not re.search(r"Traceback|RuntimeError|inside|\.py\b", answer.text)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "nothing at /srv/meteo/inside.py" in caplog.text

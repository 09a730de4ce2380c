"""What Prometheus reads: bounded series, and the state of the service in numbers."""

import asyncio
import random
import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.parameters import PARAMETERS
from meteo_tests.api.clients import LOOPBACK, PREDICTIONS, eventually
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import in_process
from meteo_tests.api.scraping import Samples, names, samples, value
from meteo_tests.builders import LAST_DAY

AN_HOUR_LATER = NOW + timedelta(hours=1)


@pytest.fixture
def service(served_home: Home, tmp_path: Path) -> Iterator[TestClient[Litestar]]:
    settings = Settings(home_dir=served_home.root, database_url=f"sqlite:///{tmp_path / 'own.db'}")
    with in_process(settings, now=lambda: AN_HOUR_LATER) as client:
        yield client


def requests_of(found: Samples, **labels: str) -> float | None:
    return value(found, "meteo_request_duration_seconds_count", **labels)


def test_a_stranger_may_read_them(served_home: Home, tmp_path: Path):
    settings = Settings(home_dir=served_home.root, database_url=f"sqlite:///{tmp_path / 'own.db'}")
    with in_process(settings, name=None) as stranger:
        answer = stranger.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_requests_are_counted_by_declared_address_method_and_status(service: TestClient[Litestar]):
    for station in ("Albury", "Brisbane", "Nowhere"):
        service.get(f"/api/v1/forecasts/{station}")
    service.get("/api/v1/forecasts/Albury", headers={"Authorization": "Bearer none"})

    found = samples(service)

    path = {"method": "GET", "path": "/api/v1/forecasts/{station}"}
    assert requests_of(found, **path, status_code="200") == 2
    assert requests_of(found, **path, status_code="404") == 1
    assert requests_of(found, **path, status_code="401") == 1


def test_the_state_of_the_service_is_told_in_numbers(service: TestClient[Litestar]):
    found = samples(service)

    assert value(found, "meteo_model_version") == 7
    # Registered three days before NOW; the snapshot is as old as the test.
    assert value(found, "meteo_model_age_seconds") == (3 * 24 + 1) * 3600
    assert value(found, "meteo_model_refused") == 0
    assert value(found, "meteo_snapshot_age_seconds") is not None
    assert value(found, "meteo_prediction_log_dropped_total") == 0
    assert (value(found, "process_resident_memory_bytes") or 0) > 50e6


def test_predictions_are_counted_by_model_and_route(service: TestClient[Litestar]):
    asked = {"station": "Albury", "date": str(LAST_DAY)}
    route = service.post(PREDICTIONS, json=asked).json()["route"]
    service.post(PREDICTIONS, json=[asked] * 4)

    def count() -> float | None:
        return value(samples(service), "meteo_predictions_total", model_version="7", route=route)

    eventually(lambda: count() == 5, within_seconds=10, shown=count)


def test_without_model_and_snapshot_there_is_no_value_to_mislead(tmp_path: Path):
    with TestClient(create_app(Settings(home_dir=tmp_path)), base_url=LOOPBACK) as empty:
        found = samples(empty)

    misleading = {"meteo_model_version", "meteo_model_age_seconds", "meteo_snapshot_age_seconds"}
    misleading |= {"meteo_data_age_seconds", "meteo_forecast_stations", "meteo_drift_score"}
    assert not misleading & names(found)
    assert value(found, "meteo_model_refused") == 0


def test_what_was_not_known_of_a_question_is_counted_by_parameter(service: TestClient[Litestar]):
    asked = {"station": "Albury", "date": str(LAST_DAY), "humidity_3pm": None}
    missing = service.post(PREDICTIONS, json=[asked] * 3).json()[0]["fields"]["missing"]

    def count(parameter: str) -> float | None:
        return value(samples(service), "meteo_prediction_fields_missing_total", parameter=parameter)

    assert "humidity_3pm" in missing
    eventually(lambda: count("humidity_3pm") == 3, within_seconds=10)
    assert {name: count(name) for name in PARAMETERS} == {name: 3 * (name in missing) for name in PARAMETERS}


def test_stations_that_there_are_not_are_one_number_by_whatever_name(service: TestClient[Litestar]):
    before = len(samples(service))
    word = {"date": str(LAST_DAY)}
    asked = [
        service.post(PREDICTIONS, json={**word, "station": "Atlantis"}),
        service.post(PREDICTIONS, json=[{**word, "station": name} for name in ("Ys", "Albury", "Avalon")]),
        service.get("/api/v1/forecasts/Lemuria"),
        service.get("/api/v1/observations/Mu"),
        service.get("/api/v1/verification", params={"station": "Thule"}),
        service.get("/stations/Vineta"),
        service.get("/what-if", params={"station": "Kitezh"}),
    ]
    # No station, but no unknown one either.
    service.post(PREDICTIONS, json={**word, "station": 7})

    found = samples(service)
    assert [answer.status_code for answer in asked] == [422, 422, 404, 404, 422, 404, 404]
    assert value(found, "meteo_unknown_stations_total") == 8
    assert len(found) - before < 16 * 10  # of addresses and statuses


def test_ten_thousand_addresses_and_methods_make_a_handful_of_series(service: TestClient[Litestar]):
    before = len(samples(service))
    chance = random.Random(0)

    def word() -> str:
        return "".join(chance.choices(string.ascii_letters, k=8))

    paths = [f"/{word()}" for _ in range(5_000)] + [f"/api/v1/forecasts/{word()}" for _ in range(5_000)]
    methods = [word() if chance.random() < 0.1 else "GET" for _ in paths]
    answers = asyncio.run(ask_all(service.app, [*zip(methods, paths, strict=True)]))
    signed_in = [("GET", f"/api/v1/forecasts/{word()}") for _ in range(500)]
    unknown = asyncio.run(ask_all(service.app, signed_in, authorization=service.headers["Authorization"]))

    after = samples(service)
    assert set(answers) <= {401, 404, 405}
    assert len(answers) == 10_000
    assert unknown == [404] * 500
    assert value(after, "meteo_unknown_stations_total") == 500
    assert len(after) - before < 16 * 8  # a series has 16 lines
    assert (
        sum(
            count for (name, labels), count in after.items() if name == "meteo_request_duration_seconds_count"
        )
        >= 10_000
    )


async def ask_all(app: Any, asked: list[tuple[str, str]], *, authorization: str = "") -> list[int]:
    """Ask as a server would, without one; give the statuses."""
    statuses = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    for method, path in asked:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8000"), (b"authorization", authorization.encode())],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
            "state": {},
            "extensions": {},
        }
        await app(scope, receive, send)
    return statuses

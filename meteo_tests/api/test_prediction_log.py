"""What was asked and answered is kept, without anyone waiting for it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from sqlalchemy import text

from meteo_api.database.schema import bring_up_to_date
from meteo_api.prediction_log.log import AT_ONCE, PredictionLog
from meteo_api.predictions.schemas import Fields, Prediction, PredictionRequest
from meteo_api.settings import Settings
from meteo_api.snapshot.schemas import SnapshotAge
from meteo_core.calendar import Issue
from meteo_core.home import Home
from meteo_core.service_database import DatabaseAway, ServiceDatabase
from meteo_tests.api.clients import PREDICTIONS, answers_at, end, eventually, free_port, process
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import USER, bearer, in_process, populate, users_in
from meteo_tests.builders import LAST_DAY

REQUEST = PredictionRequest(station="Albury", date=LAST_DAY, humidity_3pm=95.0, rainfall=None)


def answered(*, version: int = 7, route: Any = "full") -> Prediction:
    return Prediction(
        station="Albury",
        date=LAST_DAY,
        issue=Issue.EVENING,
        valid_from=NOW,
        valid_to=NOW,
        predictand="more than 1 mm",
        **dict.fromkeys([n for n in Prediction.__struct_fields__ if n[:2] in ("p_", "cl", "ma")], 0.25),
        route=route,
        fields=Fields(from_request=["humidity_3pm"], from_snapshot=[], missing=["rainfall"], not_used=[]),
        model_version=version,
        snapshot=SnapshotAge(name="one", created_at=NOW, age_seconds=0, newest_observation=LAST_DAY),
    )


class AwayAtTimes(ServiceDatabase):
    """A real database whose writing can be made to fail."""

    away = False

    @contextmanager
    def writing(self) -> Iterator[Any]:
        if self.away:
            raise DatabaseAway("it does not answer")
        with super().writing() as connection:
            yield connection


@pytest.fixture
def database(tmp_path: Path) -> Iterator[AwayAtTimes]:
    opened = AwayAtTimes(f"sqlite:///{tmp_path / 'service.db'}")
    bring_up_to_date(opened)
    yield opened
    opened.close()


def log_in(database: ServiceDatabase, *, most_waiting: int = 100_000) -> PredictionLog:
    return PredictionLog(database, most_waiting=most_waiting, now=lambda: NOW)


def rows(database: ServiceDatabase) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return [
            dict(row._mapping) for row in connection.execute(text("SELECT * FROM predictions ORDER BY id"))
        ]


def rows_at(url: str) -> list[dict[str, Any]]:
    database = ServiceDatabase(url)
    try:
        return rows(database)
    finally:
        database.close()


@pytest.fixture
def own_client(served_home: Home, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A client, and the address of the service's database."""
    settings = Settings(
        home_dir=served_home.root,
        database_url=f"sqlite:///{tmp_path / 'own.db'}",
        # More than one transaction.
        max_batch=3 * AT_ONCE,
    )
    with in_process(settings, now=lambda: NOW) as client:
        yield client, settings.service_database_url


def test_an_answer_is_kept_with_what_was_given_and_what_was_missing(own_client: tuple[TestClient, str]):
    client, url = own_client
    asked = {"station": "Albury", "date": str(LAST_DAY), "humidity_3pm": 95, "sunshine": None}

    answer = client.post(PREDICTIONS, json=asked).json()

    eventually(lambda: len(rows_at(url)) == 1, within_seconds=10)
    (row,) = rows_at(url)
    assert datetime.fromisoformat(row["asked_at"]).replace(tzinfo=UTC) == NOW
    assert (row["station"], row["date"], row["issue"]) == ("Albury", str(LAST_DAY), "evening")
    assert (row["model_version"], row["snapshot"]) == (7, answer["snapshot"]["name"])
    assert (row["route"], row["p_gt_1_0"]) == (answer["route"], answer["p_gt_1_0"])
    assert json.loads(row["inputs"]) == {"humidity_3pm": 95.0, "sunshine": None}
    assert json.loads(row["missing"]) == answer["fields"]["missing"]
    assert "sunshine" in json.loads(row["missing"])
    with users_in(url) as users:
        assert row["user_id"] == users.get(USER).id


def test_a_batch_is_kept_whole_and_in_order(own_client: tuple[TestClient, str]):
    client, url = own_client
    count = 2 * AT_ONCE + 1
    batch = [{"station": "Albury", "date": str(LAST_DAY), "humidity_3pm": n % 100} for n in range(count)]

    assert client.post(PREDICTIONS, json=batch).status_code == 200

    eventually(lambda: len(rows_at(url)) == count, within_seconds=10)
    assert [json.loads(row["inputs"])["humidity_3pm"] for row in rows_at(url)] == [
        n % 100 for n in range(count)
    ]


def test_what_was_refused_is_not_kept(own_client: tuple[TestClient, str]):
    client, url = own_client

    assert client.post(PREDICTIONS, json={"station": "Nowhere", "date": str(LAST_DAY)}).status_code == 422
    assert client.post(PREDICTIONS, json={"station": "Albury", "date": str(LAST_DAY)}).status_code == 200

    eventually(lambda: len(rows_at(url)) > 0, within_seconds=10)
    assert [row["station"] for row in rows_at(url)] == ["Albury"]


def test_nothing_is_lost_when_the_service_ends(served_home: Home, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'own.db'}"
    with in_process(Settings(home_dir=served_home.root, database_url=url), now=lambda: NOW) as client:
        for _ in range(20):
            client.post(PREDICTIONS, json={"station": "Albury", "date": str(LAST_DAY)})

    assert len(rows_at(url)) == 20


@pytest.mark.fault("kill -9 of the service", "predictions lost of the last second at most")
def test_a_second_after_the_answers_a_process_can_be_killed_and_all_are_there(
    served_home: Home, tmp_path: Path
):
    port = free_port()
    address, url = f"http://127.0.0.1:{port}", f"sqlite:///{tmp_path / 'own.db'}"
    populate(url)
    settings = {
        "METEO_HOME": str(served_home.root),
        "METEO_API_PORT": str(port),
        "METEO_DATABASE_URL": url,
    }

    with process("meteo_api", log=tmp_path / "log", **settings) as started:
        eventually(lambda: answers_at(f"{address}/health/ready"), within_seconds=60)
        with httpx.Client(base_url=address, timeout=30) as client:
            headers = bearer(client)
            for n in range(200):
                asked = {"station": "Albury", "date": str(LAST_DAY), "humidity_3pm": n / 2}
                client.post(PREDICTIONS, json=asked, headers=headers).raise_for_status()
        time.sleep(1.0)
        end(started)  # SIGKILL

    kept = [json.loads(row["inputs"])["humidity_3pm"] for row in rows_at(url)]
    assert kept == [n / 2 for n in range(200)]


def test_rows_come_into_postgresql_too(server: str):
    database = ServiceDatabase(server)
    bring_up_to_date(database)
    log = log_in(database)

    log.note([REQUEST] * 3, [answered()] * 3, user_id=5)
    log.write()

    kept = rows(database)
    database.close()
    assert len(kept) == 3
    assert kept[0]["asked_at"] == NOW
    assert json.loads(kept[0]["inputs"]) == {"rainfall": None, "humidity_3pm": 95.0}


def test_noting_costs_next_to_nothing(database: AwayAtTimes):
    log, answer, costs = log_in(database), answered(), []

    for _ in range(5):
        started = time.thread_time()
        for _ in range(2_000):
            log.note(REQUEST, answer, user_id=1)
        costs.append((time.thread_time() - started) / 2_000)
        log.write()

    assert min(costs) < 5e-6  # seconds; measured: below one microsecond


@pytest.mark.fault("PostgreSQL down in the middle, and back", "answers go on, the log catches up in order")
def test_while_the_database_is_away_answers_wait_and_then_come_in_order(database: AwayAtTimes):
    log = log_in(database)
    database.away = True
    for version in range(3):
        log.note(REQUEST, answered(version=version), user_id=1)
        log.write()

    assert log.waiting == 3
    assert log.trouble == "3 predictions wait to be logged, 0 were dropped: it does not answer"

    database.away = False
    log.write()

    assert (log.waiting, log.dropped, log.trouble) == (0, 0, None)
    assert [row["model_version"] for row in rows(database)] == [0, 1, 2]


@pytest.mark.fault("PostgreSQL away for long", "what waits is bounded, the rest counted")
def test_what_waits_is_bounded_and_the_rest_is_counted(
    database: AwayAtTimes, caplog: pytest.LogCaptureFixture
):
    log = log_in(database, most_waiting=10)
    database.away = True
    for _ in range(8):
        log.note(REQUEST, answered(), user_id=1)
    log.note([REQUEST] * 5, [answered()] * 5, user_id=1)
    log.write()

    assert (log.waiting, log.dropped) == (8, 5)
    assert "8 predictions wait to be logged, 5 were dropped" in (log.trouble or "")
    assert "predictions are not logged" in caplog.text

    database.away = False
    log.write()

    assert len(rows(database)) == 8
    assert "5 predictions were not logged" in (log.trouble or "")


@pytest.mark.fault("a row that the database refuses", "the others are kept")
def test_a_row_that_the_database_will_not_have_takes_no_others_with_it(
    database: AwayAtTimes, caplog: pytest.LogCaptureFixture
):
    log = log_in(database)
    log.note([REQUEST] * 3, [answered(), answered(route=None), answered()], user_id=1)

    log.write()

    assert (len(rows(database)), log.waiting, log.dropped) == (2, 0, 1)
    assert "the database refuses one" in caplog.text
    assert "wait already" not in caplog.text


@pytest.mark.fault("log of predictions cannot be written", "readiness says so")
def test_a_log_that_cannot_be_written_shows_in_readiness(own_client: tuple[TestClient, str]):
    client, url = own_client
    database = ServiceDatabase(url)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE predictions"))
    database.close()

    client.post(PREDICTIONS, json={"station": "Albury", "date": str(LAST_DAY)}).raise_for_status()

    def reasons() -> str:
        return " ".join(client.get("/health/ready").json()["reasons"])

    eventually(
        lambda: "to be logged" in reasons() or "not logged" in reasons(), within_seconds=10, shown=reasons
    )
    assert client.get("/health/ready").json()["status"] == "degraded"

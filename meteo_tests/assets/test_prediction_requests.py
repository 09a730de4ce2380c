"""What the service was asked comes into the warehouse, each question once, and then leaves the service."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.pool import Pool

from meteo_assets.monitoring import TABLE, prediction_requests
from meteo_assets.schedules import range_tags
from meteo_assets.settings import Settings
from meteo_core.prediction_log import PredictionRequests
from meteo_core.service_database import DatabaseAway

MARCH_7 = date(2026, 3, 7)
NOON = datetime(2026, 3, 7, 1, tzinfo=UTC)
"""Noon of that day in Sydney, eleven hours ahead."""

SQLITE = """CREATE TABLE predictions (id INTEGER PRIMARY KEY AUTOINCREMENT, asked_at DATETIME NOT NULL,
    user_id INTEGER, station VARCHAR(64) NOT NULL, date VARCHAR(10) NOT NULL, issue VARCHAR(16) NOT NULL,
    model_version INTEGER NOT NULL, snapshot VARCHAR(100) NOT NULL, route VARCHAR(16) NOT NULL,
    inputs TEXT NOT NULL, missing TEXT NOT NULL, p_gt_1_0 FLOAT)"""
POSTGRESQL = (
    SQLITE.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGSERIAL PRIMARY KEY")
    .replace("DATETIME", "TIMESTAMPTZ")
    .replace("FLOAT", "DOUBLE PRECISION")
)
INSERT = """INSERT INTO predictions (asked_at, user_id, station, date, issue, model_version, snapshot, route,
    inputs, missing, p_gt_1_0) VALUES (:at, 7, 'Sydney', '2026-03-06', 'evening', 3, 'a-snapshot', 'full',
    :inputs, '["rainfall"]', 0.25)"""
INPUTS = '{"humidity_3pm":95.0,"rainfall":null}'


class ServiceLog:
    """The service's side of the table."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(url)
        self.on_sqlite = self.engine.dialect.name == "sqlite"
        with self.engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS predictions"))
            connection.execute(text(SQLITE if self.on_sqlite else POSTGRESQL))

    def add(self, *moments: datetime) -> None:
        rows = [
            # As the service stores it: UTC, of which SQLite is not told.
            {
                "inputs": INPUTS,
                "at": moment.replace(tzinfo=None).isoformat(" ", "microseconds")
                if self.on_sqlite
                else moment,
            }
            for moment in moments
        ]
        with self.engine.begin() as connection:
            connection.execute(
                text(INSERT),
                rows,
            )

    def count(self) -> int:
        with self.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM predictions")).scalar_one()


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServiceLog]:
    url = (
        f"sqlite:///{tmp_path / 'service.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("server")
    )
    log = ServiceLog(url)
    yield log
    log.engine.dispose()


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """One machine keeps both in files; several keep the log in PostgreSQL and the tables in a lake."""
    params = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    shared = params.get("service") == "postgresql"
    address = request.getfixturevalue("lakes").address(tmp_path) if shared else None
    return Settings(home_dir=tmp_path, prediction_log_days=100_000, warehouse=address)


def collect(settings: Settings, first: date = MARCH_7, last: date | None = None) -> dict[str, object]:
    """Materialize the asset; give its metadata."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [prediction_requests],
            instance=instance,
            resources={"warehouse": settings.tables(), "settings": settings},
            tags=dict(range_tags(first, last or first)),
        )
    (event, *_) = result.asset_materializations_for_node("prediction_requests")
    return {name: value.value for name, value in event.metadata.items()}


def collected(settings: Settings) -> pd.DataFrame:
    return settings.tables().query(f"FROM {TABLE} ORDER BY id")


@contextmanager
def counted_connections() -> Iterator[list[object]]:
    """Connections that any pool makes meanwhile."""
    made: list[object] = []

    def count(connection: object, _record: object) -> None:
        made.append(connection)

    event.listen(Pool, "connect", count)
    try:
        yield made
    finally:
        event.remove(Pool, "connect", count)


def of(service: ServiceLog, settings: Settings, **other: object) -> Settings:
    return settings.model_copy(update={"database_url": service.url, **other})


def test_a_question_is_collected_as_it_was_logged(service: ServiceLog, settings: Settings):
    service.add(NOON + timedelta(microseconds=123456))

    collect(of(service, settings))

    (row,) = collected(settings).to_dict("records")
    assert row["asked_at"] == pd.Timestamp("2026-03-07T01:00:00.123456Z")
    assert row["day"] == pd.Timestamp("2026-03-07")
    assert row["date"] == pd.Timestamp("2026-03-06")
    assert (row["user_id"], row["station"], row["issue"], row["route"]) == (7, "Sydney", "evening", "full")
    assert (row["model_version"], row["snapshot"], row["p_gt_1_0"]) == (3, "a-snapshot", 0.25)
    assert row["inputs"] == INPUTS
    assert row["missing"] == '["rainfall"]'


def test_a_day_lasts_from_midnight_to_midnight_in_sydney(service: ServiceLog, settings: Settings):
    midnight = datetime(2026, 3, 6, 13, tzinfo=UTC)
    second = timedelta(seconds=1)
    service.add(
        midnight - second, midnight, midnight + timedelta(days=1) - second, midnight + timedelta(days=1)
    )

    said = collect(of(service, settings))

    assert said["collected"] == 2
    assert collected(settings)["asked_at"].tolist() == [midnight, midnight + timedelta(days=1) - second]


def test_collecting_again_adds_only_what_is_new(service: ServiceLog, settings: Settings):
    service.add(*[NOON] * 3)
    first = collect(of(service, settings))
    again = collect(of(service, settings))
    service.add(NOON, NOON + timedelta(hours=1))
    later = collect(of(service, settings))

    assert [said["collected"] for said in (first, again, later)] == [3, 0, 2]
    assert collected(settings)["id"].is_unique
    assert len(collected(settings)) == later["dagster/partition_row_count"] == 5


def test_more_rows_than_fit_in_memory_at_a_time_all_come(
    service: ServiceLog, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("meteo_core.prediction_log.AT_ONCE", 7)
    service.add(*[NOON + timedelta(seconds=n) for n in range(50)])

    collect(of(service, settings))

    assert len(collected(settings)) == 50


def test_a_range_of_days_collects_each_into_its_own(service: ServiceLog, settings: Settings):
    service.add(*[NOON + timedelta(days=n) for n in (-1, 0, 0, 1)])

    collect(of(service, settings), MARCH_7 - timedelta(days=1), MARCH_7 + timedelta(days=1))

    assert collected(settings)["day"].dt.day.tolist() == [6, 7, 7, 8]


def test_old_rows_leave_the_service_once_they_are_collected_and_stay_in_the_warehouse(
    service: ServiceLog, settings: Settings
):
    now = datetime.now(UTC)
    service.add(*[NOON] * 600, now)

    said = collect(of(service, settings, prediction_log_days=30))
    again = collect(of(service, settings, prediction_log_days=30))

    assert (said["removed_from_service"], said["old_and_not_collected"]) == (600, 0)
    assert service.count() == 1
    assert (again["collected"], again["removed_from_service"]) == (0, 0)
    assert len(collected(settings)) == 600


def test_one_connection_clears_as_many_rows_as_there_are(
    service: ServiceLog, monkeypatch: pytest.MonkeyPatch
):
    service.add(*[NOON] * 20)
    monkeypatch.setattr("meteo_core.prediction_log.REMOVED_AT_ONCE", 3)

    with closing(PredictionRequests(service.url)) as log, counted_connections() as made:
        log.remove(range(1, 20))

    assert service.count() == 1
    assert len(made) == 1


def test_an_old_row_that_was_never_collected_is_kept_in_the_service(service: ServiceLog, settings: Settings):
    service.add(NOON - timedelta(days=2), NOON)

    said = collect(of(service, settings, prediction_log_days=30))

    assert (said["removed_from_service"], said["old_and_not_collected"]) == (1, 1)
    assert service.count() == 1


def test_a_service_database_begun_anew_counts_from_one_again_and_nothing_is_lost(
    service: ServiceLog, settings: Settings
):
    service.add(NOON, NOON)
    collect(of(service, settings))
    anew = ServiceLog(service.url)
    anew.add(NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    collect(of(service, settings))
    anew.engine.dispose()

    assert collected(settings)["id"].tolist() == [1, 1, 2, 2]


def test_without_a_service_database_nothing_is_written_and_no_file_is_made(settings: Settings):
    said = collect(settings)

    assert said["collected"] == 0
    assert "none yet" in str(said["service_database"])
    assert not settings.home.service_database.exists()
    assert not settings.home.warehouse.exists()


def test_a_database_without_the_table_counts_as_none(service: ServiceLog, settings: Settings):
    with service.engine.begin() as connection:
        connection.execute(text("DROP TABLE predictions"))

    with closing(PredictionRequests(service.url)) as log:
        assert not log.is_there()


@pytest.mark.fault("service database away when requests are collected", "a failed run, no empty day")
def test_a_server_that_does_not_answer_is_a_failure_and_not_an_empty_day():
    address = "postgresql://meteo:hidden@127.0.0.1:1/meteo"  # pragma: allowlist secret

    with (
        closing(PredictionRequests(address)) as away,
        pytest.raises(DatabaseAway, match=r"127\.0\.0\.1") as refused,
    ):
        away.is_there()

    assert "hidden" not in str(refused.value)

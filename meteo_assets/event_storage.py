"""Dagster's own storage for one machine: SQLite files, and an event log that keeps its engine.

The stock SQLite event log makes a new SQLAlchemy engine at every call, so each statement is compiled
anew and each transaction waits for the disk. A range of daily partitions writes two events for each
asset and day: here they are stored some hundred at a time; see docs/decisions for the measurement.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import EventLogEntry
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.storage.event_log import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import (
    ConsolidatedSqliteEventLogStorage,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.event import listens_for

from meteo_assets.settings import Settings

EVENTS_AT_ONCE = "DAGSTER_EVENT_BATCH_SIZE"
"""Dagster's setting: so many events of one asset's partitions are stored together. 0, its default, is off."""


@cache
def _engine(conn_string: str, _process: int) -> sa.Engine:
    """One engine for each database and process: SQLite connections do not survive a fork."""
    engine = sa.create_engine(conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: object) -> None:
        # In WAL mode NORMAL can lose the last events at a power cut, never corrupt the file.
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


class PooledSqliteEventLogStorage(ConsolidatedSqliteEventLogStorage):
    """Dagster's single-file SQLite event log on one kept engine."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # Tables and columns once seen are never dropped while a process lives.
        self._seen: set[str] = set()
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with _engine(self._conn_string, os.getpid()).begin() as connection:
            yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction, as Dagster's PostgreSQL log does; all of them or none.

        Of each asset the last event alone is noted as its newest. Checks are noted one by one.
        """
        with self._connect() as connection:
            ids = connection.execute(
                SqlEventLogStorageTable.insert().returning(
                    SqlEventLogStorageTable.c.id, sort_by_parameter_order=True
                ),
                [self._event_to_row(event) for event in events],
            ).scalars()
            stored = [(event, number) for event, number in zip(events, ids, strict=True)]
            of_assets = [
                (event, number)
                for event, number in stored
                if event.dagster_event_type in ASSET_EVENTS and event.get_dagster_event().asset_key
            ]
            if of_assets:
                self._store_asset_event_tags(connection, *zip(*of_assets, strict=True))
            newest = {event.get_dagster_event().asset_key: (event, number) for event, number in of_assets}
            for event, number in newest.values():
                self._store_asset_event(connection, event, number)
        for event, number in stored:
            if event.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, number)

    def has_table(self, table_name: str) -> bool:
        """Whether the table exists."""
        ask = super().has_table
        return self._remember(f"table {table_name}", lambda: ask(table_name))

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._remember(f"column {column_name}", lambda: ask(conn, column_name))

    def _remember(self, thing: str, ask: Callable[[], bool]) -> bool:
        if thing not in self._seen and ask():
            self._seen.add(thing)
        return thing in self._seen


class EmbeddedStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite files under `METEO_HOME/dagster`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._run_storage = SqliteRunStorage.from_local(str(Path(base_dir) / "runs"))
        self._event_log_storage = PooledSqliteEventLogStorage(str(Path(base_dir) / "events"))
        self._schedule_storage = SqliteScheduleStorage.from_local(str(Path(base_dir) / "schedules"))
        self._inst_data = inst_data
        # DagsterSqliteStorage's own constructor would open the stock event log.
        super(DagsterSqliteStorage, self).__init__()

    @classmethod
    def config_type(cls) -> Any:
        """No configuration: the place follows from `METEO_HOME`."""
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],  # noqa: ARG003 (Dagster's signature)
    ) -> "EmbeddedStorage":
        """Open the storage, or make it where there is none."""
        os.environ.setdefault(EVENTS_AT_ONCE, "500")
        base_dir = Settings().home.dagster
        base_dir.mkdir(parents=True, exist_ok=True)
        return cls(str(base_dir), inst_data=inst_data)

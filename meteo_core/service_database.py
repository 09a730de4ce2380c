"""Connections to the service database: short transactions, whichever database it is.

The service keeps its users and its log there, the pipeline its alerts; each owns its tables.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Engine, Integer, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator

from meteo_core.errors import MeteoError

BUSY_SECONDS: Final = 10
"""How long a writer waits for another before it gives up."""
_WRITES: Final = "meteo_writes"


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, `timestamptz` in PostgreSQL, text without zone in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse moments that leave open where they are."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite counts up by itself only in a column called INTEGER."""


class DatabaseAway(MeteoError):
    """The service database does not answer."""


class UnusableDatabase(MeteoError):
    """An address that names no database which the service can use."""


class ServiceDatabase:
    """The database at an address such as `sqlite:///data/service.db` or `postgresql+psycopg2://...`.

    Everything here blocks: call it from a thread.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; raises `DatabaseAway`."""
        with _told(self.engine), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept as a whole or not at all; raises `DatabaseAway`."""
        with _told(self.engine), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseAway(_words(engine, error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseAway(_words(engine, error)) from error
        raise


def _words(engine: Engine, error: SQLAlchemyError) -> str:
    cause = str(error.orig).strip().splitlines() if isinstance(error, DBAPIError) else []
    return f"the service database at {engine.url!r} does not answer: {cause[0] if cause else error}"


def _engine(address: str) -> Engine:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise UnusableDatabase("METEO_DATABASE_URL is no address of a database") from error
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url.set(drivername="postgresql+psycopg2"),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": BUSY_SECONDS},
        )
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise UnusableDatabase(
            f"METEO_DATABASE_URL names {url!r}: the service keeps its data in an SQLite file or in PostgreSQL"
        )
    _make_private(Path(url.database))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(file: Path) -> None:
    """Make the file so that only its owner reads the hashes in it; its companions inherit that."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UnusableDatabase(f"the service database {file} cannot be written: {error.strerror}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Python's driver would begin transactions when it sees fit, and never one for a change of tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer says so at once: one that began as a reader is refused without waiting when another wrote.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

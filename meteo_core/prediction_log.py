"""The service's log of predictions as the pipeline reads it: a table of another program, by name.

The service owns the table (`predictions` of its database, SQLite or PostgreSQL) and only adds to it. The
pipeline reads what was asked within a window, and clears away what it has kept.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import (
    Connection,
    DateTime,
    Engine,
    column,
    create_engine,
    delete,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from meteo_core.errors import MeteoError

AT_ONCE: Final = 20_000
"""Rows held in memory at a time."""
REMOVED_AT_ONCE: Final = 500
"""Rows of one deletion: the service waits no longer than that."""
WAIT_SECONDS: Final = 30
"""How long to wait for the service's own writing."""

COLUMNS: Final = (
    *("id", "asked_at", "user_id", "station", "date", "issue", "model_version"),
    *("snapshot", "route", "inputs", "missing", "p_gt_1_0"),
)
_LOG: Final = table(
    "predictions",
    column("asked_at", DateTime(timezone=True)),
    *(column(name) for name in COLUMNS if name != "asked_at"),
)


class LogUnreadable(MeteoError):
    """A service database that is set, and does not answer."""


class PredictionRequests:
    """The log at an address such as `sqlite:///data/service.db`."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def is_there(self) -> bool:
        """Whether there is a log at all; raises `LogUnreadable` where a server does not answer."""
        file = self._url.database if self._url.get_backend_name() == "sqlite" else None
        # Asked for a file that is not there, SQLite makes an empty one under the service's feet.
        if file is not None and not Path(file).is_file():
            return False
        with self._connected() as connection:
            return inspect(connection).has_table(_LOG.name)

    def extent(self, start: datetime, end: datetime) -> tuple[int, datetime | None]:
        """Number of rows asked from `start` to before `end`, and when the last of them was asked, UTC."""
        with self._connected() as connection:
            counted = select(func.count(), func.max(_LOG.c.asked_at)).select_from(_LOG)
            count, last = connection.execute(counted.where(*_within(connection, start, end))).one()
        return int(count), None if last is None else _as_utc(last)

    def span(self, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """When the first and the last row from `start` to before `end` were asked, UTC; None without any."""
        with self._connected() as connection:
            asked = select(func.min(_LOG.c.asked_at), func.max(_LOG.c.asked_at))
            first, last = connection.execute(asked.where(*_within(connection, start, end))).one()
        return None if first is None else (_as_utc(first), _as_utc(last))

    def read(self, start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
        """Rows asked from `start` to before `end`, in order of their numbers, some at a time."""
        after = -1
        with self._connected() as connection:
            while True:
                rows = connection.execute(
                    select(*(_LOG.c[name] for name in COLUMNS))
                    .where(*_within(connection, start, end), _LOG.c.id > after)
                    .order_by(_LOG.c.id)
                    .limit(AT_ONCE)
                ).all()
                if not rows:
                    return
                after = rows[-1].id
                yield _frame(rows)

    def keys_before(self, moment: datetime) -> Iterator[pd.DataFrame]:
        """`id` and `asked_at` of rows asked before a moment, some at a time."""
        after = -1
        with self._connected() as connection:
            while True:
                rows = connection.execute(
                    select(_LOG.c.id, _LOG.c.asked_at)
                    .where(_LOG.c.asked_at < _as_stored(connection, moment), _LOG.c.id > after)
                    .order_by(_LOG.c.id)
                    .limit(AT_ONCE)
                ).all()
                if not rows:
                    return
                after = rows[-1].id
                yield _frame(rows)

    def remove(self, ids: Sequence[int]) -> None:
        """Clear these rows away, a few at a time."""
        for start in range(0, len(ids), REMOVED_AT_ONCE):
            with self._connected() as connection, connection.begin():
                connection.execute(delete(_LOG).where(_LOG.c.id.in_(ids[start : start + REMOVED_AT_ONCE])))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = self._engine()
        try:
            with engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()
            raise LogUnreadable(
                f"the service database {self._url!r}: {cause[0] if cause else error}"
            ) from error
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        if self._url.get_backend_name() == "sqlite":
            return create_engine(self._url, hide_parameters=True, connect_args={"timeout": WAIT_SECONDS})
        url = self._url.set(drivername="postgresql+psycopg2")
        return create_engine(url, hide_parameters=True, connect_args={"connect_timeout": WAIT_SECONDS})


def _within(connection: Connection, start: datetime, end: datetime) -> tuple[Any, Any]:
    return _LOG.c.asked_at >= _as_stored(connection, start), _LOG.c.asked_at < _as_stored(connection, end)


def _as_stored(connection: Connection, moment: datetime) -> datetime:
    """SQLite knows no zones: there the service writes UTC without saying so."""
    utc = moment.astimezone(UTC)
    return utc.replace(tzinfo=None) if connection.dialect.name == "sqlite" else utc


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _frame(rows: Sequence[Any]) -> pd.DataFrame:
    frame = pd.DataFrame([row._asdict() for row in rows])
    frame["asked_at"] = pd.to_datetime(frame["asked_at"], utc=True)
    return frame

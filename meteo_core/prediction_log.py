"""The service's log of predictions as the pipeline reads it: a table of another program, by name.

The service owns the table (`predictions` of its database, SQLite or PostgreSQL) and only adds to it. The
pipeline reads what was asked within a window, and clears away what it has kept.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import ColumnElement, and_, column, delete, func, inspect, select, table
from sqlalchemy.engine import make_url

from meteo_core.service_database import Moment, ServiceDatabase

AT_ONCE: Final = 20_000
"""Rows held in memory at a time."""
REMOVED_AT_ONCE: Final = 500
"""Rows of one deletion: the service waits no longer than that."""

COLUMNS: Final = (
    *("id", "asked_at", "user_id", "station", "date", "issue", "model_version"),
    *("snapshot", "route", "inputs", "missing", "p_gt_1_0"),
)
_LOG: Final = table(
    "predictions",
    column("asked_at", Moment),
    *(column(name) for name in COLUMNS if name != "asked_at"),
)


class PredictionRequests:
    """The log at an address like `sqlite:///data/service.db`; raises `DatabaseAway`. Close it after use."""

    def __init__(self, url: str) -> None:
        self._url = url

    def is_there(self) -> bool:
        """Whether there is a log at all: ask before anything else."""
        url = make_url(self._url)
        file = url.database if url.get_backend_name() == "sqlite" else None
        # The service makes its own file: one made here would be found by it without its tables.
        if file is not None and not Path(file).is_file():
            return False
        with self._database.reading() as connection:
            return inspect(connection).has_table(_LOG.name)

    def extent(self, start: datetime, end: datetime) -> tuple[int, datetime | None]:
        """Number of rows asked from `start` to before `end`, and when the last of them was asked, UTC."""
        with self._database.reading() as connection:
            counted = select(func.count(), func.max(_LOG.c.asked_at)).select_from(_LOG)
            count, last = connection.execute(counted.where(_within(start, end))).one()
        return int(count), last

    def span(self, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """When the first and the last row from `start` to before `end` were asked, UTC; None without any."""
        with self._database.reading() as connection:
            asked = select(func.min(_LOG.c.asked_at), func.max(_LOG.c.asked_at))
            first, last = connection.execute(asked.where(_within(start, end))).one()
        return None if first is None else (first, last)

    def read(self, start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
        """Rows asked from `start` to before `end`, in order of their numbers, some at a time."""
        return self._some_at_a_time(COLUMNS, _within(start, end))

    def keys_before(self, moment: datetime) -> Iterator[pd.DataFrame]:
        """`id` and `asked_at` of rows asked before a moment, some at a time."""
        return self._some_at_a_time(("id", "asked_at"), _LOG.c.asked_at < moment)

    def remove(self, ids: Sequence[int]) -> None:
        """Clear these rows away, a few at a time."""
        for start in range(0, len(ids), REMOVED_AT_ONCE):
            with self._database.writing() as connection:
                connection.execute(delete(_LOG).where(_LOG.c.id.in_(ids[start : start + REMOVED_AT_ONCE])))

    def close(self) -> None:
        """Give all connections back."""
        if "_database" in self.__dict__:
            self._database.close()

    @cached_property
    def _database(self) -> ServiceDatabase:
        return ServiceDatabase(self._url)

    def _some_at_a_time(self, names: Sequence[str], condition: ColumnElement[bool]) -> Iterator[pd.DataFrame]:
        after = -1
        with self._database.reading() as connection:
            while rows := connection.execute(
                select(*(_LOG.c[name] for name in names))
                .where(condition, _LOG.c.id > after)
                .order_by(_LOG.c.id)
                .limit(AT_ONCE)
            ).all():
                after = rows[-1].id
                yield _frame(rows)


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(_LOG.c.asked_at >= start, _LOG.c.asked_at < end)


def _frame(rows: Sequence[Any]) -> pd.DataFrame:
    frame = pd.DataFrame([row._asdict() for row in rows])
    frame["asked_at"] = pd.to_datetime(frame["asked_at"], utc=True)
    return frame

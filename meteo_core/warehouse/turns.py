"""Taking turns at a window of a lake, by locks of the catalog's PostgreSQL.

A lake has no keys that would refuse a row twice, and lets two transactions add to a table at once. So whoever
writes rows that may be there only once first waits here for the others who write the same days.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.held import LOCK_TIMEOUT_SECONDS
from meteo_core.warehouse.lake_place import CONNECT_SECONDS
from meteo_core.warehouse.store import Window

_LOCK_NOT_AVAILABLE: Final = "55P03"
"""SQLSTATE of a lock that was waited for in vain."""
MOST_MONTHS: Final = 24
"""A longer window takes the whole table: a lock for each month of a century would be too many."""


class HeldTurn:
    """A transaction of the catalog's server that holds the locks until it ends."""

    def __init__(self, connection: Connection, window: Window) -> None:
        self._connection = connection
        self._window = window

    def require_held(self) -> None:
        """Raise `WarehouseError` where the server ended it: others may be writing the window."""
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise WarehouseError(
                f"{self._window.table}: the catalog's server went away in the middle of a write, of which "
                "nothing was kept: run it again"
            ) from error


@contextmanager
def turn_at(server: URL, window: Window) -> Iterator[HeldTurn]:
    """Wait for everybody else who writes days of this window, then hold it for the `with` block.

    Windows of different months do not wait for each other. A process that dies gives its locks up. Raises
    `WarehouseError` where they are not had in `LOCK_TIMEOUT_SECONDS`, or the catalog's server is away.
    """
    engine = create_engine(
        server, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": CONNECT_SECONDS}
    )
    try:
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(engine.connect())
                _take(connection, window)
            except SQLAlchemyError as error:
                raise _failure(error, window) from None  # SQLAlchemy's own words may hold the address
            yield HeldTurn(connection, window)
    finally:
        engine.dispose()  # ends the transaction, and with it the locks


def _failure(error: SQLAlchemyError, window: Window) -> WarehouseError:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if getattr(cause, "pgcode", None) == _LOCK_NOT_AVAILABLE:
        why = f"no turn to write it within {LOCK_TIMEOUT_SECONDS:.0f} s"
    else:
        why = "the lake's catalog does not answer, or refuses"
    told = str(cause or error).strip().splitlines() or [type(error).__name__]
    return WarehouseError(f"{window.table}: {why}: {told[0]}")


def _take(connection: Connection, window: Window) -> None:
    months = _months(window)
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS:.0f}s'"))
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    # Who writes months shares the table with others who do; who writes all of it does not.
    how = "pg_advisory_xact_lock_shared" if months else "pg_advisory_xact_lock"
    connection.execute(text(f"SELECT {how}(:key)"), {"key": _key(window.table)})
    # Everybody asks in the same order: nobody waits for one who waits for him.
    for key in sorted(_key(f"{window.table} {month}") for month in months):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _months(window: Window) -> list[str]:
    """Months of a window; none where it is the whole table."""
    if window.first is None or window.last is None:
        return []
    first, last = _number(window.first), _number(window.last)
    return [str(month) for month in range(first, last + 1)] if last - first < MOST_MONTHS else []


def _number(day: date) -> int:
    return day.year * 12 + day.month


def _key(what: str) -> int:
    return int.from_bytes(hashlib.blake2b(what.encode(), digest_size=8).digest(), "big", signed=True)

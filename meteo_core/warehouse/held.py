"""Waiting for a database file that another process, or another thread, has open."""

from collections.abc import Callable
from typing import TypeVar

import duckdb
import stamina

from meteo_core.warehouse.errors import WarehouseError

LOCK_TIMEOUT_SECONDS = 120.0
"""DuckDB lets one process write and locks all others out meanwhile; a window takes well under a second."""
_HELD = ("Could not set lock", "different configuration", "file handle conflict")
_Opened = TypeVar("_Opened")


def opened_when_free(what: str, open_it: Callable[[], _Opened]) -> _Opened:
    """What `open_it` gives, tried again with jitter while `what` is held.

    Raises `WarehouseError` where it stays locked, and DuckDB's own error where waiting does not help.
    """
    try:
        for attempt in stamina.retry_context(
            on=is_held_by_another,
            attempts=None,
            timeout=LOCK_TIMEOUT_SECONDS,
            wait_initial=0.02,
            wait_max=0.5,
        ):
            with attempt:
                return open_it()
    except duckdb.Error as error:
        if is_held_by_another(error):
            raise WarehouseError(f"{what} stayed locked for {LOCK_TIMEOUT_SECONDS:.0f} s: {error}") from error
        raise
    raise AssertionError("the last attempt returns or raises")


def is_lost_race(error: Exception) -> bool:
    """Whether another transaction changed the same table or made the same thing first."""
    return isinstance(error, duckdb.TransactionException) and "conflict" in str(error).lower()


def is_held_by_another(error: Exception) -> bool:
    """Whether waiting helps: another process, or another connection of this one, has the file open.

    What DuckDB says of the latter depends on how far the other thread's connection had come.
    """
    return isinstance(error, duckdb.Error) and any(words in str(error) for words in _HELD)

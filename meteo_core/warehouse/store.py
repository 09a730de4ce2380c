"""What the warehouse asks of the place that holds its tables: a single file, or a lake."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import duckdb

from meteo_core.warehouse.errors import WarehouseError


@dataclass(frozen=True, slots=True)
class Window:
    """Rows that one transaction writes, and that no other may write at the same time."""

    table: str
    """With its schema."""
    first: date | None = None
    last: date | None = None
    """Days, both included; None: the whole table."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What looking after the place came to."""

    says: str
    files_before: int
    """Data files of all tables."""
    files_after: int
    files_removed: int
    """Old files that no snapshot needs any more."""
    snapshots_dropped: int
    snapshots_kept: int


class Turn(Protocol):
    """The right to write a window, held until the transaction has ended."""

    def require_held(self) -> None:
        """Raise `WarehouseError` where it was lost meanwhile: others may be writing the window."""
        ...


class Store(Protocol):
    """A place with all tables of this version. Statements are the same in every one."""

    @property
    def place(self) -> str:
        """Where it is, in words that hold no password."""
        ...

    def is_there(self) -> bool:
        """Whether anything was ever written to it; raises `WarehouseError` where it does not answer."""
        ...

    def opened(self, *, read_only: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Connection in which the tables are `schema.table`, made and brought up to date before."""
        ...

    def opened_as_it_is(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Connection that only reads, whatever version the tables are of."""
        ...

    def turn(self, window: Window) -> AbstractContextManager[Turn]:
        """Wait until nobody else writes the window; raises `WarehouseError` where that takes too long."""
        ...

    def require_rules(self, connection: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
        """Raise `duckdb.ConstraintException` for rows that break a key or a check of the table.

        `rows` names what is about to be inserted. A place that enforces them itself does nothing here.
        """
        ...

    def is_lost_race(self, error: Exception) -> bool:
        """Whether another transaction came between, so that the same work may succeed when done again."""
        ...

    def failure(self, error: duckdb.Error, *, writing: bool) -> WarehouseError:
        """What to say of an error of the disk or the network."""
        ...

    def at(self, moment: datetime | int) -> "Store":
        """The place as it was at a moment (aware) or a snapshot's number; raises `WarehouseError`."""
        ...

    def tend(self, *, keep: timedelta) -> Upkeep:
        """Merge small files and drop snapshots older than `keep`."""
        ...

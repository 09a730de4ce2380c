"""The DuckDB file itself: made whole, brought up to date before its first use, waited for while locked."""

import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

import duckdb

from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.held import is_lost_race, opened_when_free
from meteo_core.warehouse.migrations import migrate, missing_scripts
from meteo_core.warehouse.store import Upkeep, Window

_CONNECTING: Final = Lock()
"""Threads share what DuckDB makes for a file, and one must not get it before it is ready (1.5.5 then knows no
pandas_scan)."""


def _connected(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    with _CONNECTING:
        return duckdb.connect(str(path), read_only=read_only)


class DatabaseFile:
    """One file with all tables of this version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._up_to_date = False

    @property
    def place(self) -> str:
        """Its path."""
        return str(self.path)

    def is_there(self) -> bool:
        """Whether the file exists."""
        return self.path.exists()

    def opened(self, *, read_only: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Connection to the file, which is made where there is none; waits while another process writes.

        Raises `WarehouseError` where the file stays locked, is damaged, or is a newer version's.
        """
        self._prepare()
        return closing(self._connect(read_only=read_only))

    def opened_as_it_is(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Connection that only reads, to a file of whichever version; raises `WarehouseError` as `opened`."""
        return closing(self._connect(read_only=True))

    @contextmanager
    def turn(self, window: Window) -> Iterator["DatabaseFile"]:  # noqa: ARG002
        """Nothing to wait for: who has the file open for writing is alone."""
        yield self

    def require_held(self) -> None:
        """The file's own lock cannot be lost."""

    def require_rules(self, connection: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
        """The file enforces keys and checks itself."""

    def is_lost_race(self, error: Exception) -> bool:
        """Whether another thread of this process came between; no other process can."""
        return is_lost_race(error)

    def failure(self, error: duckdb.Error, *, writing: bool) -> WarehouseError:
        """What to say of an error of the disk."""
        if not writing:
            return WarehouseError(f"{self.path} cannot be read: {error}")
        return WarehouseError(
            f"{self.path}: the disk did not take a write, and nothing of it was kept; see to space and "
            f"permissions, then run it again: {error}"
        )

    def at(self, moment: datetime | int) -> "DatabaseFile":
        """Refused: a single file keeps no snapshots."""
        raise WarehouseError(
            f"{self.path} is a single file, which keeps no snapshots such as that of {moment}. What was "
            "observed is on record for every moment all the same: raw.observations_as_of"
        )

    def tend(self, *, keep: timedelta) -> Upkeep:  # noqa: ARG002
        """Write the log into the file; there is nothing to merge and nothing to drop."""
        self._prepare()
        with closing(self._connect(read_only=False)) as connection:
            connection.execute("CHECKPOINT")
        return Upkeep(
            says="A single file keeps neither small files nor snapshots: its log was written into it "
            "(CHECKPOINT), and nothing else is to be done.",
            files_before=1,
            files_after=1,
            files_removed=0,
            snapshots_dropped=0,
            snapshots_kept=0,
        )

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        try:
            return opened_when_free(str(self.path), lambda: _connected(self.path, read_only=read_only))
        except duckdb.Error as error:
            raise WarehouseError(
                f"{self.path} cannot be opened; bring a backup of it back (meteo restore FILE), "
                f"or move it away to build it anew: {error}"
            ) from error

    def _prepare(self) -> None:
        """Make the file where there is none, and bring its tables up to date; looked at once only."""
        if not self.path.exists():
            self._create()
        if self._up_to_date:
            return
        # Looking takes no lock that a reader minds; of several processes that find something missing, the
        # first applies it, and the others then find nothing.
        with closing(self._connect(read_only=True)) as connection:
            missing = missing_scripts(connection)
        if missing:
            with closing(self._connect(read_only=False)) as connection:
                migrate(connection)
        self._up_to_date = True

    def _create(self) -> None:
        """Make the file with all tables beside its place, and put it there whole.

        A process that is killed meanwhile leaves no half-made warehouse; of two that try, one file stays.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(f"{self.path.name}.{uuid.uuid4().hex}")
        try:
            with duckdb.connect(str(unfinished)) as connection:
                migrate(connection)
            with suppress(FileExistsError):  # another process was first
                os.link(unfinished, self.path)
        finally:
            unfinished.unlink(missing_ok=True)

"""The DuckDB file itself: made whole, brought up to date before its first use, waited for while locked."""

import os
import uuid
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import stamina

from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.migrations import migrate, missing_scripts

LOCK_TIMEOUT_SECONDS = 120.0
"""DuckDB lets one process write and locks all others out meanwhile; a window takes well under a second."""
_HELD = ("Could not set lock", "different configuration", "file handle conflict")


class DatabaseFile:
    """One file with all tables of this version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._up_to_date = False

    def open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Connection to the file, which is made where there is none; waits while another process writes.

        Raises `WarehouseError` where the file stays locked, is damaged, or is a newer version's.
        """
        self._prepare()
        return self._connect(read_only=read_only)

    def open_as_it_is(self) -> duckdb.DuckDBPyConnection:
        """Connection that only reads, to a file of whichever version; raises `WarehouseError` as `open`."""
        return self._connect(read_only=True)

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        try:
            for attempt in stamina.retry_context(
                on=_is_held_by_another,
                attempts=None,
                timeout=LOCK_TIMEOUT_SECONDS,
                wait_initial=0.02,
                wait_max=0.5,
            ):
                with attempt:
                    return duckdb.connect(str(self.path), read_only=read_only)
        except duckdb.Error as error:
            if _is_held_by_another(error):
                raise WarehouseError(
                    f"{self.path} stayed locked for {LOCK_TIMEOUT_SECONDS:.0f} s: {error}"
                ) from error
            raise WarehouseError(
                f"{self.path} cannot be opened; bring a backup of it back (meteo restore FILE), "
                f"or move it away to build it anew: {error}"
            ) from error
        raise AssertionError("the last attempt returns or raises")

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
                for parameter in PARAMETERS.values():
                    connection.execute(
                        f"COMMENT ON COLUMN raw.observation_revisions.{parameter.name} "
                        f"IS '{parameter.description}'"
                    )
            with suppress(FileExistsError):  # another process was first
                os.link(unfinished, self.path)
        finally:
            unfinished.unlink(missing_ok=True)


def _is_held_by_another(error: Exception) -> bool:
    """Whether waiting helps: another process, or another connection of this one, has the file open.

    What DuckDB says of the latter depends on how far the other thread's connection had come.
    """
    return isinstance(error, duckdb.Error) and any(words in str(error) for words in _HELD)

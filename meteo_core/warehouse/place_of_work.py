"""Short connections to the place of the tables, and transactions that are done again where they lost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

import duckdb
import stamina

from meteo_core.warehouse.database_file import DatabaseFile
from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.store import Store, Upkeep, Window

RACE_SECONDS: Final = 120.0
"""How long a transaction is tried again that lost against another."""
_Done = TypeVar("_Done")


class PlaceOfWork:
    """Opens the place of all tables for each piece of work and closes it again.

    The place is a DuckDB file, given by its path, or any other `Store`.
    """

    def __init__(self, place: Path | Store) -> None:
        self._store: Store = DatabaseFile(place) if isinstance(place, Path) else place

    @property
    def place(self) -> str:
        """Where the tables are, in words that hold no password."""
        return self._store.place

    def is_there(self) -> bool:
        """Whether anything was ever written to it; raises `WarehouseError` where it does not answer."""
        return self._store.is_there()

    def at(self, moment: datetime | int) -> Self:
        """All tables as they were at a moment (aware), or in the snapshot of a number; only to be read.

        Raises `WarehouseError` in a single file, which keeps no snapshots. A snapshot that was dropped is
        told when it is read.
        """
        return type(self)(self._store.at(moment))

    def tend(self, *, keep: timedelta) -> Upkeep:
        """Merge small files, drop snapshots older than `keep`; what that comes to depends on the place."""
        return self._again_if_lost(lambda: self._store.tend(keep=keep))

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection for one piece of work; waits, with jitter, while another process writes.

        Raises `WarehouseError` where disk or network fail a reader.
        """
        with self._store.opened(read_only=read_only) as connection:
            # Dates and hours are computed from aware values; the session must not shift them again.
            connection.execute("SET TimeZone = 'UTC'")
            try:
                yield connection
            except duckdb.IOException as error:
                if not read_only:
                    raise
                raise self._store.failure(error, writing=False) from error

    @contextmanager
    def connect_as_it_is(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection that only reads and brings nothing up to date: for looking at a file, and copying it."""
        with self._store.opened_as_it_is() as connection:
            try:
                yield connection
            except duckdb.IOException as error:
                raise self._store.failure(error, writing=False) from error

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection whose work is kept whole or not at all; one attempt, see `write`.

        Raises `WarehouseError` where the disk does not take it.
        """
        try:
            with self.connect() as connection:
                connection.begin()
                try:
                    yield connection
                except BaseException:
                    with suppress(duckdb.Error):  # a database that the disk failed takes no orders any more
                        connection.rollback()
                    raise
                connection.commit()
        except (duckdb.IOException, duckdb.FatalException) as error:
            raise self._store.failure(error, writing=True) from error

    def write(
        self, windows: Window | Sequence[Window], work: Callable[[duckdb.DuckDBPyConnection], _Done]
    ) -> _Done:
        """Do the work in a transaction, alone in its windows; give what it gives.

        In a lake, others write other windows meanwhile. Where one of them changed the same table first, the
        transaction is lost and the work is done again from its beginning, on what is there then: it must
        read all that it decides by through the connection that it is given. Raises `WarehouseError` where
        it loses for `RACE_SECONDS`.
        """
        wanted = [windows] if isinstance(windows, Window) else list(windows)

        def attempt() -> _Done:
            nonlocal wanted
            mine = wanted
            # Having lost once, it takes its tables whole: nobody who takes turns wins against it then.
            wanted = [Window(window.table) for window in wanted]
            with ExitStack() as stack:
                turns = [stack.enter_context(self._store.turn(window)) for window in mine]
                # Only now: what the transaction sees is what the others before it left.
                connection = stack.enter_context(self.transaction())
                done = work(connection)
                for turn in turns:
                    turn.require_held()
                return done

        return self._again_if_lost(attempt)

    def _again_if_lost(self, work: Callable[[], _Done]) -> _Done:
        try:
            for attempt in stamina.retry_context(
                on=self._store.is_lost_race,
                attempts=None,
                timeout=RACE_SECONDS,
                wait_initial=0.05,
                wait_max=1.0,
                wait_jitter=0.2,
            ):
                with attempt:
                    return work()
        except duckdb.TransactionException as error:
            if self._store.is_lost_race(error):
                raise WarehouseError(
                    f"{self.place}: others kept writing the same table for {RACE_SECONDS:.0f} s: {error}"
                ) from error
            raise
        raise AssertionError("the last attempt returns or raises")

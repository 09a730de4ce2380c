"""The warehouse as a lake (DuckLake): a catalog in PostgreSQL, Parquet files on a disk or in an object store.

Many machines read while others write. Each transaction makes a snapshot; the world can be read as of any that
is kept.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import duckdb

from meteo_core.warehouse import lake_upkeep
from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.held import is_lost_race, opened_when_free
from meteo_core.warehouse.lake_engine import engine
from meteo_core.warehouse.lake_place import LakePlace, quoted
from meteo_core.warehouse.lake_schema import STAGED, definition
from meteo_core.warehouse.migrations import migrate, missing_scripts
from meteo_core.warehouse.store import Turn, Upkeep, Window
from meteo_core.warehouse.turns import turn_at

_NO_LAKE_YET: Final = "creating a new DuckLake is explicitly disabled"
_REFUSED: Final = ("HTTP 403", "(403)", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied")
MOST_WORDS: Final = 500
"""Characters of what DuckDB says that are passed on."""
_NUMBERS: Final = count()
"""Each piece of work opens the lake under a name of its own in this process."""


class NoLakeYet(WarehouseError):
    """The catalog's database answers, and holds no lake."""


class Lake:
    """All tables of this version, in a lake."""

    def __init__(self, place: LakePlace, *, at: datetime | int | None = None) -> None:
        self._place = place
        self._at = at
        self._up_to_date = False

    @property
    def place(self) -> str:
        """The catalog's address without a password, and the moment if it is a past one."""
        return self._place.words + ("" if self._at is None else f" at {self._at}")

    def is_there(self) -> bool:
        """Whether the catalog knows a lake; raises `WarehouseError` where it does not answer."""
        if self._place.server is None and not self._place.file.exists():
            return False
        try:
            with self.opened_as_it_is():
                return True
        except NoLakeYet:
            return False

    @contextmanager
    def opened(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection to the lake, which is made where there is none.

        Raises `WarehouseError` where catalog or files cannot be had, or it is a newer version's.
        """
        if self._at is not None and not read_only:
            raise WarehouseError(f"{self.place} is past, and cannot be written to")
        if self._at is None:
            try:
                self._prepare()
            except duckdb.IOException as error:
                raise self.failure(error, writing=False) from error
        with self._attached("READ_ONLY" if read_only else "READ_WRITE") as connection:
            yield connection

    @contextmanager
    def opened_as_it_is(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection that only reads, to a lake of whichever version; raises `WarehouseError` as `opened`."""
        with self._attached("READ_ONLY", "CREATE_IF_NOT_EXISTS false") as connection:
            yield connection

    @contextmanager
    def turn(self, window: Window) -> Iterator[Turn]:
        """Wait for others who write the same days.

        A catalog that is a file needs no turns: one writer at a time has it open.
        """
        server = self._place.server
        with nullcontext(_Alone()) if server is None else turn_at(server, window) as held:
            yield held

    def require_rules(self, connection: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
        """Put the rows into a table of the memory that has the keys and checks which the lake has not."""
        staged = definition().tables.get(table)
        if staged is not None:
            connection.execute(staged)
            connection.execute(f"INSERT INTO {STAGED} BY NAME FROM {rows}")
            connection.execute(f"DROP TABLE {STAGED}")

    def is_lost_race(self, error: Exception) -> bool:
        """Whether another transaction changed the same table or made the same thing first."""
        return is_lost_race(error)

    def failure(self, error: duckdb.Error, *, writing: bool) -> WarehouseError:
        """What to say of an error of the catalog, the disk or the object store."""
        told = self._without_secrets(str(error))
        kept = ", and nothing of it was kept" if writing else ""
        if any(words in told for words in _REFUSED):
            return WarehouseError(
                f"{self._place.data or self.place}: the object store refused the key{kept}; see to "
                f"METEO_S3_KEY_ID and METEO_S3_SECRET: {told}"
            )
        doing = "did not take a write" if writing else "cannot be read"
        return WarehouseError(f"{self.place} {doing}{kept}: {told}")

    def at(self, moment: datetime | int) -> "Lake":
        """The lake as it was: read only, and only as long as that snapshot is kept."""
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise WarehouseError(f"{moment} has no time zone")
        return Lake(self._place, at=moment)

    def tend(self, *, keep: timedelta) -> Upkeep:
        """Merge small files, drop snapshots older than `keep` and remove files that none needs any more."""
        self._prepare()
        with self._attached("READ_WRITE") as connection:
            return lake_upkeep.tend(connection, keep=keep)

    @contextmanager
    def _attached(self, *options: str) -> Iterator[duckdb.DuckDBPyConnection]:
        name = f"lake_{next(_NUMBERS)}"
        machine = engine(os.getpid())
        # Small writes go to files as well: what a table is, is then in one place.
        told = [*options, "DATA_INLINING_ROW_LIMIT 0", *self._moment()]
        connection = machine.cursor()
        try:
            for secret in self._place.secrets(name).values():
                connection.execute(secret)
            statement = self._place.attach(name, secrets_prefix=name, options=told)
            opened_when_free(self.place, lambda: connection.execute(statement))
            connection.execute(f"USE {name}")
        except duckdb.Error as error:
            self._close(connection, name)
            raise self._unopened(error) from None  # DuckDB's own words may hold an address
        except BaseException:
            self._close(connection, name)
            raise
        try:
            yield connection
        finally:
            self._close(connection, name)

    def _close(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        connection.close()  # ends a transaction that was left open
        with engine(os.getpid()).cursor() as after:
            with suppress(duckdb.Error):
                after.execute(f"DETACH DATABASE IF EXISTS {name}")
            for secret in self._place.secrets(name):
                after.execute(f"DROP SECRET IF EXISTS {secret}")

    def _moment(self) -> list[str]:
        if self._at is None:
            return []
        if isinstance(self._at, datetime):
            return [f"SNAPSHOT_TIME {quoted(self._at.astimezone(UTC).isoformat())}"]
        return [f"SNAPSHOT_VERSION {self._at}"]

    def _prepare(self) -> None:
        """Make the lake where there is none, and bring its tables up to date; looked at once only."""
        if self._up_to_date:
            return
        if self._has_all_scripts():
            self._up_to_date = True
            return
        if self._place.server is None:
            self._place.file.parent.mkdir(parents=True, exist_ok=True)
        # Of several that find something missing, the first applies it, and the others then find nothing.
        with self.turn(Window("main.schema_scripts")), self._attached("READ_WRITE") as connection:
            migrate(connection, wordings=definition().wordings)
        self._up_to_date = True

    def _has_all_scripts(self) -> bool:
        if self._place.server is None and not self._place.file.exists():
            return False
        try:
            with self.opened_as_it_is() as connection:
                return not missing_scripts(connection)
        except NoLakeYet:
            return False

    def _unopened(self, error: duckdb.Error) -> WarehouseError:
        told = self._without_secrets(str(error))
        if "does not match existing data path" in told:
            return WarehouseError(f"{self.place} keeps its files elsewhere; set METEO_LAKE_DATA: {told}")
        if "No snapshot found" in told:
            return WarehouseError(f"{self.place}: no such snapshot is kept: {told}")
        if _NO_LAKE_YET in told:
            return NoLakeYet(f"there is no lake at {self.place}")
        return WarehouseError(f"{self.place} cannot be opened: {told}")

    def _without_secrets(self, words: str) -> str:
        place = self._place
        known = (place.password, place.objects.secret, place.server.password if place.server else None)
        for secret in known:
            if secret:
                words = words.replace(str(secret), "***")
        # The rest is advice on DuckDB's own settings.
        return "; ".join(line.strip() for line in words.splitlines() if line.strip())[:MOST_WORDS]


class _Alone:
    def require_held(self) -> None:
        """Nobody else could have taken it."""

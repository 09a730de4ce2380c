"""The warehouse: one DuckDB file, short connections, one transaction for a window."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from meteo_core.labels import THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse.database_file import DatabaseFile
from meteo_core.warehouse.errors import WarehouseError

_AS_INCOMING = "SELECT * REPLACE (CAST(date AS DATE) AS date) FROM incoming LIMIT 0"
"""Columns as those of a frame, which knows timestamps only: a day is a day."""

FORECAST_KEY = ("station", "date", "issue")
_SAID_BY_A_FORECAST = ("model_version", "route", *(f"p_{rule}" for rule in THRESHOLDS))


class Warehouse:
    """All tables of Meteo in one file. Opens it for each piece of work and closes it again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = DatabaseFile(path)

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection for one piece of work; waits, with jitter, while another process writes."""
        connection = self._file.open(read_only=read_only)
        try:
            # Dates and hours are computed from aware values; the session must not shift them again.
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()

    @contextmanager
    def connect_as_it_is(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection that only reads and brings nothing up to date: for looking at a file, and copying it."""
        connection = self._file.open_as_it_is()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connection whose work is kept whole or not at all.

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
            raise WarehouseError(
                f"{self.path}: the disk did not take a write, and nothing of it was kept; see to space and "
                f"permissions, then run it again: {error}"
            ) from error

    def read(
        self,
        table: str,
        first: date | None = None,
        last: date | None = None,
        *,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Rows of days `first`..`last` (both included), in order of date and station.

        Raises `WarehouseError` for a table that nothing has been written to yet.
        """
        with self.connect(read_only=True) as connection:
            if not _exists(connection, table):
                asset = table.removesuffix(".daily")
                raise WarehouseError(f"{table} is not there yet: materialize {asset} first")
            chosen = ", ".join(columns) if columns else "*"
            return connection.execute(
                f"SELECT {chosen} FROM {table} WHERE date BETWEEN ? AND ? ORDER BY date, station",
                [first or date.min, last or date.max],
            ).df()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """Rows that a read-only statement gives."""
        with self.connect(read_only=True) as connection:
            return connection.execute(sql, list(parameters)).df()

    def replace(
        self, table: str, rows: pd.DataFrame, first: date, last: date, *, may_be_emptied: bool = False
    ) -> None:
        """Make the rows of days `first`..`last` be exactly these, in one transaction.

        Columns are matched by name. A table that does not exist is made to fit the rows. One whose columns
        differ is made anew if the window holds all of its rows, and refused otherwise: features change with
        the code, and days of the old definition must not stand beside days of the new one. An empty frame
        for a window that holds rows is refused too: no data is not the same as no days. With
        `may_be_emptied` it is not: for tables in which a window without rows is an answer.
        """
        outside = (rows["date"] < pd.Timestamp(first)) | (rows["date"] > pd.Timestamp(last))
        if outside.any():
            raise WarehouseError(f"{table}: {int(outside.sum())} rows lie outside {first}..{last}")
        with self.transaction() as connection:
            connection.register("incoming", rows)
            if not _exists(connection, table):
                connection.execute(f"CREATE TABLE {table} AS {_AS_INCOMING}")
            elif _columns_differ(connection, table):
                _require_whole(connection, table, first, last)
                connection.execute(f"CREATE OR REPLACE TABLE {table} AS {_AS_INCOMING}")
            window = "date BETWEEN ? AND ?"
            if rows.empty and not may_be_emptied:
                held = connection.execute(
                    f"SELECT count(*) FROM {table} WHERE {window}", [first, last]
                ).fetchone()
                if held and held[0]:
                    raise WarehouseError(
                        f"{table}: refusing to replace {held[0]} rows of {first}..{last} by nothing"
                    )
            connection.execute(f"DELETE FROM {table} WHERE {window}", [first, last])
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")

    def replace_week(self, table: str, rows: pd.DataFrame, week: date) -> None:
        """Make the rows of this week be exactly these, in one transaction."""
        with self.transaction() as connection:
            connection.register("incoming", rows)
            connection.execute(f"DELETE FROM {table} WHERE week = ?", [week])
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")

    def add_new(self, table: str, parts: Iterable[pd.DataFrame]) -> int:
        """Append rows whose key the table does not hold, all in one transaction; give their number."""
        count = 0
        with self.transaction() as connection:
            for rows in parts:
                connection.register("incoming", rows)
                added = connection.execute(
                    f"INSERT INTO {table} BY NAME SELECT * FROM incoming ON CONFLICT DO NOTHING"
                ).fetchone()
                count += int(added[0]) if added else 0
        return count

    def known(self, table: str, keys: pd.DataFrame, *, key: Sequence[str]) -> pd.DataFrame:
        """Those of the keys that the table holds."""
        with self.connect(read_only=True) as connection:
            connection.register("wanted", keys)
            return connection.execute(f"FROM wanted SEMI JOIN {table} USING ({', '.join(key)})").df()

    def add_revisions(
        self, observations: pd.DataFrame, findings: pd.DataFrame, failures: pd.DataFrame
    ) -> int:
        """Append what is new, in one transaction; give the number of new revisions.

        `observations` holds `station`, `date`, the 21 parameters, `source`, `status`, `fetched_at` and
        `content_sha256`. A row that says what the newest revision of its station and day says already is
        not added again, so that fetching a month twice changes nothing.
        """
        said = ", ".join([*PARAMETERS, "source", "status"])
        with self.transaction() as connection:
            connection.register("incoming", observations)
            connection.register("findings", findings)
            connection.register("failures", failures)
            added = connection.execute(
                f"""
                INSERT INTO raw.observation_revisions BY NAME
                SELECT incoming.* FROM incoming
                WHERE NOT EXISTS (
                    FROM raw.observations AS known
                    WHERE known.station = incoming.station AND known.date = incoming.date
                      AND ({", ".join(f"known.{c}" for c in said.split(", "))})
                          IS NOT DISTINCT FROM
                          ({", ".join(f"incoming.{c}" for c in said.split(", "))}))
                ORDER BY incoming.date, incoming.station
                """
            ).fetchone()
            connection.execute(
                """
                INSERT INTO raw.quarantine BY NAME
                SELECT findings.* FROM findings
                ANTI JOIN raw.quarantine AS known
                  ON known.station = findings.station AND known.date = findings.date
                 AND known.parameter = findings.parameter AND known.reason = findings.reason
                 AND known.value IS NOT DISTINCT FROM findings.value
                """
            )
            connection.execute("INSERT INTO raw.source_failures BY NAME SELECT * FROM failures")
        return int(added[0]) if added else 0

    def record_failures(self, failures: pd.DataFrame) -> None:
        """Note documents that could not be had or not be trusted."""
        with self.transaction() as connection:
            connection.register("failures", failures)
            connection.execute("INSERT INTO raw.source_failures BY NAME SELECT * FROM failures")

    def issue_forecasts(self, forecasts: pd.DataFrame) -> tuple[int, int]:
        """Add forecasts; give how many were added and how many were there and stay as they are.

        A forecast once issued is never changed. A hindcast is replaced when it is made again and differs, but
        never an honest one by one whose model was trained on the outcome.
        """
        with self.transaction() as connection:
            connection.register("forecasts_made", forecasts)
            connection.execute(
                f"""
                -- With all columns of the table, null where the frame has none.
                CREATE TEMP TABLE incoming AS FROM forecasts.daily LIMIT 0;
                INSERT INTO incoming BY NAME FROM forecasts_made;

                CREATE TEMP TABLE fresh AS
                FROM incoming WHERE NOT EXISTS (
                    FROM forecasts.daily AS known
                    WHERE {_each("known.{0} = incoming.{0}", FORECAST_KEY)}
                      AND (known.kind = 'issued'
                           OR (incoming.in_sample AND NOT known.in_sample)
                           OR ({_each("known.{0} IS NOT DISTINCT FROM incoming.{0}", _SAID_BY_A_FORECAST)})));

                DELETE FROM forecasts.daily AS known
                USING fresh
                WHERE {_each("known.{0} = fresh.{0}", FORECAST_KEY)} AND known.kind = 'hindcast';
                """
            )
            added = connection.execute("INSERT INTO forecasts.daily BY NAME FROM fresh").fetchone()
        count = int(added[0]) if added else 0
        return count, len(forecasts) - count


def _each(condition: str, columns: Sequence[str]) -> str:
    """The condition for every one of these columns."""
    return " AND ".join(condition.format(column) for column in columns)


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    found = connection.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?", [schema, name]
    ).fetchone()
    return found is not None


def _columns_differ(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return set(connection.table(table).columns) != set(connection.table("incoming").columns)


def _require_whole(connection: duckdb.DuckDBPyConnection, table: str, first: date, last: date) -> None:
    held = connection.execute(
        f"SELECT min(date), max(date), count(*) FILTER (date NOT BETWEEN ? AND ?) FROM {table}", [first, last]
    ).fetchone()
    if held and held[2]:
        raise WarehouseError(
            f"{table} has other columns than the code now makes, and {held[2]} rows outside {first}..{last}: "
            f"materialize all of it, {held[0]:%Y-%m-%d} to {held[1]:%Y-%m-%d}, as one range"
        )

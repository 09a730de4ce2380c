"""The warehouse: what is read of the tables and written to them, one transaction for a window."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import duckdb
import pandas as pd

from meteo_core.labels import THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.place_of_work import PlaceOfWork
from meteo_core.warehouse.store import Window
from meteo_core.warehouse.tables import exists

_AS_INCOMING = "SELECT * REPLACE (CAST(date AS DATE) AS date) FROM incoming LIMIT 0"
"""Columns as those of a frame, which knows timestamps only: a day is a day."""

FORECAST_KEY = ("station", "date", "issue")
SAME_CHANCE = 1e-9
"""Chances no further apart are the same: a product of many rows may add up otherwise than one of few."""
_MADE_BY = ("model_version", "route")
_CHANCES = tuple(f"p_{rule}" for rule in THRESHOLDS)
_SAME = (
    "(known.{0} IS NOT DISTINCT FROM incoming.{0} OR "
    f"coalesce(abs(known.{{0}} - incoming.{{0}}) <= {SAME_CHANCE}, false))"
)


class Warehouse(PlaceOfWork):
    """All tables of Meteo, and every statement that writes them: the same in a file and in a lake."""

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
            if not exists(connection, table):
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
        self,
        table: str,
        rows: pd.DataFrame,
        first: date,
        last: date,
        *,
        may_be_emptied: bool = False,
        whole: tuple[date, date] | None = None,
    ) -> None:
        """Make the rows of days `first`..`last` be exactly these, in one transaction.

        Columns are matched by name. A table that does not exist is made to fit the rows. One whose columns
        differ is made anew if the window holds all of its rows, and refused otherwise: features change with
        the code, and days of the old definition must not stand beside days of the new one. Where a range
        comes in several windows, `whole` is all of it, and the first of them makes the table anew. An empty
        frame for a window that holds rows is refused too: no data is not the same as no days. With
        `may_be_emptied` it is not: for tables in which a window without rows is an answer.
        """
        outside = (rows["date"] < pd.Timestamp(first)) | (rows["date"] > pd.Timestamp(last))
        if outside.any():
            raise WarehouseError(f"{table}: {int(outside.sum())} rows lie outside {first}..{last}")

        def work(connection: duckdb.DuckDBPyConnection) -> None:
            connection.register("incoming", rows)
            if not exists(connection, table):
                connection.execute(f"CREATE TABLE {table} AS {_AS_INCOMING}")
            elif _columns_differ(connection, table):
                _require_whole(connection, table, *(whole or (first, last)))
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
            self._store.require_rules(connection, table, "incoming")
            connection.execute(f"DELETE FROM {table} WHERE {window}", [first, last])
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")

        self.write(Window(table, first, last), work)

    def replace_week(self, table: str, rows: pd.DataFrame, week: date) -> None:
        """Make the rows of this week be exactly these, in one transaction."""

        def work(connection: duckdb.DuckDBPyConnection) -> None:
            connection.register("incoming", rows)
            self._store.require_rules(connection, table, "incoming")
            connection.execute(f"DELETE FROM {table} WHERE week = ?", [week])
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")

        self.write(Window(table, week, week), work)

    def add_new(self, table: str, parts: Callable[[], Iterable[pd.DataFrame]], *, key: Sequence[str]) -> int:
        """Append rows whose key the table does not hold, all in one transaction; give their number.

        `parts` is asked for its frames anew where the transaction has to be done again.
        """
        named = ", ".join(key)

        def work(connection: duckdb.DuckDBPyConnection) -> int:
            count = 0
            for rows in parts():
                connection.register("incoming", rows)
                connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT ON ({named}) * FROM incoming "
                    f"ANTI JOIN {table} USING ({named})"
                )
                self._store.require_rules(connection, table, "fresh")
                added = connection.execute(f"INSERT INTO {table} BY NAME FROM fresh").fetchone()
                count += int(added[0]) if added else 0
            return count

        return self.write(Window(table), work)

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
        said = [*PARAMETERS, "source", "status"]
        days = _days_of(observations)

        def work(connection: duckdb.DuckDBPyConnection) -> int:
            connection.register("incoming", observations)
            connection.register("findings", findings)
            connection.register("failures", failures)
            # Numbered here and not by the table: a lake numbers nothing. They order what was fetched at
            # the same moment, so they go on from the newest.
            connection.execute(
                f"""
                CREATE TEMP TABLE fresh AS
                SELECT (SELECT coalesce(max(revision), 0) FROM raw.observation_revisions)
                       + row_number() OVER (ORDER BY incoming.date, incoming.station) AS revision, incoming.*
                FROM incoming
                WHERE NOT EXISTS (
                    FROM raw.observations AS known
                    WHERE known.date BETWEEN ? AND ?
                      AND known.station = incoming.station AND known.date = incoming.date
                      AND ({", ".join(f"known.{column}" for column in said)})
                          IS NOT DISTINCT FROM
                          ({", ".join(f"incoming.{column}" for column in said)}))
                """,
                days,
            )
            self._store.require_rules(connection, "raw.observation_revisions", "fresh")
            self._store.require_rules(connection, "raw.quarantine", "findings")
            added = connection.execute(
                "INSERT INTO raw.observation_revisions BY NAME FROM fresh ORDER BY revision"
            ).fetchone()
            connection.execute(
                """
                INSERT INTO raw.quarantine BY NAME
                SELECT findings.* FROM findings
                ANTI JOIN raw.quarantine AS known
                  ON known.station = findings.station AND known.date = findings.date
                 AND known.parameter = findings.parameter AND known.reason = findings.reason
                 AND known.value IS NOT DISTINCT FROM findings.value
                 AND known.date BETWEEN ? AND ?
                """,
                _days_of(findings),
            )
            connection.execute("INSERT INTO raw.source_failures BY NAME SELECT * FROM failures")
            return int(added[0]) if added else 0

        return self.write(Window("raw.observation_revisions"), work)

    def record_failures(self, failures: pd.DataFrame) -> None:
        """Note documents that could not be had or not be trusted."""

        def work(connection: duckdb.DuckDBPyConnection) -> None:
            connection.register("failures", failures)
            connection.execute("INSERT INTO raw.source_failures BY NAME SELECT * FROM failures")

        self.write(Window("raw.source_failures"), work)

    def issue_forecasts(self, forecasts: pd.DataFrame) -> tuple[int, int]:
        """Add forecasts; give how many were added and how many were there and stay as they are.

        A forecast once issued is never changed. A hindcast is replaced when it is made again and differs, but
        never an honest one by one whose model was trained on the outcome.
        """
        first, last = days = _days_of(forecasts)

        def work(connection: duckdb.DuckDBPyConnection) -> int:
            connection.register("forecasts_made", forecasts)
            # With all columns of the table, null where the frame has none.
            connection.execute(
                """
                CREATE TEMP TABLE incoming AS FROM forecasts.daily LIMIT 0;
                INSERT INTO incoming BY NAME FROM forecasts_made;
                """
            )
            connection.execute(
                f"""
                CREATE TEMP TABLE fresh AS
                FROM incoming WHERE NOT EXISTS (
                    FROM forecasts.daily AS known
                    WHERE known.date BETWEEN ? AND ?
                      AND {_each("known.{0} = incoming.{0}", FORECAST_KEY)}
                      AND (known.kind = 'issued'
                           OR (incoming.in_sample AND NOT known.in_sample)
                           OR ({_each("known.{0} IS NOT DISTINCT FROM incoming.{0}", _MADE_BY)}
                               AND {_each(_SAME, _CHANCES)})))
                """,
                days,
            )
            self._store.require_rules(connection, "forecasts.daily", "fresh")
            connection.execute(
                f"""
                DELETE FROM forecasts.daily AS known
                USING fresh
                WHERE known.date BETWEEN ? AND ?
                  AND {_each("known.{0} = fresh.{0}", FORECAST_KEY)} AND known.kind = 'hindcast'
                """,
                days,
            )
            added = connection.execute("INSERT INTO forecasts.daily BY NAME FROM fresh").fetchone()
            return int(added[0]) if added else 0

        count = self.write(Window("forecasts.daily", first, last), work)
        return count, len(forecasts) - count


def _days_of(rows: pd.DataFrame) -> tuple[date | None, date | None]:
    """First and last day of the rows: statements look at no other days of a table, however long it is."""
    if rows.empty:
        return None, None
    days = pd.to_datetime(rows["date"])
    return days.min().date(), days.max().date()


def _each(condition: str, columns: Sequence[str]) -> str:
    """The condition for every one of these columns."""
    return " AND ".join(condition.format(column) for column in columns)


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

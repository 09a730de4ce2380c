"""Moving a warehouse from one place to another, and proof that the copy is the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.store import Window
from meteo_core.warehouse.warehouse import Warehouse

OWN: Final = "main.schema_scripts"
"""Each place keeps its own record of the scripts that it has seen."""
ROWS_AT_ONCE: Final = 100_000
"""Rows in memory at a time: some 300 MB of features."""
_NOTHING: Final = lambda _table, _rows: None  # noqa: E731


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a table, whatever the order of its rows and columns."""

    rows: int
    hash: str
    """Of all values of all rows, 32 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table in both places."""

    name: str
    source: Contents
    target: Contents | None
    """None where nothing was copied."""

    @property
    def is_same(self) -> bool:
        """Whether both hold the same rows."""
        return self.source == self.target


def copy_tables(
    source: Warehouse,
    target: Warehouse,
    *,
    replace: bool = False,
    dry_run: bool = False,
    report: Callable[[str, int], None] = _NOTHING,
) -> list[CopiedTable]:
    """Make the tables of one place be those of the other, in one transaction; compare what is then there.

    The source is read as it is at one moment. `report` is told of each table and its rows before it is
    copied. Everything is compared: rows counted and hashed where they were, and again where they are now,
    read anew. With `dry_run` nothing is written. Raises `WarehouseError` where the source is not there, or
    the target holds rows and `replace` is not said; the target is as it was then.
    """
    if source.place == target.place:
        raise WarehouseError(f"{source.place} cannot be copied to itself")
    if not source.is_there():
        raise WarehouseError(f"there is no warehouse at {source.place}")
    held = _held(target)
    if held and not replace:
        raise WarehouseError(
            f"{target.place} holds {sum(held.values()):,} rows: --replace puts the copy in their place"
        )
    with source.connect(read_only=True) as reading:
        reading.begin()  # a lake changes meanwhile: what is read is of one moment
        before = {table: contents(reading, table) for table in tables_in(reading)}
        if dry_run:
            return [CopiedTable(table, found, None) for table, found in before.items()]
        rows = {table: found.rows for table, found in before.items()}
        target.write(
            [Window(table) for table in sorted({*rows, *held})],
            lambda writing: _copy(reading, writing, rows, held, report),
        )
    with target.connect(read_only=True) as connection:
        return [CopiedTable(table, found, contents(connection, table)) for table, found in before.items()]


def tables_in(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables of the warehouse, with their schemas."""
    found = connection.execute(
        "SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() "
        "WHERE database_name = current_database() AND NOT internal ORDER BY name"
    ).fetchall()
    return [name for (name,) in found if name != OWN]


def contents(connection: duckdb.DuckDBPyConnection, table: str) -> Contents:
    """What is in a table. Hashes are added: the order of rows does not matter, a row twice there does."""
    named = ", ".join(f'"{column}"' for column in sorted(_columns(connection, table)))
    found = connection.execute(
        f"SELECT count(*), coalesce(sum(hash({named})::HUGEINT), 0), "
        f"coalesce(bit_xor(hash({named}, 'again')), 0) FROM {table}"
    ).fetchone()
    rows, total, other = found or (0, 0, 0)
    return Contents(int(rows), f"{int(total) % 2**64:016x}{int(other):016x}")


def _held(target: Warehouse) -> dict[str, int]:
    """Rows of the tables of a place that hold any."""
    if not target.is_there():
        return {}
    with target.connect_as_it_is() as connection:
        counts = {table: contents(connection, table).rows for table in tables_in(connection)}
    return {table: rows for table, rows in counts.items() if rows}


def _copy(
    reading: duckdb.DuckDBPyConnection,
    writing: duckdb.DuckDBPyConnection,
    rows: Mapping[str, int],
    held: Mapping[str, int],
    report: Callable[[str, int], None],
) -> None:
    there = tables_in(writing)
    if not held and any(contents(writing, table).rows for table in there):
        raise WarehouseError("rows came into the target meanwhile: nothing was copied")
    for table in sorted({*there, *held} - rows.keys()):
        writing.execute(f"DROP TABLE {table}")
    for table, count in rows.items():
        report(table, count)
        columns = _columns(reading, table)
        if table in there and _columns(writing, table).keys() != columns.keys():
            writing.execute(f"DROP TABLE {table}")
            there.remove(table)
        if table not in there:
            said = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            writing.execute(f"CREATE TABLE {table} ({said})")
        elif table in held:
            writing.execute(f"DELETE FROM {table}")
        if count:
            named = ", ".join(f'"{column}"' for column in columns)
            batches = reading.execute(f"SELECT {named} FROM {table}").to_arrow_reader(ROWS_AT_ONCE)
            writing.register("copied", batches)
            writing.execute(f"INSERT INTO {table} ({named}) SELECT {named} FROM copied")
            writing.unregister("copied")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Types of a table's columns by name, in their order."""
    schema, name = table.split(".")
    return dict(
        connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
            "AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
    )

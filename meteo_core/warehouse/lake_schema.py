"""The tables as a lake can hold them: the same scripts, without keys, checks and sequences.

A lake's tables have none of these. What the scripts say of them is not lost: rows are held against it before
they are written (`Store.require_rules`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import duckdb

from meteo_core.warehouse.migrations import scripts

STAGED: Final = "rows_held_against_the_rules"


@dataclass(frozen=True)
class Definition:
    """What the scripts come to."""

    wordings: Mapping[str, str]
    """SQL of each script for a lake."""
    tables: Mapping[str, str]
    """Statement that makes each table with its keys and checks, under the name `STAGED`."""


@cache
def definition() -> Definition:
    """The scripts, run once in a database of this process's memory to see what they make."""
    with duckdb.connect() as connection:
        wordings = {
            name: ";\n".join(
                worded
                for statement in connection.extract_statements(script)
                if (worded := _in_a_lake(connection, statement.query))
            )
            for name, script in scripts().items()
        }
        tables = {
            f"{schema}.{table}": _staged(sql, schema, table)
            for schema, table, sql in connection.execute(
                "SELECT schema_name, table_name, sql FROM duckdb_tables()"
            ).fetchall()
        }
    return Definition(wordings, tables)


def _in_a_lake(connection: duckdb.DuckDBPyConnection, statement: str) -> str:
    """A statement's wording for a lake, empty where a lake has no such thing; runs it in the memory."""
    tables, sequences = _names(connection, "table"), _names(connection, "sequence")
    connection.execute(statement)
    if _names(connection, "sequence") != sequences:
        return ""
    made = _names(connection, "table") - tables
    if not made:
        return statement
    ((schema, table),) = made
    columns = connection.execute(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
        [schema, table],
    ).fetchall()
    said = ", ".join(f'"{name}" {kind}{"" if nullable else " NOT NULL"}' for name, kind, nullable in columns)
    return f"CREATE TABLE {schema}.{table} ({said})"


def _names(connection: duckdb.DuckDBPyConnection, kind: str) -> set[tuple[str, str]]:
    return set(
        connection.execute(f"SELECT schema_name, {kind}_name FROM duckdb_{kind}s()").fetchall()  # type: ignore[arg-type]
    )


def _staged(sql: str, schema: str, table: str) -> str:
    begins = f"CREATE TABLE {schema}.{table}("
    if not sql.startswith(begins):
        raise AssertionError(f"DuckDB words tables otherwise now: {sql[:80]}")
    without_sequences = re.sub(r"DEFAULT\(nextval\('[^']*'\)\)", "", sql.removeprefix(begins))
    return f"CREATE OR REPLACE TEMP TABLE {STAGED} ({without_sequences}"

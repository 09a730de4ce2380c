"""Bringing the tables of a file up to date: numbered scripts, each applied once and in order."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import duckdb

from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.tables import exists

FIRST_SCRIPT = "0001_tables.sql"
"""A file that has tables but no record of its scripts was made when this was the only one."""


@cache
def scripts() -> dict[str, str]:
    """SQL of each script by its name, in the order in which they are applied."""
    found = (files("meteo_core.warehouse") / "schema").iterdir()
    return {
        script.name: script.read_text(encoding="utf-8")
        for script in sorted(found, key=lambda script: script.name)
        if script.name.endswith(".sql")
    }


def missing_scripts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Scripts that this file has not seen yet, in order; a read-only connection will do.

    Raises `WarehouseError` for a file that has seen scripts this code does not know: older code would read
    and write tables whose meaning it does not know either.
    """
    applied = applied_scripts(connection)
    unknown = sorted(applied - scripts().keys())
    if unknown:
        raise WarehouseError(
            f"the warehouse was made by a newer Meteo, which applied {', '.join(unknown)}: use that version"
        )
    return [name for name in scripts() if name not in applied]


def migrate(connection: duckdb.DuckDBPyConnection, *, wordings: Mapping[str, str] | None = None) -> None:
    """Apply the missing scripts, all or none of them.

    `wordings` gives the SQL of each where a place cannot take it as it is written.
    """
    connection.begin()
    try:
        missing = missing_scripts(connection)
        seen = applied_scripts(connection)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS main.schema_scripts "
            "(name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
        )
        for name in missing:
            connection.execute((wordings or scripts())[name])
        connection.execute(
            "INSERT INTO main.schema_scripts SELECT name, now() FROM unnest(?) AS applied(name) "
            "WHERE name NOT IN (SELECT name FROM main.schema_scripts) ORDER BY name",
            [sorted({*seen, *missing})],
        )
        if not seen:
            _describe_parameters(connection)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _describe_parameters(connection: duckdb.DuckDBPyConnection) -> None:
    """Say of each parameter's column what the parameter table says: meaning and unit."""
    for parameter in PARAMETERS.values():
        connection.execute(
            f"COMMENT ON COLUMN raw.observation_revisions.{parameter.name} IS '{parameter.description}'"
        )


def applied_scripts(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the scripts that a file has seen, those of newer versions too."""
    if exists(connection, "main.schema_scripts"):
        return {name for (name,) in connection.execute("SELECT name FROM main.schema_scripts").fetchall()}
    return {FIRST_SCRIPT} if exists(connection, "raw.observation_revisions") else set()

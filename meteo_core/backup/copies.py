"""Copies of databases that are in use, each as it was at one moment; and how many rows they hold."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb

from meteo_core.backup.manifest import Rows, UnusableBackup
from meteo_core.warehouse import Warehouse, WarehouseError

SQLITE_SECONDS: Final = 120.0
"""How long a copy waits for a writer of an SQLite file."""
_SQLITE_HEADER: Final = b"SQLite format 3\0"


def is_sqlite(file: Path) -> bool:
    """Whether the file is an SQLite database."""
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy by SQLite's own online backup: writers go on, and the copy is of one moment.

    Raises `UnusableBackup` where a writer keeps the file locked, or it is damaged.
    """
    deadline = time.monotonic() + SQLITE_SECONDS

    def give_up_in_time(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise UnusableBackup(f"{source} stayed locked for {SQLITE_SECONDS:.0f} s")

    try:
        with closing(_open_sqlite(source, "mode=ro")) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy, progress=give_up_in_time)
    except sqlite3.Error as error:
        raise UnusableBackup(f"{source} cannot be copied: {error}") from error
    target.chmod(source.stat().st_mode & 0o777)


def copy_warehouse(source: Path, target: Path) -> None:
    """Copy the warehouse while no process can write to it.

    A connection that only reads keeps writers out, and they wait for it as they wait for each other. It is
    itself waited for like any reader's; raises `WarehouseError` where the file stays locked. A file that an
    older release made is copied as it is.
    """
    log = Path(f"{source}.wal")
    # Opened before the connection and closed after it: closing any descriptor of a file gives up the locks
    # that this process has on it, DuckDB's too.
    with source.open("rb") as original, Warehouse(source).connect_as_it_is(), target.open("wb") as copy:
        shutil.copyfileobj(original, copy, length=1 << 20)
        if log.exists():  # a writer was killed: what it had committed is there
            shutil.copyfile(log, f"{target}.wal")
    try:
        with closing(duckdb.connect(str(target))):
            pass  # takes the log in
    except duckdb.Error as error:
        raise WarehouseError(f"the copy of {source} cannot be opened: {error}") from error
    os.chmod(target, source.stat().st_mode & 0o777)


def rows_in_sqlite(file: Path) -> Rows:
    """Rows of each table of a file that nobody writes to; raises `UnusableBackup` for a damaged one."""
    try:
        with closing(_open_sqlite(file, "immutable=1")) as connection:
            told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if told != "ok":
                raise UnusableBackup(f"{file.name} is damaged: {told}")
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' "
                "ORDER BY name"
            ).fetchall()
            return {name: _count(connection.execute, f'"{name}"') for (name,) in names}
    except sqlite3.Error as error:
        raise UnusableBackup(f"{file.name} cannot be read: {error}") from error


def rows_in_warehouse(file: Path) -> Rows:
    """Rows of each table of a file that nobody writes to; raises `UnusableBackup` for a damaged one."""
    try:
        with closing(duckdb.connect(str(file), read_only=True)) as connection:
            names = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
            ).fetchall()
            return {
                f"{schema}.{name}": _count(connection.execute, f"{schema}.{name}") for schema, name in names
            }
    except duckdb.Error as error:
        raise UnusableBackup(f"{file.name} cannot be read: {error}") from error


def _count(
    execute: Callable[[str], sqlite3.Cursor] | Callable[[str], duckdb.DuckDBPyConnection], table: str
) -> int:
    found = execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


def _open_sqlite(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?{how}", uri=True, timeout=SQLITE_SECONDS)

"""What other processes do in tests. Apart, as a new process imports the module of what it runs."""

import os
import sqlite3
import time
from contextlib import closing
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb


def hold(path: Path, opened: Event, done: Event) -> None:
    """Keep a warehouse open for writing."""
    with duckdb.connect(str(path)):
        opened.set()
        done.wait(60)


def commit_and_die(path: Path) -> None:
    """Leave a table in the log of a warehouse and not in its file, as kill -9 does."""
    connection = duckdb.connect(str(path))
    connection.execute("SET wal_autocheckpoint = '1TB'")
    connection.execute("CREATE TABLE main.late AS SELECT range FROM range(777)")
    os._exit(9)


def write_pairs(warehouse: Path, users: Path, started: Event, stop: Event) -> None:
    """Add to both tables of each database, one transaction after another."""
    while not stop.is_set():
        try:
            with duckdb.connect(str(warehouse)) as connection:
                connection.execute(
                    "BEGIN; INSERT INTO main.one SELECT range FROM range(500);"
                    "INSERT INTO main.two SELECT range FROM range(500); COMMIT"
                )
        except duckdb.IOException:
            pass  # somebody reads
        with closing(sqlite3.connect(users, timeout=30)) as other, other:
            other.execute("INSERT INTO one SELECT 1")
            other.execute("INSERT INTO two SELECT 1")
        started.set()
        time.sleep(0.02)

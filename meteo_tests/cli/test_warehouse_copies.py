"""A copy of the warehouse is of one moment, and holds all that was committed by then."""

import hashlib
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from meteo_core.backup.copies import copy_warehouse, rows_in_warehouse
from meteo_core.warehouse import Warehouse
from meteo_core.warehouse.migrations import FIRST_SCRIPT, scripts
from meteo_tests.cli.other_processes import commit_and_die


def test_what_a_killed_writer_had_committed_is_in_the_copy(tmp_path: Path):
    path, copy = tmp_path / "meteo.duckdb", tmp_path / "copy.duckdb"
    Warehouse(path).query("SELECT 1")
    killed = multiprocessing.get_context("spawn").Process(target=commit_and_die, args=(path,))
    killed.start()
    killed.join(60)
    assert Path(f"{path}.wal").exists()

    copy_warehouse(path, copy)

    assert rows_in_warehouse(copy)["main.late"] == 777


def test_a_warehouse_of_an_older_release_is_copied_as_it_is(tmp_path: Path):
    path, copy = tmp_path / "meteo.duckdb", tmp_path / "copy.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(scripts()[FIRST_SCRIPT])
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    copy_warehouse(path, copy)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert "main.schema_scripts" not in rows_in_warehouse(copy)


def test_no_writer_gets_in_while_the_warehouse_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, tried = tmp_path / "meteo.duckdb", []
    Warehouse(path).query("SELECT 1")

    def copy_and_try_to_write(source: Any, target: Any, length: int = 0) -> None:
        target.write(source.read())
        code = f"import duckdb; duckdb.connect({str(path)!r})"
        tried.append(
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        )

    monkeypatch.setattr(shutil, "copyfileobj", copy_and_try_to_write)
    copy_warehouse(path, tmp_path / "copy.duckdb")

    assert "Could not set lock" in tried[0].stderr

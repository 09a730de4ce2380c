"""A warehouse of an older version comes up to date by itself; one of a newer version is refused."""

import multiprocessing
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from meteo_core.labels import THRESHOLDS
from meteo_core.warehouse import Warehouse, WarehouseError
from meteo_core.warehouse import migrations as scripts_of
from meteo_core.warehouse.migrations import FIRST_SCRIPT, scripts
from meteo_tests.core.days import JUNE_1

SAYING = {
    "VARCHAR": "'a'",
    "DOUBLE": "1.5",
    "INTEGER": "3",
    "BIGINT": "3",
    "BOOLEAN": "true",
    "JSON": "'{}'",
    "DATE": "DATE '2020-06-01'",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2020-06-01 01:02:03+00'",
}
"""A value of each type that columns of the warehouse have."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as the first version left it: its tables, one forecast and its label, no record of scripts."""
    path = tmp_path / "meteo.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(scripts()[FIRST_SCRIPT])
        connection.execute(
            "INSERT INTO forecasts.daily VALUES ('Sydney', ?, 'evening', 'issued', now(), now(), now(), "
            "0.3, 0.2, 0.25, 'full', 1, false)",
            [JUNE_1],
        )
        connection.execute(
            "INSERT INTO labels.daily (station, date, gt_1_0) VALUES ('Sydney', ?, true)", [JUNE_1]
        )
    return path


def tables_and_columns(path: Path) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment "
            "FROM duckdb_columns() WHERE NOT internal AND table_name <> 'observation_revisions' ORDER BY ALL"
        ).fetchall()


def test_an_old_file_gets_what_a_new_one_has_and_keeps_its_rows(old: Path, tmp_path: Path):
    new = tmp_path / "new.duckdb"
    Warehouse(new).read("forecasts.daily")

    forecasts = Warehouse(old).read("forecasts.daily")

    assert tables_and_columns(old) == tables_and_columns(new)
    assert forecasts["p_gt_1_0"].tolist() == [0.3]
    assert forecasts[[f"p_{rule}" for rule in THRESHOLDS if rule != "gt_1_0"]].isna().all(axis=None)
    assert Warehouse(old).read("verification.daily").empty


@pytest.mark.parametrize("seen", range(1, len(scripts()) + 1))
def test_a_file_of_each_earlier_release_comes_up_to_date_with_its_rows(seen: int, tmp_path: Path):
    path, new = tmp_path / "meteo.duckdb", tmp_path / "new.duckdb"
    Warehouse(new).query("SELECT 1")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE main.schema_scripts (name VARCHAR PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL)"
        )
        for name in list(scripts())[:seen]:
            connection.execute(scripts()[name])
            connection.execute("INSERT INTO main.schema_scripts VALUES (?, now())", [name])
        kept = {table: a_row_in(connection, table) for table in tables_of(connection)}

    Warehouse(path).query("SELECT 1")

    assert len(kept) >= 6
    assert tables_and_columns(path) == tables_and_columns(new)
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, row in kept.items():
            columns = ", ".join(f'"{column}"' for column in row)
            assert connection.execute(f"SELECT {columns} FROM {table}").fetchall() == [tuple(row.values())]


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
        "WHERE table_name <> 'schema_scripts' ORDER BY ALL"
    )
    return [table for (table,) in found.fetchall()]


def a_row_in(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """Put a row into a table that says something in every column; give it."""
    checks = connection.execute(
        "SELECT constraint_column_names[1], constraint_text FROM duckdb_constraints() "
        "WHERE constraint_type = 'CHECK' AND schema_name || '.' || table_name = ?",
        [table],
    ).fetchall()
    allowed = {column: re.findall(r"'[^']*'", text)[0] for column, text in checks}
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE schema_name || '.' || table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    said = [allowed.get(column, SAYING[kind]) for column, kind in columns]
    connection.execute(f"INSERT INTO {table} VALUES ({', '.join(said)})")
    values = connection.execute(f"FROM {table}").fetchone()
    assert values is not None
    return dict(zip([column for column, _ in columns], values, strict=True))


def test_each_script_is_applied_once_and_on_record(old: Path):
    Warehouse(old).read("forecasts.daily")

    Warehouse(old).read("forecasts.daily")

    applied = Warehouse(old).query("FROM main.schema_scripts ORDER BY name")
    assert applied["name"].tolist() == list(scripts())
    assert applied["applied_at"].notna().all()


@pytest.mark.fault("warehouse of a newer release", "refused with a clear word")
def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "meteo.duckdb"
    with Warehouse(path).transaction() as connection:
        connection.execute("INSERT INTO main.schema_scripts VALUES ('0099_from_the_future.sql', now())")
    before = path.read_bytes()

    with pytest.raises(WarehouseError, match=r"made by a newer Meteo.*0099_from_the_future.sql"):
        Warehouse(path).read("forecasts.daily")

    assert path.read_bytes() == before


@pytest.mark.fault("upgrade that fails", "the file as it was")
def test_a_script_that_fails_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch):
    before = tables_and_columns(old)
    broken = {
        FIRST_SCRIPT: scripts()[FIRST_SCRIPT],
        "0002_half.sql": "ALTER TABLE forecasts.daily ADD COLUMN half DOUBLE; SELECT no_such_column;",
    }
    with monkeypatch.context() as patch:
        patch.setattr(scripts_of, "scripts", lambda: broken)
        with pytest.raises(duckdb.BinderException, match="no_such_column"):
            Warehouse(old).read("forecasts.daily")

    assert tables_and_columns(old) == before
    assert Warehouse(old).read("forecasts.daily")["p_gt_1_0"].tolist() == [0.3]


def _read(path: Path) -> None:
    assert len(Warehouse(path).read("forecasts.daily")) == 1


@pytest.mark.fault("processes that upgrade the warehouse at once", "one does, all find it done")
def test_processes_that_start_at_once_all_find_it_up_to_date(old: Path):
    context = multiprocessing.get_context("spawn")
    readers = [context.Process(target=_read, args=(old,)) for _ in range(3)]

    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=120)

    assert [reader.exitcode for reader in readers] == [0, 0, 0]
    assert len(Warehouse(old).query("FROM main.schema_scripts")) == len(scripts())

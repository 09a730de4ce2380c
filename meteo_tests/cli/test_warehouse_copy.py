"""`meteo warehouse copy` either way, what doctor says of a lake, and a backup of one."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from meteo_cli.main import app
from meteo_core.home import Home
from meteo_core.warehouse import Warehouse, WarehouseError
from meteo_core.warehouse.copying import CopiedTable, contents, copy_tables
from meteo_tests.core.days import JUNE_1
from meteo_tests.core.test_lake import requests
from meteo_tests.core.test_warehouse import FIRST_FETCH, add, fetched, forecast, labelled
from meteo_tests.lakes import Lakes, lake_at

TABLES = (
    *("raw.observation_revisions", "features.daily", "labels.daily", "forecasts.daily"),
    "monitoring.prediction_requests",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A state folder with something in several tables of its file."""
    made = Home(tmp_path / "home")
    monkeypatch.setenv("METEO_HOME", str(made.root))
    fill(Warehouse(made.warehouse))
    return made


def fill(warehouse: Warehouse) -> None:
    add(warehouse, fetched([0.0, None]))
    add(warehouse, fetched([0.0, 7.0], at=FIRST_FETCH + timedelta(days=5)))
    last = JUNE_1 + timedelta(days=3)
    warehouse.replace("labels.daily", labelled(4, rain=1.5), JUNE_1, last)
    warehouse.replace("features.daily", labelled(4)[["station", "date"]].assign(dew_point=9.5), JUNE_1, last)
    warehouse.issue_forecasts(forecast(0.3, kind="issued"))
    warehouse.add_new("monitoring.prediction_requests", lambda: [requests(1, 3)], key=("id", "asked_at"))


def meteo(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, list(arguments))
    return ran.exit_code, ran.output


def test_a_copy_goes_to_a_lake_and_back_and_is_the_same(home: Home, lakes: Lakes, tmp_path: Path):
    address, back = lakes.empty(), tmp_path / "back.duckdb"

    there = meteo("warehouse", "copy", str(home.warehouse), address)
    here = meteo("warehouse", "copy", address, str(back))

    assert (there[0], here[0]) == (0, 0), there[1] + here[1]
    assert "The same: 15 rows of" in there[1]
    assert list((home.root / "lake").rglob("*.parquet"))
    for table in TABLES:
        before, after = (
            Warehouse(file).query(f"FROM {table} ORDER BY ALL") for file in (home.warehouse, back)
        )
        pd.testing.assert_frame_equal(before, after, obj=table)
    assert add(Warehouse(back), fetched([0.0, 8.0], at=FIRST_FETCH + timedelta(days=9))) == 1
    assert Warehouse(back).query("FROM raw.observation_revisions")["revision"].max() == 4


def test_a_dry_run_writes_nothing(home: Home, lakes: Lakes):
    address = lakes.empty()

    code, said = meteo("warehouse", "copy", str(home.warehouse), address, "--dry-run")

    assert (code, "Nothing was written" in said) == (0, True)
    assert not lake_at(address, home.root).is_there()


def test_a_place_that_holds_rows_is_left_alone_unless_told(home: Home, tmp_path: Path):
    other = tmp_path / "other.duckdb"
    Warehouse(other).replace("labels.daily", labelled(1, rain=9.0), JUNE_1, JUNE_1)

    refused = meteo("warehouse", "copy", str(home.warehouse), str(other))
    kept = Warehouse(other).read("labels.daily")["rain_mm"].tolist()
    told = meteo("warehouse", "copy", str(home.warehouse), str(other), "--replace")

    assert (refused[0], kept) == (1, [9.0])
    assert told[0] == 0, told[1]
    assert Warehouse(other).read("labels.daily")["rain_mm"].tolist() == [1.5] * 4


def test_a_copy_that_cannot_be_leaves_the_target_as_it_was(home: Home, tmp_path: Path):
    with pytest.raises(WarehouseError, match="no warehouse at"):
        copy_tables(Warehouse(tmp_path / "none.duckdb"), Warehouse(home.warehouse), replace=True)
    with pytest.raises(WarehouseError, match="to itself"):
        copy_tables(Warehouse(home.warehouse), Warehouse(home.warehouse), replace=True)

    assert len(Warehouse(home.warehouse).read("labels.daily")) == 4


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE labels.daily SET rain_mm = 1.5000000001 WHERE date = '2020-06-01'",
        "UPDATE labels.daily SET ge_5_0 = NULL WHERE date = '2020-06-01'",
        "UPDATE labels.daily SET gt_1_0 = ge_5_0, ge_5_0 = true WHERE date = '2020-06-01'",
        "DELETE FROM labels.daily WHERE date = '2020-06-01'",
    ],
)
def test_any_difference_is_seen(change: str, home: Home):
    warehouse = Warehouse(home.warehouse)

    with warehouse.transaction() as connection:
        before = contents(connection, "labels.daily")
        connection.execute(change)
        after = contents(connection, "labels.daily")

    assert before.hash != after.hash
    assert not CopiedTable("labels.daily", before, after).is_same


def test_a_lake_is_examined_and_backed_up(
    home: Home, lakes: Lakes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    address = lakes.address(home.root)
    fill(lake_at(address, home.root))
    monkeypatch.setenv("METEO_WAREHOUSE", address)
    file, restored = tmp_path / "backup.tar", tmp_path / "restored"

    examined = meteo("doctor")[1]
    backed_up = meteo("backup", "--out", str(file))
    put_back = meteo("restore", str(file), "--home", str(restored))

    (line,) = [line for line in examined.splitlines() if " warehouse " in line]
    assert line.startswith("ok")
    assert "ducklake:postgresql://" in line
    assert backed_up[0] == 0, backed_up[1]
    assert "meteo.duckdb is a copy of ducklake:postgresql://" in backed_up[1]
    assert put_back[0] == 0, put_back[1]
    assert "warehouse copy" in put_back[1]
    assert not (restored / "lake").exists()
    assert Warehouse(restored / "meteo.duckdb").read("labels.daily")["rain_mm"].tolist() == [1.5] * 4


def test_a_lake_that_is_away_is_a_finding(home: Home, monkeypatch: pytest.MonkeyPatch):
    place = "ducklake:postgresql://meteo:hidden@127.0.0.1:1/lake"  # pragma: allowlist secret
    monkeypatch.setenv("METEO_WAREHOUSE", place)

    code, said = meteo("doctor")

    (line,) = [line for line in said.splitlines() if " warehouse " in line]
    assert code == 1
    assert line.startswith("fail")
    assert "hidden" not in said

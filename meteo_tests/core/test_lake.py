"""What holds of a lake beyond what holds of every warehouse: several writers, snapshots, upkeep."""

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import duckdb
import pandas as pd
import psycopg2
import pytest

from meteo_core.warehouse import Lake, LakePlace, Warehouse, WarehouseError, Window
from meteo_core.warehouse.migrations import scripts
from meteo_core.warehouse.turns import turn_at
from meteo_tests.core.test_warehouse import FIRST_FETCH, add, fetched, labelled
from meteo_tests.lakes import Lakes, lake_at

MONTHS = [date(2020, month, 1) for month in range(1, 4)]
COLUMNS = (
    "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
    "WHERE database_name = current_database() AND NOT internal ORDER BY ALL"
)


@pytest.fixture
def open_lake(lakes: Lakes, tmp_path: Path) -> Callable[[], Warehouse]:
    """Opens one lake as a machine of its own would."""
    address = lakes.address(tmp_path)
    return lambda: lake_at(address, tmp_path)


def write_month(warehouse: Warehouse, month: date, rain: float) -> None:
    rows = labelled(28, first=month, rain=rain)
    warehouse.replace("labels.daily", rows, month, month + timedelta(days=27))


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """What several give that begin at the same moment."""
    together = Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        together.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_a_lake_has_the_tables_columns_and_words_of_a_file(
    open_lake: Callable[[], Warehouse], tmp_path: Path
):
    lake, file = open_lake(), Warehouse(tmp_path / "meteo.duckdb")

    assert lake.query(COLUMNS).values.tolist() == file.query(COLUMNS).values.tolist()
    assert lake.query("FROM main.schema_scripts ORDER BY name")["name"].tolist() == list(scripts())


def test_months_written_at_once_are_all_there(open_lake: Callable[[], Warehouse]):
    for month in MONTHS:
        write_month(open_lake(), month, 0.0)

    # Each deletes from files of the same table: all but the first lose, and are done again.
    at_once([lambda month=month: write_month(open_lake(), month, float(month.month)) for month in MONTHS])

    rain = (
        open_lake().read("labels.daily").groupby(lambda row: row // 28)["rain_mm"].agg(["min", "max", "size"])
    )
    assert rain.values.tolist() == [[float(m.month), float(m.month), 28] for m in MONTHS]


def test_a_month_written_by_two_at_once_is_there_once(open_lake: Callable[[], Warehouse]):
    at_once([lambda rain=rain: write_month(open_lake(), MONTHS[0], rain) for rain in (1.0, 2.0)])

    assert open_lake().read("labels.daily")["rain_mm"].tolist() in ([1.0] * 28, [2.0] * 28)


def test_two_who_fetched_the_same_add_its_revisions_once(open_lake: Callable[[], Warehouse]):
    added = at_once([lambda: add(open_lake(), fetched([0.0, 1.0, 2.0])) for _ in range(2)])

    assert sorted(added) == [0, 3]
    assert open_lake().query("FROM raw.observation_revisions")["revision"].tolist() == [1, 2, 3]


def requests(first: int, last: int) -> pd.DataFrame:
    """Rows of the service's log."""
    ids = list(range(first, last + 1))
    return pd.DataFrame(
        {
            "id": ids,
            "asked_at": [pd.Timestamp(FIRST_FETCH) + timedelta(seconds=number) for number in ids],
            "day": FIRST_FETCH.date(),
            "station": "Sydney",
            "date": FIRST_FETCH.date(),
            "issue": "evening",
            "model_version": 1,
            "snapshot": "s",
            "route": "full",
            "inputs": '{"humidity_3pm": 50.0}',
            "missing": "[]",
        }
    )


def test_what_was_asked_is_collected_once_by_however_many(open_lake: Callable[[], Warehouse]):
    table, key = "monitoring.prediction_requests", ("id", "asked_at")
    parts = [requests(1, 4), requests(5, 6)]

    added = at_once([lambda: open_lake().add_new(table, lambda: parts, key=key) for _ in range(3)])

    assert sorted(added) == [0, 0, 6]
    assert open_lake().query(f"SELECT id FROM {table} ORDER BY id")["id"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_lake_that_two_make_at_once_is_made_once(lakes: Lakes, tmp_path: Path):
    address = lakes.empty()

    counts = at_once(
        [lambda: len(lake_at(address, tmp_path).query("FROM main.schema_scripts")) for _ in range(2)]
    )

    assert counts == [len(scripts())] * 2


def test_work_that_lost_is_done_again_on_what_is_there_then(open_lake: Callable[[], Warehouse]):
    write_month(open_lake(), MONTHS[0], 1.0)
    seen = []

    def work(connection: duckdb.DuckDBPyConnection) -> None:
        held = connection.execute("SELECT max(rain_mm) FROM labels.daily").fetchone()
        assert held is not None
        seen.append(held[0])
        if len(seen) == 1:  # another machine comes between
            write_month(open_lake(), MONTHS[1], 9.0)
        connection.execute("DELETE FROM labels.daily WHERE date < '2020-02-01'")

    open_lake().write(Window("labels.daily", MONTHS[0], MONTHS[0]), work)

    assert seen == [1.0, 9.0]
    assert open_lake().read("labels.daily")["rain_mm"].tolist() == [9.0] * 28


@pytest.mark.fault("catalog's server ends a writer's lock", "nothing of the write is kept")
def test_a_writer_that_lost_its_turn_keeps_nothing(open_lake: Callable[[], Warehouse], lakes: Lakes):
    def work(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("INSERT INTO labels.daily (station, date) VALUES ('Sydney', '2020-01-01')")
        ended = psycopg2.connect(lakes.server)
        with ended, ended.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
        ended.close()

    with pytest.raises(WarehouseError, match="went away in the middle of a write"):
        open_lake().write(Window("labels.daily", MONTHS[0], MONTHS[0]), work)

    assert open_lake().read("labels.daily").empty


def test_tables_can_be_read_as_they_were(open_lake: Callable[[], Warehouse]):
    warehouse = open_lake()
    write_month(warehouse, MONTHS[0], 1.0)
    (snapshot,) = warehouse.query(
        "SELECT max(snapshot_id) AS id FROM ducklake_snapshots(current_database())"
    )["id"]
    moment = datetime.now(UTC)
    write_month(warehouse, MONTHS[0], 2.0)

    assert warehouse.at(int(snapshot)).read("labels.daily")["rain_mm"].tolist() == [1.0] * 28
    assert warehouse.at(moment).read("labels.daily")["rain_mm"].tolist() == [1.0] * 28
    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [2.0] * 28
    with pytest.raises(WarehouseError, match="is past"):
        write_month(warehouse.at(moment), MONTHS[0], 3.0)


def test_a_file_says_that_it_keeps_no_snapshots(tmp_path: Path):
    with pytest.raises(WarehouseError, match=r"keeps no snapshots.*observations_as_of"):
        Warehouse(tmp_path / "meteo.duckdb").at(datetime.now(UTC))


def test_upkeep_merges_files_and_drops_snapshots_but_never_what_was_observed(
    open_lake: Callable[[], Warehouse], tmp_path: Path
):
    warehouse = open_lake()
    add(warehouse, fetched([0.0, None]))
    add(warehouse, fetched([0.0, 7.0], at=FIRST_FETCH + timedelta(days=5)))
    for month in MONTHS:
        write_month(warehouse, month, float(month.month))
    moment, before = datetime.now(UTC), warehouse.read("labels.daily")

    kept = warehouse.tend(keep=timedelta(days=30))
    as_it_was = warehouse.at(moment).read("labels.daily")
    dropped = warehouse.tend(keep=timedelta(0))

    assert kept.files_after < kept.files_before
    assert kept.snapshots_dropped == 0
    pd.testing.assert_frame_equal(as_it_was, before)
    assert dropped.snapshots_kept == 1
    assert dropped.snapshots_dropped > 5
    assert dropped.files_removed > 0
    pd.testing.assert_frame_equal(warehouse.read("labels.daily"), before)
    with pytest.raises(WarehouseError, match="no such snapshot is kept"):
        warehouse.at(moment).read("labels.daily")
    then = warehouse.query(
        "SELECT rainfall FROM raw.observations_as_of(TIMESTAMPTZ '2020-06-12') ORDER BY date"
    )
    assert then["rainfall"].isna().tolist() == [False, True]


def test_upkeep_of_a_file_says_that_there_is_nothing_to_merge(tmp_path: Path):
    assert "CHECKPOINT" in Warehouse(tmp_path / "meteo.duckdb").tend(keep=timedelta(days=1)).says


def test_a_catalog_may_be_a_file_that_one_at_a_time_opens(tmp_path: Path):
    address = f"ducklake:{tmp_path / 'catalog.ducklake'}"
    assert not lake_at(address, tmp_path).is_there()

    at_once([lambda month=month: write_month(lake_at(address, tmp_path), month, 1.0) for month in MONTHS[:2]])

    assert len(lake_at(address, tmp_path).read("labels.daily")) == 56


@pytest.mark.fault("catalog does not answer", "one clear error without a password")
@pytest.mark.parametrize("password", [None, "from-a-file"])
def test_a_catalog_that_is_away_is_named_without_its_password(password: str | None, tmp_path: Path):
    place = LakePlace("ducklake:postgresql://meteo:in-address@127.0.0.1:1/lake", str(tmp_path), password)

    with pytest.raises(
        WarehouseError, match=r"postgresql://meteo:\*\*\*@127.0.0.1:1/lake cannot be op"
    ) as told:
        Warehouse(Lake(place)).read("labels.daily")

    words = "".join(traceback.format_exception(told.value)) + repr(place)
    assert "in-address" not in words
    assert "from-a-file" not in words


@pytest.mark.fault("catalog does not answer a writer", "one clear error without a password")
def test_a_catalog_that_is_away_is_said_to_a_writer_without_its_password(tmp_path: Path):
    place = LakePlace("ducklake:postgresql://meteo:in-address@127.0.0.1:1/lake", str(tmp_path))

    with pytest.raises(WarehouseError, match=r"labels\.daily: the lake's catalog does not answer") as told:
        Warehouse(Lake(place)).write(Window("labels.daily"), lambda connection: None)

    words = "".join(traceback.format_exception(told.value))
    assert "127.0.0.1" in words
    assert "in-address" not in words


def test_who_waits_for_a_turn_in_vain_is_told_that_others_write(
    lakes: Lakes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("meteo_core.warehouse.turns.LOCK_TIMEOUT_SECONDS", 1.0)
    server = LakePlace(f"ducklake:{lakes.server}").server
    assert server is not None
    month = Window("labels.daily", MONTHS[0], MONTHS[0])

    with (
        turn_at(server, month),
        pytest.raises(WarehouseError, match=r"labels\.daily: no turn to write it within 1 s"),
        turn_at(server, month),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("postgresql://meteo:secret@db/lake", "names no place of a warehouse"),  # pragma: allowlist secret
        ("ducklake:mysql://meteo:secret@db/lake", "not in mysql"),  # pragma: allowlist secret
        ("ducklake:postgresql://meteo:secret@db:port/lake", "is no address"),  # pragma: allowlist secret
    ],
)
def test_an_address_that_cannot_be_is_refused_without_its_password(address: str, says: str):
    with pytest.raises(WarehouseError, match=says) as told:
        Warehouse(Lake(LakePlace(address))).query("SELECT 1")

    assert "secret" not in "".join(traceback.format_exception(told.value))


def test_files_that_are_elsewhere_are_said_where(
    open_lake: Callable[[], Warehouse], lakes: Lakes, tmp_path: Path
):
    address = lakes.address(tmp_path / "one")

    with pytest.raises(WarehouseError, match=r"keeps its files elsewhere; set METEO_LAKE_DATA.*one/lake"):
        lake_at(address, tmp_path / "two").read("labels.daily")

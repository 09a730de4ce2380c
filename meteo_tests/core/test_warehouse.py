import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from meteo_core.labels import THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse import Warehouse, WarehouseError
from meteo_tests.builders import NO_FAILURES, NO_FINDINGS
from meteo_tests.core.days import JUNE_1, days_of
from meteo_tests.lakes import opened_warehouse

FIRST_FETCH = datetime(2020, 6, 10, tzinfo=UTC)


@pytest.fixture
def warehouse(open_warehouse: Callable[[], Warehouse]) -> Warehouse:
    return open_warehouse()


def fetched(
    rainfall: list[float | None], *, at: datetime = FIRST_FETCH, first: date = JUNE_1
) -> pd.DataFrame:
    rows = days_of(first=first, rainfall=rainfall)
    rows["rain_today"] = rows["rain_today"].astype("boolean")
    return rows.assign(source="test", fetched_at=pd.Timestamp(at), content_sha256="0" * 64)


def add(warehouse: Warehouse, observations: pd.DataFrame) -> int:
    return warehouse.add_revisions(observations, NO_FINDINGS, NO_FAILURES)


def labelled(days: int, first: date = JUNE_1, rain: float = 0.0) -> pd.DataFrame:
    frame = days_of(first=first, rainfall=[rain] * days)[["station", "date"]]
    return frame.assign(rain_mm=rain, ge_0_2=False, gt_1_0=False, ge_5_0=False, ge_10_0=False, ge_25_0=False)


def test_every_parameter_has_its_column_with_type_and_unit(warehouse: Warehouse):
    columns = warehouse.query(
        "SELECT column_name, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND table_name = 'observation_revisions'"
    ).set_index("column_name")

    for parameter in PARAMETERS.values():
        assert columns.loc[parameter.name, "data_type"] == parameter.sql_type
        assert parameter.unit in columns.loc[parameter.name, "comment"]


def test_fetching_the_same_twice_adds_nothing(warehouse: Warehouse):
    first = add(warehouse, fetched([0.0, None, 2.0]))

    again = add(warehouse, fetched([0.0, None, 2.0], at=FIRST_FETCH + timedelta(days=1)))

    assert (first, again) == (3, 0)


@pytest.mark.fault("source: revised value", "new revision, old one readable")
def test_a_revised_value_is_a_new_revision_and_the_old_one_stays_readable(warehouse: Warehouse):
    add(warehouse, fetched([0.0, None]))

    added = add(warehouse, fetched([0.0, 7.0], at=FIRST_FETCH + timedelta(days=5)))

    assert added == 1
    assert warehouse.read("raw.observations")["rainfall"].tolist() == [0.0, 7.0]
    before = warehouse.query(
        "SELECT rainfall FROM raw.observations_as_of(TIMESTAMPTZ '2020-06-12') ORDER BY date"
    )
    assert before["rainfall"].isna().tolist() == [False, True]


def test_a_revision_that_is_taken_back_is_a_revision_too(warehouse: Warehouse):
    values = [[0.0], [7.0], [0.0]]

    added = [
        add(warehouse, fetched(rainfall, at=FIRST_FETCH + timedelta(days=day)))
        for day, rainfall in enumerate(values)
    ]

    assert added == [1, 1, 1]
    assert warehouse.read("raw.observations")["rainfall"].tolist() == [0.0]


def test_a_day_that_is_complete_is_a_revision_though_its_values_are_the_same(warehouse: Warehouse):
    add(warehouse, fetched([3.0]).assign(status="provisional"))

    added = add(warehouse, fetched([3.0], at=FIRST_FETCH + timedelta(days=1)))

    assert added == 1
    assert warehouse.read("raw.observations")["status"].tolist() == ["final"]


def test_another_value_that_is_rejected_for_the_same_reason_is_in_quarantine_too(warehouse: Warehouse):
    finding = NO_FINDINGS.copy()
    of_the_day = "Sydney", pd.Timestamp(JUNE_1), "rainfall", "-1.0", "rejected", "outside"
    finding.loc[0] = [*of_the_day, "test", "0" * 64, pd.Timestamp(FIRST_FETCH)]

    for value in ("-1.0", "-2.0", "-2.0"):
        warehouse.add_revisions(fetched([None]), finding.assign(value=value), NO_FAILURES)

    assert sorted(warehouse.read("raw.quarantine")["value"]) == ["-1.0", "-2.0"]


def test_a_window_is_replaced_and_what_lies_beside_it_stays(warehouse: Warehouse):
    warehouse.replace("labels.daily", labelled(4, rain=1.0), JUNE_1, JUNE_1 + timedelta(days=3))

    second, third = JUNE_1 + timedelta(days=1), JUNE_1 + timedelta(days=2)
    warehouse.replace("labels.daily", labelled(2, first=second, rain=9.0), second, third)

    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [1.0, 9.0, 9.0, 1.0]


@pytest.mark.fault("error in the middle of a write", "the window as it was")
def test_a_failing_insert_leaves_the_window_as_it_was(warehouse: Warehouse):
    warehouse.replace("labels.daily", labelled(2, rain=1.0), JUNE_1, JUNE_1 + timedelta(days=1))
    twice_the_same_day = pd.concat([labelled(1, rain=9.0)] * 2)

    with pytest.raises(duckdb.ConstraintException):
        warehouse.replace("labels.daily", twice_the_same_day, JUNE_1, JUNE_1 + timedelta(days=1))

    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [1.0, 1.0]


def test_rows_outside_the_window_and_nothing_in_place_of_something_are_refused(warehouse: Warehouse):
    warehouse.replace("labels.daily", labelled(2), JUNE_1, JUNE_1 + timedelta(days=1))

    with pytest.raises(WarehouseError, match="outside"):
        warehouse.replace("labels.daily", labelled(2), JUNE_1, JUNE_1)
    with pytest.raises(WarehouseError, match="by nothing"):
        warehouse.replace("labels.daily", labelled(2).iloc[:0], JUNE_1, JUNE_1)
    assert len(warehouse.read("labels.daily")) == 2


def test_a_window_may_be_emptied_where_that_is_said(warehouse: Warehouse):
    warehouse.replace("labels.daily", labelled(2), JUNE_1, JUNE_1 + timedelta(days=1))

    warehouse.replace("labels.daily", labelled(2).iloc[:0], JUNE_1, JUNE_1, may_be_emptied=True)

    assert warehouse.read("labels.daily")["date"].dt.date.tolist() == [JUNE_1 + timedelta(days=1)]


def test_a_changed_definition_replaces_the_whole_table_or_nothing(warehouse: Warehouse):
    days = [JUNE_1 + timedelta(days=n) for n in range(3)]
    old = labelled(3)[["station", "date"]].assign(dew_point=1.0)
    new = old.rename(columns={"dew_point": "vapour_pressure"})
    warehouse.replace("features.daily", old, days[0], days[-1])

    with pytest.raises(WarehouseError, match=r"1 rows outside.*2020-06-01 to 2020-06-03"):
        warehouse.replace("features.daily", new.iloc[:2], days[0], days[1])
    assert list(warehouse.read("features.daily")) == ["station", "date", "dew_point"]

    warehouse.replace("features.daily", new, days[0], days[-1])
    assert list(warehouse.read("features.daily")) == ["station", "date", "vapour_pressure"]


def test_a_changed_definition_may_come_in_several_windows_of_the_whole(warehouse: Warehouse):
    days = [JUNE_1 + timedelta(days=n) for n in range(3)]
    old = labelled(3)[["station", "date"]].assign(dew_point=1.0)
    new = old.rename(columns={"dew_point": "vapour_pressure"})
    warehouse.replace("features.daily", old, days[0], days[-1])

    with pytest.raises(WarehouseError, match="1 rows outside"):
        warehouse.replace("features.daily", new.iloc[:1], days[0], days[0], whole=(days[0], days[1]))
    for rows, day in ((new.iloc[:2], days[1]), (new.iloc[2:], days[2])):
        first = rows["date"].min().date()
        warehouse.replace("features.daily", rows, first, day, whole=(days[0], days[-1]))

    assert warehouse.read("features.daily")["vapour_pressure"].tolist() == [1.0, 1.0, 1.0]


def test_a_table_that_nothing_was_written_to_is_named(warehouse: Warehouse):
    with pytest.raises(WarehouseError, match="materialize features first"):
        warehouse.read("features.daily")


def forecast(chance: float, *, kind: str, version: int = 1) -> pd.DataFrame:
    moment = pd.Timestamp(FIRST_FETCH)
    return pd.DataFrame(
        {
            "station": ["Sydney"],
            "date": [pd.Timestamp(JUNE_1)],
            "issue": ["evening"],
            "kind": [kind],
            "issued_at": [moment],
            "valid_from": [moment],
            "valid_to": [moment],
            **{f"p_{rule}": [chance] for rule in THRESHOLDS},
            **{f"climatology_{rule}": [0.2] for rule in THRESHOLDS},
            **{f"markov_{rule}": [0.2] for rule in THRESHOLDS},
            "route": ["full"],
            "model_version": [version],
            "in_sample": [False],
        }
    )


def test_a_forecast_once_issued_is_never_changed(warehouse: Warehouse):
    warehouse.issue_forecasts(forecast(0.3, kind="issued"))

    counts = warehouse.issue_forecasts(forecast(0.8, kind="issued", version=2))

    assert counts == (0, 1)
    assert warehouse.read("forecasts.daily")["p_gt_1_0"].tolist() == [0.3]


def test_a_hindcast_is_replaced_by_a_different_one_only(warehouse: Warehouse):
    warehouse.issue_forecasts(forecast(0.3, kind="hindcast"))

    same = warehouse.issue_forecasts(forecast(0.3, kind="hindcast"))
    other = warehouse.issue_forecasts(forecast(0.8, kind="hindcast", version=2))

    assert (same, other) == ((0, 1), (1, 0))
    assert warehouse.read("forecasts.daily")["p_gt_1_0"].tolist() == [0.8]


def test_a_hindcast_that_differs_at_any_threshold_is_a_different_one(warehouse: Warehouse):
    warehouse.issue_forecasts(forecast(0.3, kind="hindcast").assign(p_ge_25_0=None))

    same = warehouse.issue_forecasts(forecast(0.3, kind="hindcast").assign(p_ge_25_0=None))
    other = warehouse.issue_forecasts(forecast(0.3, kind="hindcast"))

    assert (same, other) == ((0, 1), (1, 0))
    assert warehouse.read("forecasts.daily")["p_ge_25_0"].tolist() == [0.3]


def test_a_hindcast_whose_chance_adds_up_otherwise_in_the_last_digit_is_the_same(warehouse: Warehouse):
    warehouse.issue_forecasts(forecast(0.3, kind="hindcast"))

    same = warehouse.issue_forecasts(forecast(0.3 + 1e-12, kind="hindcast"))
    other = warehouse.issue_forecasts(forecast(0.3 + 1e-6, kind="hindcast"))

    assert same == (0, 1)
    assert other == (1, 0)


def test_an_honest_hindcast_is_never_replaced_by_one_that_knew_the_outcome(warehouse: Warehouse):
    warehouse.issue_forecasts(forecast(0.3, kind="hindcast"))

    counts = warehouse.issue_forecasts(forecast(0.8, kind="hindcast", version=2).assign(in_sample=True))

    assert counts == (0, 1)
    assert warehouse.read("forecasts.daily")["p_gt_1_0"].tolist() == [0.3]


@pytest.mark.fault("corrupt warehouse file", "one clear error that names it and what to do")
def test_a_damaged_file_is_named(tmp_path: Path):
    path = tmp_path / "meteo.duckdb"
    path.write_bytes(b"not a database" * 1000)

    with pytest.raises(WarehouseError, match=r"meteo.duckdb cannot be opened; .*\(meteo restore"):
        Warehouse(path).read("raw.observations")


def _write_again_and_again(address: str | None, folder: Path, rain: float) -> None:
    warehouse = opened_warehouse(address, folder)
    for _ in range(8 if address is None else 3):
        warehouse.replace("labels.daily", labelled(30, rain=rain), JUNE_1, JUNE_1 + timedelta(days=29))


@pytest.mark.fault("two runs on one partition, readers meanwhile", "one whole version at any moment")
def test_two_processes_writing_one_window_leave_one_whole_version(
    address: str | None, tmp_path: Path, warehouse: Warehouse
):
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_again_and_again, args=(address, tmp_path, rain)) for rain in (1.0, 2.0)
    ]

    for writer in writers:
        writer.start()
    readings = []
    while any(writer.is_alive() for writer in writers):
        readings.append(warehouse.read("labels.daily")["rain_mm"].tolist())
        time.sleep(0.02)
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    whole = ([], [1.0] * 30, [2.0] * 30)
    assert readings
    assert all(reading in whole for reading in readings)
    assert warehouse.read("labels.daily")["rain_mm"].tolist() in whole[1:]


def test_threads_of_one_process_wait_for_each_other_to_close_the_file(tmp_path: Path):
    path = tmp_path / "meteo.duckdb"
    Warehouse(path).read("labels.daily")

    def open_and_close(number: int) -> bool:
        for _ in range(5):
            with Warehouse(path).connect(read_only=number % 2 == 0):
                pass
        return True

    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(open_and_close, range(6)))

    assert all(opened)

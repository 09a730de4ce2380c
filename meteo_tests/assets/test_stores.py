"""The same assets in a file and in a lake: the same tables, by setting alone."""

from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from meteo_assets.definitions import build_definitions
from meteo_assets.settings import Settings
from meteo_core.jobs import DAILY_JOB, UPKEEP_JOB, range_tags
from meteo_core.warehouse import Warehouse
from meteo_tests.lakes import Lakes

FIRST, LAST = date(2024, 6, 3), date(2024, 6, 8)
ASSETS = ("raw_observations", "features", "labels", "forecast_verification", "drift_alarms")
TABLES = (
    "raw.observations",
    "raw.quarantine",
    "features.daily",
    "labels.daily",
    "monitoring.drift_thresholds",
)
WHEN_IT_RAN = ["fetched_at", "found_at", "fitted_at"]


def run(settings: Settings, first: date, last: date) -> None:
    job = build_definitions(settings).resolve_job_def(DAILY_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in ASSETS],
            tags=dict(range_tags(first, last)),
        )
    assert done.success


def tables_of(warehouse: Warehouse) -> dict[str, pd.DataFrame]:
    return {
        table: warehouse.query(f"SELECT * FROM {table} ORDER BY ALL").drop(
            columns=WHEN_IT_RAN, errors="ignore"
        )
        for table in TABLES
    }


@pytest.fixture
def homes(lakes: Lakes, tmp_path: Path) -> list[Settings]:
    """Settings that differ in where the tables are, and in nothing else."""
    (tmp_path / "lake").mkdir()
    address = lakes.address(tmp_path / "lake")
    return [
        Settings(home_dir=tmp_path / "file"),
        Settings(home_dir=tmp_path / "lake", warehouse=address),
    ]


def test_both_hold_the_same_after_the_same_runs(homes: list[Settings]):
    for settings in homes:
        run(settings, FIRST, LAST)
    in_file, in_lake = (tables_of(settings.tables()) for settings in homes)

    for settings in homes:
        run(settings, LAST, LAST)  # a rebuilt day is the same day
        upkeep = build_definitions(settings).resolve_job_def(UPKEEP_JOB).execute_in_process()
        assert upkeep.success

    assert len(in_file["features.daily"]) == 6 * 49
    for table in TABLES:
        pd.testing.assert_frame_equal(in_file[table], in_lake[table], obj=table)
        for settings in homes:
            pd.testing.assert_frame_equal(tables_of(settings.tables())[table], in_file[table], obj=table)

"""Dagster's stock SQLite event log against `PooledSqliteEventLogStorage`: the same range, the same assets."""

import os
import tempfile
import time
from datetime import date
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from benchmarks.report import show
from meteo_assets.partitions import observation_days
from meteo_core.jobs import range_tags

DAYS = 200
FIRST, LAST = "2020-01-01", "2020-07-18"

STOCK = "telemetry: {enabled: false}\n"
OURS = f"{STOCK}storage: {{custom: {{module: meteo_assets.event_storage, class: EmbeddedStorage}}}}\n"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dg.asset(partitions_def=observation_days, backfill_policy=dg.BackfillPolicy.single_run())
def nothing() -> None:
    """Costs nothing but its events."""


@dg.asset(partitions_def=observation_days, deps=[nothing], backfill_policy=dg.BackfillPolicy.single_run())
def nothing_more() -> None:
    """Costs nothing but its events."""


def run() -> None:
    """Print the time for each asset and day with either log."""
    with tempfile.TemporaryDirectory() as folder:
        stock = _milliseconds_per_asset_day(Path(folder) / "stock", STOCK)
        ours = _milliseconds_per_asset_day(Path(folder) / "ours", OURS)
    show(
        ["event log", "ms for each asset and day", "ratio"],
        [("stock SQLite", f"{stock:.1f}", "1.0"), ("kept engine", f"{ours:.1f}", f"{stock / ours:.1f}")],
    )
    print(f"events: a kept engine is {stock / ours:.1f} times as fast on {DAYS} days x 2 assets")


def _milliseconds_per_asset_day(home: Path, instance_yaml: str) -> float:
    home.mkdir()
    (home / "dagster.yaml").write_text(instance_yaml)
    os.environ["METEO_HOME"] = str(home)
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home))) as instance:
        days = dg.PartitionKeyRange(FIRST, LAST)
        if len(observation_days.get_partition_keys_in_range(days)) != DAYS:
            raise ValueError("the range is not the one that the table names")
        started = time.perf_counter()
        result = dg.materialize(
            [nothing, nothing_more],
            instance=instance,
            tags=_range_tags(days),
            run_config=QUIET,
        )
        seconds = time.perf_counter() - started
    if not result.success:
        raise RuntimeError("the run failed")
    return seconds / (2 * DAYS) * 1000


def _range_tags(days: dg.PartitionKeyRange) -> dict[str, str]:
    return dict(range_tags(date.fromisoformat(days.start), date.fromisoformat(days.end)))

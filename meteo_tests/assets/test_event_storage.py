"""Dagster's events of a range of days, stored together."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

from meteo_assets.event_storage import EVENTS_AT_ONCE

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-01-21")
STORAGE = "storage: {custom: {module: meteo_assets.event_storage, class: EmbeddedStorage}}\n"
KEY = dg.AssetKey("counted")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counted() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7}, tags={"told": "yes"})


@dg.asset_check(asset=counted)
def is_seven() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("METEO_HOME", str(tmp_path))
    # Before the storage is opened, which would choose its own: seven do not go into twenty.
    monkeypatch.setenv(EVENTS_AT_ONCE, "7")
    (tmp_path / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{STORAGE}")
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as opened:
        yield opened


def test_events_stored_together_are_each_on_record_in_their_order(instance: dg.DagsterInstance):
    first, last = DAYS.get_first_partition_key(), DAYS.get_last_partition_key()
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": str(last)}

    run = dg.materialize([counted, is_seven], instance=instance, tags=tags)

    assert run.success
    made = instance.fetch_materializations(KEY, limit=100, ascending=True).records
    assert [record.partition_key for record in made] == DAYS.get_partition_keys()
    assert [record.storage_id for record in made] == sorted({record.storage_id for record in made})
    assert instance.get_materialized_partitions(KEY) == set(DAYS.get_partition_keys())
    newest = instance.get_latest_materialization_event(KEY)
    assert newest is not None
    assert newest.asset_materialization is not None
    assert newest.asset_materialization.partition == last
    planned = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    assert len(planned) == len(made)
    (check,) = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(KEY, "is_seven")]
    ).values()
    assert check.status.value == "SUCCEEDED"

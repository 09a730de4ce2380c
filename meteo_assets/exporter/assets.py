"""Assets and their checks: when they were last made, up to which day, with which figures."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from meteo_assets.exporter.graph import JOB, Graph
from meteo_core.jobs import ZONE

MOST_FIGURES: Final = 40
"""Figures of one asset that are told: names come from the code, but a bound is a bound."""


class AssetState:
    """Reads the records of all assets; remembers the newest partition of each, so as not to ask for all."""

    def __init__(self, instance: dg.DagsterInstance, graph: Graph) -> None:
        self._instance = instance
        self._graph = graph
        self._newest: dict[str, tuple[str, int]] = {}
        """Newest partition of an asset, and the number of the last event that was looked at."""

    def read(self, now: datetime) -> list[Metric]:
        """Gauges of every asset that was made at least once."""
        age = _gauge("asset_age_seconds", "Time since the asset was last made", "asset", JOB)
        day = _gauge(
            "asset_newest_partition_age_seconds",
            "Time since the start, in Sydney, of the asset's newest day or week",
            *("asset", JOB),
        )
        figures = _gauge(
            "asset_figure", "A number that the asset reported when it was last made", "asset", "figure"
        )
        keys = {dg.AssetKey.from_user_string(name): name for name in self._graph.assets}
        for record in self._instance.get_asset_records(list(keys)):
            name, entry = keys[record.asset_entry.asset_key], record.asset_entry
            made = entry.last_materialization_record
            if made is None:
                continue
            labels = name, self._graph.assets[name]
            age.add_metric(labels, now.timestamp() - made.timestamp)
            newest = self._newest_partition(name, entry.asset_key, made.storage_id)
            if newest is not None:
                start = datetime.combine(date.fromisoformat(newest), time(), ZoneInfo(ZONE))
                day.add_metric(labels, (now - start).total_seconds())
            for figure, value in _figures(made.asset_materialization):
                figures.add_metric((name, figure), value)
        return [age, day, figures]

    def _newest_partition(self, name: str, key: dg.AssetKey, last_event: int) -> str | None:
        newest, seen = self._newest.get(name, ("", 0))
        if last_event > seen:
            # Thousands the first time, then only what was made since.
            made = self._instance.get_materialized_partitions(key, after_cursor=seen or None)
            newest = max(made | {newest})
            self._newest[name] = newest, last_event
        return newest or None


def check_state(instance: dg.DagsterInstance, graph: Graph) -> list[Metric]:
    """Whether each check passed when it last came to an end."""
    passed = _gauge("check_passed", "1 where the check passed when it was last made", "asset", "check")
    keys = {
        dg.AssetCheckKey(dg.AssetKey.from_user_string(asset), check): (asset, check)
        for asset, check in graph.checks
    }
    for key, record in instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys)).items():
        # One that is only planned runs at this moment, or its run failed: the run says so.
        if record.status is not AssetCheckExecutionRecordStatus.PLANNED:
            passed.add_metric(keys[key], record.status is AssetCheckExecutionRecordStatus.SUCCEEDED)
    return [passed]


def _figures(made: dg.AssetMaterialization | None) -> Iterator[tuple[str, float]]:
    metadata = made.metadata if made else {}
    numbers = (
        (name.rpartition("/")[2], value.value)
        for name, value in metadata.items()
        if isinstance(value, dg.IntMetadataValue | dg.FloatMetadataValue) and value.value is not None
    )
    yield from sorted(numbers)[:MOST_FIGURES]


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"meteo_pipeline_{name}", words, labels=labels)

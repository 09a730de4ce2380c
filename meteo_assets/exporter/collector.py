"""The Dagster instance in numbers: how fresh assets are, how runs went, what checks found, who is alive."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import dagster as dg
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meteo_assets.exporter.assets import AssetState, check_state
from meteo_assets.exporter.graph import Graph
from meteo_assets.exporter.running import daemon_state, instigator_state, run_state

log = logging.getLogger(__name__)

KEPT_SECONDS: Final = 10.0
"""However often it is asked, the instance is read no more often than this."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC)


class PipelineState(Collector):
    """Reads the instance by its own interface, so whatever storage it has; a dozen small queries."""

    def __init__(
        self,
        instance: dg.DagsterInstance,
        graph: Graph,
        *,
        now: Clock = utc_now,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._instance = instance
        self._graph = graph
        self._assets = AssetState(instance, graph)
        self._now = now
        self._kept_seconds = kept_seconds
        self._reading = threading.Lock()
        self._read_at: float | None = None
        self._told: list[Metric] = []
        self._trouble: str | None = None

    def collect(self) -> Iterator[Metric]:
        """Values of the last reading, which is some seconds old at most."""
        with self._reading:
            if self._read_at is None or time.monotonic() - self._read_at >= self._kept_seconds:
                self._told = self._read()
                self._read_at = time.monotonic()
            yield from self._told

    def _read(self) -> list[Metric]:
        started, told, readable = time.monotonic(), [], True
        try:
            now = self._now()
            told += self._assets.read(now)
            told += check_state(self._instance, self._graph)
            told += run_state(self._instance, self._graph)
            told += instigator_state(self._instance, self._graph)
            told += daemon_state(self._instance, now)
        except Exception as error:  # each storage has errors of its own, and any of them is news, not the end
            if self._trouble != str(error):
                log.exception("the Dagster instance cannot be read")
            self._trouble, told, readable = str(error), [], False
        else:
            self._trouble = None
        return [
            *told,
            GaugeMetricFamily(
                "meteo_pipeline_readable",
                "1 while the Dagster instance can be read: without it nothing else has a value",
                value=readable,
            ),
            GaugeMetricFamily(
                "meteo_pipeline_read_seconds",
                "How long the last reading of the instance took",
                value=time.monotonic() - started,
            ),
        ]

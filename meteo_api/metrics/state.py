"""Model, log and age of the snapshot at the moment, read when Prometheus asks."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meteo_api.clock import Clock
from meteo_api.model.store import ModelStore
from meteo_api.prediction_log.log import PredictionLog
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.parameters import PARAMETERS


class ServiceState(Collector):
    """Model, snapshot and log. What is not there has no value, so that its absence can be alarmed at."""

    def __init__(
        self, models: ModelStore, snapshots: SnapshotStore, log: PredictionLog, *, now: Clock
    ) -> None:
        self._models = models
        self._snapshots = snapshots
        self._log = log
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Values of this moment."""
        served, world = self._models.current, self._snapshots.current
        yield _gauge(
            "meteo_model_version",
            "Version of meteo-rain in service",
            served and served.version.version,
        )
        yield _gauge(
            "meteo_model_age_seconds",
            "Time since the model in service was registered",
            served and (self._now() - served.version.created_at).total_seconds(),
        )
        yield _gauge(
            "meteo_model_refused",
            "1 while the registry's champion cannot serve and an older version does: the log says why",
            float(self._models.refuses_champion),
        )
        yield _gauge(
            "meteo_snapshot_age_seconds",
            "Time since the snapshot in service was published",
            world and (self._now() - world.created_at).total_seconds(),
        )
        answered = CounterMetricFamily(
            "meteo_predictions",
            "What-if questions that were answered, counted as they are logged",
            labels=("model_version", "route"),
        )
        for (version, route), count in sorted(self._log.answered.copy().items()):
            answered.add_metric((str(version), route), count)
        yield answered
        missing = CounterMetricFamily(
            "meteo_prediction_fields_missing",
            "What-if questions for which a parameter was unknown that could have been used",
            labels=("parameter",),
        )
        # None missing yet is a count too: a rate needs a value before the first.
        for name in PARAMETERS:
            missing.add_metric((name,), self._log.missing[name])
        yield missing
        yield _gauge("meteo_prediction_log_waiting", "Predictions not written yet", self._log.waiting)
        yield CounterMetricFamily(
            "meteo_prediction_log_dropped", "Predictions that could not be logged", value=self._log.dropped
        )


def registry_of(*collectors: Collector) -> CollectorRegistry:
    """A registry of the application's own: two of them in one process do not meet."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


def _gauge(name: str, documentation: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, documentation, value=value)

"""A pipeline of few assets that does what a test wants, and the sensors that look after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from meteo_assets.alerting import alert_store
from meteo_assets.clock import Clock
from meteo_assets.partitions import training_weeks
from meteo_assets.sensors import SENSORS
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert
from meteo_core.jobs import DAILY_JOB, SHADOW_JOB


class SetClock(Clock):
    """A clock that a test holds in its hand."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Watched:
    """The sensors over an instance, as the daemon ticks them."""

    settings: Settings
    instance: dg.DagsterInstance
    repository: dg.RepositoryDefinition
    clock: SetClock = field(default_factory=lambda: SetClock(datetime.now(UTC)))

    def tick(self, name: str) -> Any:
        """What a sensor yields at its tick."""
        self.clock.forward(seconds=1)
        sensor = next(each for each in SENSORS if each.name == name)
        data = sensor.evaluate_tick(
            dg.build_sensor_context(
                instance=self.instance,
                repository_def=self.repository,
                resources={"settings": self.settings, "clock": self.clock},
            )
        )
        return data.run_requests or data.skip_message

    def tick_all(self) -> dict[str, Any]:
        return {sensor.name: self.tick(sensor.name) for sensor in SENSORS}

    def alerts(self) -> list[Alert]:
        with alert_store(self.settings) as store:
            return store.recent(datetime(2000, 1, 1, tzinfo=UTC))

    def open_keys(self) -> list[str]:
        return sorted(alert.key for alert in self.alerts() if alert.is_open)


def materialized(watched: Watched, asset: str, day: str, metadata: dict[str, Any]) -> None:
    """Put on Dagster's record that an asset was made for a day."""
    watched.instance.report_runless_asset_event(
        dg.AssetMaterialization(asset_key=asset, partition=day, metadata=metadata)
    )


@dataclass
class Behaviour:
    """What the small pipeline does next."""

    error: Exception | None = None
    passes: bool = True
    blocking_passes: bool = True
    season_passes: bool = True
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN


def small_pipeline(behaviour: Behaviour) -> dg.RepositoryDefinition:
    """A daily job with one asset, a check that warns and one that stops the run."""

    @dg.asset
    def raw_observations() -> dg.MaterializeResult:
        if behaviour.error is not None:
            raise behaviour.error
        return dg.MaterializeResult(metadata={"documents": 4, "documents_blocked": 0})

    @dg.asset_check(asset=raw_observations)
    def values_are_plausible() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=behaviour.passes, severity=behaviour.severity, metadata={"wrong": 3, "share": 0.1234567}
        )

    @dg.asset_check(asset=raw_observations, blocking=True)
    def the_table_is_whole() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=behaviour.blocking_passes)

    @dg.asset_check(asset=raw_observations)
    def the_weather_looks_like_its_season() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=behaviour.season_passes)

    @dg.asset(deps=[raw_observations])
    def features() -> None:
        pass

    @dg.asset(partitions_def=training_weeks)
    def rain_model() -> None:
        pass

    return dg.Definitions(
        assets=[raw_observations, features, rain_model],
        asset_checks=[values_are_plausible, the_table_is_whole, the_weather_looks_like_its_season],
        jobs=[
            dg.define_asset_job(DAILY_JOB, selection=dg.AssetSelection.assets(raw_observations, features)),
            dg.define_asset_job(SHADOW_JOB, selection=dg.AssetSelection.assets(rain_model)),
        ],
        executor=dg.in_process_executor,
    ).get_repository_def()


@contextmanager
def watching(settings: Settings, repository: dg.RepositoryDefinition) -> Iterator[Watched]:
    """The sensors over a new instance, which retries as the real one does."""
    retries = {"run_retries": {"enabled": True, "max_retries": 1}}
    with dg.DagsterInstance.ephemeral(settings=retries) as instance:
        yield Watched(settings, instance, repository)


def run(watched: Watched, tags: dict[str, str] | None = None) -> dg.ExecuteInProcessResult:
    """One run of the daily job."""
    return watched.repository.get_job(DAILY_JOB).execute_in_process(
        instance=watched.instance, raise_on_error=False, tags=tags
    )

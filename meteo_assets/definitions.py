"""Everything that Dagster loads, in the order in which data flows."""

import dagster as dg

from meteo_assets import (
    drift,
    drift_alarms,
    features,
    forecast,
    model,
    monitoring,
    promotion,
    raw,
    schedules,
    serving,
    upkeep,
    verification,
)
from meteo_assets.clock import Clock
from meteo_assets.freshness import with_deadlines
from meteo_assets.sensors import SENSORS
from meteo_assets.settings import Settings
from meteo_assets.tracking import mlflow_run, registry_of

STAGES = (
    raw,
    features,
    model,
    promotion,
    forecast,
    verification,
    drift,
    drift_alarms,
    serving,
    monitoring,
    upkeep,
)


def build_definitions(settings: Settings) -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors, wired to what the settings name."""
    return dg.Definitions(
        assets=dg.map_asset_specs(with_deadlines, _assets()),
        asset_checks=dg.load_asset_checks_from_modules(STAGES),
        jobs=[
            schedules.daily_job,
            schedules.weekly_job,
            schedules.shadow_job,
            schedules.publish_job,
            schedules.upkeep_job,
        ],
        schedules=[
            schedules.every_morning,
            schedules.every_noon,
            schedules.every_evening,
            schedules.every_sunday,
            schedules.every_night,
        ],
        sensors=list(SENSORS),
        resources={
            "settings": settings,
            "clock": Clock(),
            "warehouse": settings.tables(),
            "registry": registry_of(settings),
            "mlflow": mlflow_run(settings),
        },
        # DuckDB lets one process write: steps of a run share a process.
        executor=dg.in_process_executor,
    )


def _assets() -> list[dg.AssetsDefinition]:
    loaded = dg.load_assets_from_modules(STAGES)
    return [asset for asset in loaded if isinstance(asset, dg.AssetsDefinition)]


@dg.definitions
def definitions() -> dg.Definitions:
    """What `workspace.yaml` points at; the environment is read here, not at import."""
    return build_definitions(Settings())

"""Stage 7 of 7: what the service may know, published at one stroke."""

from datetime import timedelta

import dagster as dg

from meteo_assets.drift import drift_report
from meteo_assets.forecast import forecasts
from meteo_assets.settings import Settings
from meteo_core import serving
from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse import Warehouse

_OBSERVATION_COLUMNS = ("station", "date", *PARAMETERS, "source", "status", "fetched_at")


@dg.asset(
    group_name="serving",
    kinds={"parquet"},
    owners=["team:meteo"],
    deps=[forecasts, drift_report],
    pool="duckdb",
)
def serving_snapshot(
    warehouse: dg.ResourceParam[Warehouse], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult:
    """Forecasts of the last 60 days, the observations behind them, and the newest drift scores."""
    newest = warehouse.query("SELECT max(date) AS day FROM raw.observations")["day"].iloc[0]
    if newest is None or newest != newest:  # NaT where the table is empty
        raise dg.Failure("there are no observations yet: materialize raw_observations first")
    first_observed = newest.date() - timedelta(days=serving.OBSERVATION_DAYS - 1)
    first_forecast = newest.date() - timedelta(days=serving.SERVED_DAYS - 1)

    observations = warehouse.read("raw.observations", first_observed, columns=_OBSERVATION_COLUMNS)
    issued = warehouse.read("forecasts.daily", first_forecast)
    if issued.empty:
        raise dg.Failure(f"there are no forecasts since {first_forecast}: the snapshot before stays current")
    drift = warehouse.query("FROM monitoring.drift WHERE week = (SELECT max(week) FROM monitoring.drift)")
    name = serving.publish(settings.home.serving, observations=observations, forecasts=issued, drift=drift)

    return dg.MaterializeResult(
        metadata={
            "snapshot": name,
            "newest_observation": str(newest.date()),
            "observations": len(observations),
            "forecasts": len(issued),
            "drift_scores": len(drift),
        }
    )


@dg.asset_check(asset=serving_snapshot, blocking=True)
def the_snapshot_is_complete(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The published snapshot can be read back and holds observations and forecasts."""
    name = serving.current_name(settings.home.serving)
    if name is None:
        return dg.AssetCheckResult(passed=False, metadata={"snapshot": "none published"})
    snapshot = serving.read(settings.home.serving, name)
    return dg.AssetCheckResult(
        passed=not snapshot.observations.empty and not snapshot.forecasts.empty,
        metadata={"snapshot": name, "forecasts": len(snapshot.forecasts)},
    )

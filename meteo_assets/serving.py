"""Stage 7 of 7: what the service may know, published at one stroke."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd

from meteo_assets.drift import drift_report
from meteo_assets.drift_alarms import drift_alarms
from meteo_assets.forecast import forecasts
from meteo_assets.promotion import held_out_of
from meteo_assets.settings import Settings
from meteo_assets.verification import forecast_verification
from meteo_core import serving
from meteo_core.model.registry import CARD_FILES, CHAMPION, ModelRegistry
from meteo_core.parameters import PARAMETERS
from meteo_core.verification.published import VERIFIED_DAYS
from meteo_core.verification.rolling import due_forecasts
from meteo_core.warehouse import Warehouse

_OBSERVATION_COLUMNS = ("station", "date", *PARAMETERS, "source", "status", "fetched_at")


@dg.asset(
    group_name="serving",
    kinds={"parquet"},
    owners=["team:meteo"],
    deps=[forecasts, forecast_verification, drift_alarms, drift_report],
    pool="duckdb",
)
def serving_snapshot(
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Forecasts of the last 60 days, the observations behind them, a year of skill, drift and alarms."""
    newest = warehouse.query("SELECT max(date) AS day FROM raw.observations")["day"].iloc[0]
    if newest is None or newest != newest:  # NaT where the table is empty
        raise dg.Failure("there are no observations yet: materialize raw_observations first")
    first_observed = newest.date() - timedelta(days=serving.OBSERVATION_DAYS - 1)
    first_forecast = newest.date() - timedelta(days=serving.SERVED_DAYS - 1)

    observations = warehouse.read("raw.observations", first_observed, columns=_OBSERVATION_COLUMNS)
    first_verified = newest.date() - timedelta(days=VERIFIED_DAYS - 1)
    made = warehouse.read("forecasts.daily", first_verified)
    issued = made[made["date"] >= pd.Timestamp(first_forecast)]
    if issued.empty:
        raise dg.Failure(f"there are no forecasts since {first_forecast}: the snapshot before stays current")
    drift, request_drift = (
        warehouse.query(
            f"FROM {table} "
            f"WHERE week > (SELECT max(week) FROM {table}) - {7 * serving.DRIFT_WEEKS} ORDER BY ALL"
        )
        for table in ("monitoring.drift", "monitoring.request_drift")
    )
    first_alarmed = newest.date() - timedelta(days=serving.ALARM_DAYS - 1)
    alarms = warehouse.read("monitoring.alarms", first_alarmed)
    pairs = warehouse.read("verification.daily", first_verified)
    held_out, cards = _of_champion(registry)
    name = serving.publish(
        settings.home.serving,
        observations=observations,
        forecasts=issued,
        drift=drift,
        request_drift=request_drift,
        alarms=alarms,
        pairs=pairs,
        due=due_forecasts(made, datetime.now(UTC)),
        held_out=held_out,
        cards=cards,
    )

    return dg.MaterializeResult(
        metadata={
            "snapshot": name,
            "newest_observation": str(newest.date()),
            "observations": len(observations),
            "forecasts": len(issued),
            "verified_pairs": len(pairs),
            "drift_scores": len(drift),
            "alarms": len(alarms),
        }
    )


def _of_champion(registry: ModelRegistry) -> tuple[pd.DataFrame | None, dict[str, str]]:
    """What the champion's twins forecast of days held out, and its cards by file name."""
    champion = registry.alias(CHAMPION)
    if champion is None:
        return None, {}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: registry.record(champion, name, Path(folder)) for name in CARD_FILES}
        cards = {name: file.read_text(encoding="utf-8") for name, file in files.items() if file is not None}
        return held_out_of(registry, champion, Path(folder)), cards


@dg.asset_check(asset=serving_snapshot, blocking=True)
def the_snapshot_is_complete(settings: dg.ResourceParam[Settings]) -> dg.AssetCheckResult:
    """The published snapshot can be read back and holds observations and forecasts."""
    name = serving.current_name(settings.home.serving)
    if name is None:
        return dg.AssetCheckResult(passed=False, metadata={"snapshot": "none published"})
    try:
        snapshot = serving.read(settings.home.serving, name)
    except serving.UnusableSnapshot as error:
        return dg.AssetCheckResult(passed=False, metadata={"snapshot": name, "reason": str(error)})
    return dg.AssetCheckResult(
        passed=not snapshot.observations.empty and not snapshot.forecasts.empty,
        metadata={"snapshot": name, "forecasts": len(snapshot.forecasts)},
    )

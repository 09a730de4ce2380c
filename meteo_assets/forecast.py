"""Stage 4 of 7: the chance of rain at every station, issued once and never changed."""

import tempfile
from datetime import timedelta
from pathlib import Path

import dagster as dg

from meteo_assets.features import features
from meteo_assets.metadata import counts, schema
from meteo_assets.model import champion_model
from meteo_assets.partitions import PREDICTORS_LOOK_BACK, WHOLE_RECORD, days_of, observation_days
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.forecasting import ISSUED, make_forecasts
from meteo_core.labels import PREDICTAND
from meteo_core.model.registry import CHAMPION, ModelRegistry
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse

_FORECAST_COLUMNS = {
    "issue": ("string", "Issue time: evening (all of the day observed) or morning"),
    "kind": ("string", "issued on its day, or a hindcast made later"),
    "issued_at": ("timestamp", "When it was made, UTC"),
    "valid_from": ("timestamp", "9 am of the date, station time, as UTC"),
    "valid_to": ("timestamp", "9 am of the next day, station time, as UTC"),
    "p_gt_1_0": ("double", f"Chance of {PREDICTAND.words} in the window"),
    "climatology_gt_1_0": ("double", "The same by station and month alone"),
    "markov_gt_1_0": ("double", "The same by station, month and today's rain"),
    "route": ("string", "full, local or climatology: how much was known"),
    "model_version": ("integer", "Version of meteo-rain that made it"),
    "in_sample": ("boolean", "Whether that version was trained on the outcome: not to be scored"),
}


@dg.asset(
    partitions_def=observation_days,
    group_name="forecast",
    kinds={"duckdb", "xgboost"},
    owners=["team:meteo"],
    deps=[
        dg.AssetDep(features, partition_mapping=PREDICTORS_LOOK_BACK),
        dg.AssetDep(champion_model, partition_mapping=WHOLE_RECORD),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_FORECAST_COLUMNS), "dagster/table_name": "forecasts.daily"},
)
def forecasts(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Chance of more than 1.0 mm from 9 am of the date to 9 am of the next, by the champion.

    A forecast made on its day is issued and stays for ever; days that have passed get hindcasts, marked so.
    Stations whose 3 pm observation is not there yet wait for the next run.
    """
    first, last = days_of(context)
    champion = registry.alias(CHAMPION)
    if champion is None:
        raise dg.Failure("there is no champion yet: materialize rain_model and champion_model first")
    with tempfile.TemporaryDirectory() as workspace:
        model = registry.load(champion.version, Path(workspace))
    window = warehouse.read("features.daily", first - timedelta(days=PREDICTOR_LOOK_BACK_DAYS), last)

    made = make_forecasts(model, window, version=champion.version)
    made = made[made["date"].dt.date >= first]

    added, kept = warehouse.issue_forecasts(made)
    newest = made[made["date"] == made["date"].max()]
    return dg.MaterializeResult(
        metadata={
            "model_version": champion.version,
            "forecasts": len(made),
            "added": added,
            "kept_as_issued": kept,
            "issued_today": int((made["kind"] == ISSUED).sum()),
            "stations_on_newest_day": len(newest),
            "stations_waiting": len(stations()) - len(newest),
            "mean_chance": float(made["p_gt_1_0"].mean()) if len(made) else None,
        }
    )


@dg.asset_check(asset=forecasts, blocking=True)
def chances_lie_between_0_and_1(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Every probability is one, references included, and every window is 23 to 25 hours long."""
    wrong = warehouse.query(
        """
        SELECT count(*) FILTER (NOT (p_gt_1_0 BETWEEN 0 AND 1 AND climatology_gt_1_0 BETWEEN 0 AND 1
                                     AND markov_gt_1_0 BETWEEN 0 AND 1)) AS chances,
               count(*) FILTER (date_diff('hour', valid_from, valid_to) NOT BETWEEN 23 AND 25) AS windows
        FROM forecasts.daily
        """
    ).iloc[0]
    return dg.AssetCheckResult(passed=not wrong.any(), metadata=counts(wrong))

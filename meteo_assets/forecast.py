"""Stage 4 of 7: the chance of rain at every station, issued once and never changed."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from meteo_assets.features import features
from meteo_assets.metadata import counts, schema
from meteo_assets.partitions import PREDICTORS_LOOK_BACK, WHOLE_RECORD, days_of, observation_days
from meteo_assets.promotion import champion_model, held_out_of
from meteo_assets.settings import Settings
from meteo_core.calendar import Issue
from meteo_core.compute.engine import engine
from meteo_core.compute.windows import days_at_once, split
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.forecasting import ISSUED, make_forecasts
from meteo_core.labels import THRESHOLDS
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import CHAMPION, ModelRegistry
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse

_FORECAST_COLUMNS = {
    "issue": ("string", "Issue time: evening (of the day itself) or morning (9 am and the day before)"),
    "kind": ("string", "issued on its day, or a hindcast made later"),
    "issued_at": ("timestamp", "When it was made, UTC"),
    "valid_from": ("timestamp", "9 am of the date, station time, as UTC"),
    "valid_to": ("timestamp", "9 am of the next day, station time, as UTC"),
    **{f"p_{name}": ("double", f"Chance of {rule.words} in the window") for name, rule in THRESHOLDS.items()},
    **{
        f"climatology_{name}": ("double", f"Chance of {rule.words} by station and month alone")
        for name, rule in THRESHOLDS.items()
    },
    **{
        f"markov_{name}": ("double", f"Chance of {rule.words} by station, month and today's rain")
        for name, rule in THRESHOLDS.items()
    },
    "route": ("string", "full, afternoon, local or climatology: how much was known"),
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
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """Chances of rain from 9 am of the date to 9 am of the next, morning and evening, by the champion.

    A forecast made on its day is issued and stays for ever; days that have passed get hindcasts, marked so,
    by the champion's twin where that had not seen the day. Stations whose 9 am or 3 pm observation is not
    there yet wait for the next run.
    """
    first, last = days_of(context)
    champion = registry.alias(CHAMPION)
    if champion is None:
        raise dg.Failure("there is no champion yet: materialize rain_model and champion_model first")
    with tempfile.TemporaryDirectory() as workspace:
        models = registry.load(champion.version, Path(workspace))
        held_out = held_out_of(registry, champion, Path(workspace))
    windows = list(split(first, last, days=days_at_once(len(stations()))))
    look_back = timedelta(days=PREDICTOR_LOOK_BACK_DAYS)
    seen = ((warehouse.read("features.daily", w.first - look_back, w.last), w.first) for w in windows)
    hindcast = partial(_forecasts_of, version=champion.version, issued_at=datetime.now(UTC))

    parts, added, kept = [], 0, 0
    with engine(settings.dask_scheduler) as compute:
        for made in compute.map(hindcast, seen, models, held_out):
            new, old = warehouse.issue_forecasts(made)
            added, kept = added + new, kept + old
            parts.append(made[["station", "date", "issue", "kind", "in_sample", "p_gt_1_0"]])
    made = pd.concat(parts, ignore_index=True)
    newest = made[made["date"] == made["date"].max()]
    return dg.MaterializeResult(
        metadata={
            "model_version": champion.version,
            "forecasts": len(made),
            "added": added,
            "kept_as_issued": kept,
            "issued_today": int((made["kind"] == ISSUED).sum()),
            "newest_day": f"{newest['date'].max():%Y-%m-%d}" if len(newest) else None,
            "stations_on_newest_day": newest["station"].nunique(),
            **{
                f"issued_{issue.value}": int(((newest["issue"] == issue) & (newest["kind"] == ISSUED)).sum())
                for issue in Issue
            },
            **{
                f"stations_waiting_{issue.value}": len(stations()) - int((newest["issue"] == issue).sum())
                for issue in Issue
            },
            "in_sample": int(made["in_sample"].sum()),
            "mean_chance": float(made["p_gt_1_0"].mean()) if len(made) else None,
        }
    )


def _forecasts_of(
    seen: tuple[pd.DataFrame, date], models: RainModels, held_out: pd.DataFrame | None, **how: Any
) -> pd.DataFrame:
    features, first = seen
    return make_forecasts(models, features, since=first, held_out=held_out, **how)


@dg.asset_check(asset=forecasts, blocking=True)
def chances_are_probabilities(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Every chance is one, none grows with the amount, and every window is 23 to 25 hours long."""
    columns = [f"{kind}_{name}" for kind in ("p", "climatology", "markov") for name in THRESHOLDS]
    chances = " AND ".join(f"{column} BETWEEN 0 AND 1" for column in columns)
    falling = " AND ".join(f"p_{less} >= p_{more}" for less, more in pairwise(THRESHOLDS))
    wrong = warehouse.query(
        f"""
        SELECT count(*) FILTER (NOT ({chances})) AS chances,
               count(*) FILTER (NOT ({falling})) AS not_monotone,
               count(*) FILTER (date_diff('hour', valid_from, valid_to) NOT BETWEEN 23 AND 25) AS windows
        FROM forecasts.daily
        """
    ).iloc[0]
    return dg.AssetCheckResult(passed=not wrong.any(), metadata=counts(wrong))

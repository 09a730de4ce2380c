"""Stage 2 of 7: features of each station's day, and what happened after it."""

from datetime import date, timedelta

import dagster as dg
import pandas as pd

from meteo_assets.metadata import counts, schema
from meteo_assets.partitions import (
    FEATURES_LOOK_BACK,
    LABELS_LOOK_AHEAD,
    RELABELLED_DAYS,
    days_of,
    observation_days,
)
from meteo_assets.raw import raw_observations
from meteo_assets.settings import Settings
from meteo_core.compute.engine import engine
from meteo_core.compute.windows import days_at_once, split, with_look_back
from meteo_core.features.daily import FEATURES, LOOK_BACK_DAYS, OBSERVED, OWN_VALUES, features_since
from meteo_core.labels import LABELLED_FROM, PREDICTAND, THRESHOLDS, label_days
from meteo_core.parameters import PARAMETERS
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse

_FEATURE_COLUMNS = {
    **{name: ("double", PARAMETERS[name].description) for name in OWN_VALUES},
    **{feature.name: ("double", f"{feature.description} ({feature.unit})") for feature in FEATURES.values()},
    "feature_version": ("bigint", "Version of the definitions"),
}
_LABEL_COLUMNS = {
    "rain_mm": (
        "double",
        "Rain from 9 am of the date to 9 am of the next day, mm; null where unknown or a total of days",
    ),
    **{rule.name: ("boolean", f"Whether that was {rule.words}") for rule in THRESHOLDS.values()},
}


@dg.asset(
    partitions_def=observation_days,
    group_name="features",
    kinds={"duckdb", "pandas"},
    owners=["team:meteo"],
    deps=[dg.AssetDep(raw_observations, partition_mapping=FEATURES_LOOK_BACK)],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_FEATURE_COLUMNS), "dagster/table_name": "features.daily"},
)
def features(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """Each station's own observations of the day, what follows from them, and its recent past."""
    first, last = days_of(context)
    windows = list(split(first, last, days=days_at_once(len(stations()), least=LOOK_BACK_DAYS)))
    observed = with_look_back(
        lambda begin, end: warehouse.read("raw.observations", begin, end, columns=OBSERVED),
        windows,
        days=LOOK_BACK_DAYS,
    )

    rows, missing = 0, 0.0
    with engine(settings.dask_scheduler) as compute:
        for window, built in zip(windows, compute.map(_features_of, observed), strict=True):
            if window.last == last and not rows and built.empty:
                raise _nothing_observed(first, last)
            warehouse.replace("features.daily", built, window.first, window.last, whole=(first, last))
            rows += len(built)
            missing += float(built[list(OWN_VALUES)].isna().mean(axis=1).sum())
    return dg.MaterializeResult(
        metadata={
            "station_days": rows,
            "columns": len(_FEATURE_COLUMNS),
            "missing_share": missing / rows if rows else None,
        }
    )


def _features_of(observed: tuple[pd.DataFrame, date]) -> pd.DataFrame:
    return features_since(*observed)


@dg.asset(
    partitions_def=observation_days,
    group_name="features",
    kinds={"duckdb", "pandas"},
    owners=["team:meteo"],
    deps=[dg.AssetDep(raw_observations, partition_mapping=LABELS_LOOK_AHEAD)],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_LABEL_COLUMNS), "dagster/table_name": "labels.daily"},
)
def labels(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Outcomes: rain from 9 am of the date to 9 am of the next, and whether it passed each threshold.

    The day before the window is labelled again too: its outcome is the rain of the window's first day.
    Unknown where the next day's rain is, and where it is a total, the day's own reading having been missed.
    """
    first, last = days_of(context)
    first -= timedelta(days=RELABELLED_DAYS)

    rows, known, wet = 0, 0, 0.0
    for window in split(first, last, days=days_at_once(len(stations()))):
        observations = warehouse.read(
            "raw.observations", window.first, window.last + timedelta(days=1), columns=LABELLED_FROM
        )
        outcomes = label_days(observations)
        outcomes = outcomes[outcomes["date"].dt.date <= window.last]
        rows += len(outcomes)
        if window.last == last and not rows:
            raise _nothing_observed(first, last)
        warehouse.replace("labels.daily", outcomes, window.first, window.last)
        outcome = outcomes[PREDICTAND.name].dropna()
        known, wet = known + len(outcome), wet + float(outcome.sum())
    return dg.MaterializeResult(
        metadata={"station_days": rows, "known": known, "wet_share": wet / known if known else None}
    )


def _nothing_observed(first: date, last: date) -> dg.Failure:
    return dg.Failure(f"no observations of {first}..{last}: materialize raw_observations first")


@dg.asset_check(asset=features, blocking=True)
def each_observed_day_has_features(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Every observed station day from the first featured one to the last has features, and has them once."""
    found = warehouse.query(
        """
        WITH span AS (SELECT min(date) AS first, max(date) AS last FROM features.daily)
        SELECT count(*) FILTER (feature.station IS NULL) AS without_features,
               count(*) - count(DISTINCT (observed.station, observed.date)) AS more_than_once
        FROM raw.observations AS observed
        JOIN span ON observed.date BETWEEN span.first AND span.last
        LEFT JOIN features.daily AS feature USING (station, date)
        """
    ).iloc[0]
    return dg.AssetCheckResult(passed=not found.any(), metadata=counts(found))


@dg.asset_check(asset=labels, blocking=True)
def labels_follow_the_calendar(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Every label is the final rain of the next calendar day, never that of a later row nor a total.

    So is whether it met each threshold.
    """
    outcomes = " ".join(
        f"OR label.{name} IS DISTINCT FROM (label.rain_mm {rule.comparison} {rule.millimetres})"
        for name, rule in THRESHOLDS.items()
    )
    wrong = warehouse.query(
        f"""
        SELECT count(*) AS wrong
        FROM labels.daily AS label
        LEFT JOIN raw.observations AS after
          ON after.station = label.station AND after.date = label.date + INTERVAL 1 DAY
         AND after.status = 'final'
        LEFT JOIN raw.observations AS own ON own.station = label.station AND own.date = label.date
        WHERE label.rain_mm IS DISTINCT FROM after.rainfall AND label.rain_mm IS NOT NULL
           OR label.rain_mm IS NOT NULL AND own.rainfall IS NULL
           {outcomes}
        """
    )["wrong"]
    return dg.AssetCheckResult(passed=int(wrong.iloc[0]) == 0, metadata={"wrong_labels": int(wrong.iloc[0])})

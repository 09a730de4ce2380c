"""Stage 2 of 7: features of each station's day, and what happened after it."""

import dagster as dg

from meteo_assets.metadata import counts, schema
from meteo_assets.partitions import FEATURES_LOOK_BACK, LABELS_LOOK_AHEAD, days_of, observation_days
from meteo_assets.raw import raw_observations
from meteo_assets.settings import Settings
from meteo_core.compute.engine import engine
from meteo_core.daily_tables import make_features, make_labels
from meteo_core.features.daily import FEATURES, OWN_VALUES
from meteo_core.labels import THRESHOLDS
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
    with engine(settings.dask_scheduler) as compute:
        made = make_features(warehouse, first, last, stations=len(stations()), compute=compute)
    return dg.MaterializeResult(
        metadata={
            "station_days": made.station_days,
            "columns": len(_FEATURE_COLUMNS),
            "missing_share": made.missing_share,
        }
    )


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
    made = make_labels(warehouse, *days_of(context), stations=len(stations()))
    return dg.MaterializeResult(
        metadata={
            "station_days": made.station_days,
            "known": made.known,
            "wet_share": made.wet / made.known if made.known else None,
        }
    )


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

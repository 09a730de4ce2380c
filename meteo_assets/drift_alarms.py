"""Stage 6 of 7: the alarms of each day, for people to be told of."""

from datetime import timedelta

import dagster as dg

from meteo_assets.features import features
from meteo_assets.metadata import markdown_table, schema
from meteo_assets.partitions import days_of, observation_days
from meteo_assets.verification import forecast_verification
from meteo_core.drift.active import ACTIVE_ALARMS, ONE_EPISODE, active_alarms
from meteo_core.drift.alarms import KINDS, alarm_table, episodes
from meteo_core.drift.hard import rejection_alarms, spell_alarms
from meteo_core.parameters import NUMBERS
from meteo_core.quality.suspicions import LOOK_BACK_DAYS
from meteo_core.warehouse import Warehouse

TABLE = "monitoring.alarms"
_COLUMNS = {
    "kind": ("string", "pooled, station, hard or skill"),
    "parameter": ("string", "Name in the parameter table; of skill, what was scored"),
    "score": ("double", "What was measured"),
    "threshold": ("double", "What may be reached without an alarm"),
}


@dg.asset(
    partitions_def=observation_days,
    group_name="drift",
    kinds={"duckdb", "pandas"},
    owners=["team:meteo"],
    deps=[features, forecast_verification],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_COLUMNS), "dagster/table_name": TABLE},
)
def drift_alarms(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Alarms that are active on each day: stuck sensors, blocked gauges, impossible values.

    A row for each day: days in succession of the same kind, station and parameter are one alarm.
    """
    first, last = days_of(context)
    observations = warehouse.read(
        "raw.observations",
        first - timedelta(days=LOOK_BACK_DAYS),
        last,
        columns=["station", "date", *NUMBERS],
    )
    findings = warehouse.read("raw.quarantine", first, last)

    alarms = alarm_table([spell_alarms(observations, first=first), rejection_alarms(findings, observations)])

    # A day without alarms is an answer.
    warehouse.replace(TABLE, alarms, first, last, may_be_emptied=True)
    told = episodes(alarms).sort_values("last", ascending=False)
    return dg.MaterializeResult(
        metadata={
            "alarms": len(told),
            "active": int((told["last"].dt.date == last).sum()),
            **{f"days_{kind}": int((alarms["kind"] == kind).sum()) for kind in KINDS},
            ACTIVE_ALARMS: active_alarms(warehouse.read(TABLE, last - ONE_EPISODE, last), last),
            "newest": markdown_table(
                ["kind", "station", "parameter", "first", "last"],
                [
                    (
                        row.kind,
                        row.station or "all",
                        row.parameter,
                        f"{row.first:%Y-%m-%d}",
                        f"{row.last:%Y-%m-%d}",
                    )
                    for row in told.head(20).itertuples()
                ],
            ),
        }
    )

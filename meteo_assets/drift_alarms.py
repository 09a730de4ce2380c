"""Stage 6 of 7: the alarms of each day, for people to be told of."""

import math
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pandas as pd

from meteo_assets.metadata import markdown_table, schema
from meteo_assets.partitions import days_of, observation_days
from meteo_assets.promotion import held_out_of
from meteo_assets.raw import raw_observations
from meteo_assets.verification import forecast_verification
from meteo_core.drift.active import ACTIVE_ALARMS, ONE_EPISODE, active_alarms
from meteo_core.drift.alarms import KINDS, alarm_table, episodes, no_alarms
from meteo_core.drift.hard import rejection_alarms, spell_alarms
from meteo_core.drift.replay import watch_by_year
from meteo_core.drift.skill import expected_scores, skill_alarms
from meteo_core.drift.thresholds import threshold_table
from meteo_core.model.registry import CHAMPION, ModelRegistry
from meteo_core.parameters import NUMBERS
from meteo_core.quality.suspicions import LOOK_BACK_DAYS
from meteo_core.serving import ALARM_DAYS
from meteo_core.verification.rolling import WINDOWS, due_forecasts
from meteo_core.warehouse import Warehouse

TABLE = "monitoring.alarms"
THRESHOLDS = "monitoring.drift_thresholds"
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
    deps=[raw_observations, forecast_verification],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_COLUMNS), "dagster/table_name": TABLE},
)
def drift_alarms(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Alarms active on each day: drift of a station or of all, stuck sensors, impossible values, lost skill.

    A row for each day: days in succession of the same kind, station and parameter are one alarm. Each year is
    measured against thresholds fitted to the days before it, in `monitoring.drift_thresholds`; with too few
    years there are none of drift, and no such alarms.
    """
    first, last = days_of(context)
    observations = warehouse.read("raw.observations", None, last, columns=["station", "date", *NUMBERS])
    recent = observations[observations["date"] >= pd.Timestamp(first - timedelta(days=LOOK_BACK_DAYS))]
    findings = warehouse.read("raw.quarantine", first, last)

    watched = dict(watch_by_year(observations, first, last))
    alarms = alarm_table(
        [
            *(each.alarms for each in watched.values()),
            spell_alarms(recent, first=first),
            rejection_alarms(findings, recent),
            _lost_skill(warehouse, registry, first, last),
        ]
    )

    for year, each in watched.items():
        table = threshold_table(each.thresholds, judged_from=year)
        warehouse.replace(THRESHOLDS, table, year, year, may_be_emptied=True)
    # A day without alarms is an answer.
    warehouse.replace(TABLE, alarms, first, last, may_be_emptied=True)
    told = episodes(alarms).sort_values("last", ascending=False)
    return dg.MaterializeResult(
        metadata={
            "alarms": len(told),
            "thresholds_without_enough_data": sum(
                math.isnan(threshold.value) for each in watched.values() for threshold in each.thresholds
            ),
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


def _lost_skill(warehouse: Warehouse, registry: ModelRegistry, first: date, last: date) -> pd.DataFrame:
    """Alarms of skill on those of these days that are among the last `ALARM_DAYS` observed.

    What is expected is expected of the champion of now, which says nothing of days long ago.
    """
    newest = warehouse.query("SELECT max(date) AS day FROM raw.observations")["day"].iloc[0]
    since = max(first, newest.date() - timedelta(days=ALARM_DAYS - 1)) if pd.notna(newest) else first
    read_from = since - timedelta(days=max(WINDOWS) + 1)
    pairs = warehouse.read("verification.daily", read_from, last)
    if since > last or pairs.empty:
        return no_alarms()
    champion = registry.alias(CHAMPION)
    if champion is None:
        return no_alarms()
    with tempfile.TemporaryDirectory() as folder:
        expectation = expected_scores(held_out_of(registry, champion, Path(folder)))
    due = due_forecasts(warehouse.read("forecasts.daily", read_from, last), datetime.now(UTC))
    return skill_alarms(pairs, due, expectation, [day.date() for day in pd.date_range(since, last)])

"""Beside the stages: what the service was asked, collected from its database into the warehouse."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd

from meteo_assets.metadata import schema
from meteo_assets.partitions import ZONE, days_of, observation_days
from meteo_assets.settings import Settings
from meteo_core.prediction_log import PredictionRequests
from meteo_core.warehouse import Warehouse

TABLE = "monitoring.prediction_requests"
KEY = ("id", "asked_at")
_COLUMNS = {
    "id": ("bigint", "Number of the row in the service database"),
    "asked_at": ("timestamp", "When it was answered, UTC"),
    "day": ("date", "Day in Sydney on which it was answered: the partition"),
    "user_id": ("bigint", "Who asked, by number"),
    "issue": ("string", "Issue time: evening or morning"),
    "model_version": ("integer", "Version of meteo-rain that answered"),
    "snapshot": ("string", "Serving snapshot that it was answered from"),
    "route": ("string", "Variant of the model, or climatology"),
    "inputs": ("json", "Parameters as given, in the units of the parameter table"),
    "missing": ("json", "Parameters that were usable and unknown"),
    "p_gt_1_0": ("double", "Chance of more than 1.0 mm that was answered, 0 to 1"),
}


@dg.asset(
    partitions_def=observation_days,
    group_name="monitoring",
    kinds={"sql", "duckdb"},
    owners=["team:meteo"],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_COLUMNS), "dagster/table_name": TABLE},
)
def prediction_requests(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """What-if questions that the service answered on a day in Sydney, each once however often this runs.

    Rows of the service database that are here already and older than `METEO_PREDICTION_LOG_DAYS` days are
    removed from it.
    """
    first, last = days_of(context)
    with closing(PredictionRequests(settings.service_database_url)) as service:
        if not service.is_there():
            return dg.MaterializeResult(
                metadata={"collected": 0, "service_database": "There is none yet: nothing was asked."}
            )
        collected = sum(_collect(service, warehouse, day) for day in _days_asked(service, first, last))
        horizon = datetime.now(UTC) - timedelta(days=settings.prediction_log_days)
        removed, kept_back = _clear(service, warehouse, before=horizon)
    held = warehouse.query(f"SELECT count(*) AS rows FROM {TABLE} WHERE day BETWEEN ? AND ?", [first, last])
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": int(held["rows"].iloc[0]),
            "collected": collected,
            "removed_from_service": removed,
            "old_and_not_collected": kept_back,
        }
    )


def _days_asked(service: PredictionRequests, first: date, last: date) -> Iterator[date]:
    """Days of a range from the first to the last on which anything was asked: empty years cost nothing."""
    span = service.span(_midnight(first), _midnight(last + timedelta(days=1)))
    if span is not None:
        day, end = (moment.astimezone(ZoneInfo(ZONE)).date() for moment in span)
        while day <= end:
            yield day
            day += timedelta(days=1)


def _collect(service: PredictionRequests, warehouse: Warehouse, day: date) -> int:
    """Add what the warehouse has not of a day's questions; give their number."""
    start, end = _midnight(day), _midnight(day + timedelta(days=1))
    there = service.extent(start, end)
    held = warehouse.query(
        f"SELECT count(*) AS rows, max(asked_at) AS last FROM {TABLE} WHERE day = ?", [day]
    ).iloc[0]
    # Rows never change: as many up to the same moment are the same. Where there are none, none are new.
    if there[0] == 0 or there == (held["rows"], held["last"]):
        return 0
    return warehouse.add_new(TABLE, lambda: _of_day(service, day, start, end), key=KEY)


def _of_day(service: PredictionRequests, day: date, start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
    for rows in service.read(start, end):
        yield rows.assign(day=day)


def _clear(service: PredictionRequests, warehouse: Warehouse, *, before: datetime) -> tuple[int, int]:
    """Remove old rows that are in the warehouse; give how many, and how many old ones are not in it."""
    removed = kept_back = 0
    for old in service.keys_before(before):
        ids = warehouse.known(TABLE, old, key=KEY)["id"].tolist()
        service.remove(ids)
        removed += len(ids)
        kept_back += len(old) - len(ids)
    return removed, kept_back


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(ZONE))

"""All partitions, and how the partitions of one asset lean on those of another."""

from datetime import date

import dagster as dg

from meteo_core.daily_tables import RELABELLED_DAYS
from meteo_core.features.daily import LOOK_BACK_DAYS
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.jobs import FIRST_DAY, FIRST_WEEK, WEEK_LESS_A_DAY, ZONE

observation_days = dg.DailyPartitionsDefinition(
    start_date=FIRST_DAY.isoformat(),
    timezone=ZONE,
    # Today is a partition: tonight's forecast needs today's observations.
    end_offset=1,
)
training_weeks = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(), timezone=ZONE, day_offset=0, minute_offset=0
)


def _daily_look(*, back: int = 0, ahead: int = 0) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(
        start_offset=-back, end_offset=ahead, allow_nonexistent_upstream_partitions=True
    )


FEATURES_LOOK_BACK = _daily_look(back=LOOK_BACK_DAYS)
LABELS_LOOK_AHEAD = _daily_look(ahead=1)
RELABELLED = _daily_look(back=RELABELLED_DAYS)
PREDICTORS_LOOK_BACK = _daily_look(back=PREDICTOR_LOOK_BACK_DAYS)
WHOLE_RECORD = dg.AllPartitionMapping()


def days_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """First and last day of a daily partition or range, both included."""
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def week_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """First and last day of a weekly partition, both included."""
    first = date.fromisoformat(context.partition_key)
    return first, first + WEEK_LESS_A_DAY

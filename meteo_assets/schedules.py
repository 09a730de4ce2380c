"""When the pipeline runs: mornings over the last month, evenings for tonight, Sundays to learn."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from meteo_assets.drift import drift_report
from meteo_assets.features import features, labels
from meteo_assets.forecast import forecasts
from meteo_assets.model import rain_model
from meteo_assets.partitions import FIRST_DAY, ZONE, week_containing
from meteo_assets.promotion import champion_model, model_comparison
from meteo_assets.raw import raw_observations
from meteo_assets.serving import serving_snapshot
from meteo_assets.verification import forecast_verification

REREAD_DAYS: Final = 31
"""Days read again each morning: sources revise, and holes of an outage fill themselves."""
RUNNING: Final = dg.DefaultScheduleStatus.RUNNING
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"

daily_job = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.assets(
        raw_observations, features, labels, forecasts, forecast_verification, serving_snapshot
    ),
    description="Observations, features, labels, forecasts, verification and snapshot, of a day or a range.",
)
weekly_job = dg.define_asset_job(
    "weekly",
    selection=dg.AssetSelection.assets(rain_model, drift_report, model_comparison, champion_model),
    description="Report drift, train a challenger, compare it with the champion, promote it if it earned it.",
)
publish_job = dg.define_asset_job(
    "publish",
    selection=dg.AssetSelection.assets(serving_snapshot),
    description="Publish what the service may know.",
)


def range_tags(first: date, last: date) -> Mapping[str, str]:
    """Tags that make one run of a range of daily partitions."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def _today(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.astimezone(ZoneInfo(ZONE)).date()


@dg.schedule(
    description="10:30 Sydney time: read the last month again, issue the morning's forecast in the east",
    job=daily_job,
    cron_schedule="30 10 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 10:30 Sydney time, after the 9 am observations: the last month, today and revisions included."""
    today = _today(context)
    first = max(FIRST_DAY, today - timedelta(days=REREAD_DAYS - 1))
    return dg.RunRequest(run_key=f"morning-{today}", tags=dict(range_tags(first, today)))


@dg.schedule(
    description="12:30 Sydney time: issue the morning's forecast where 9 am has passed since 10:30",
    job=daily_job,
    cron_schedule="30 12 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_noon(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 12:30 Sydney time, when 9 am has passed in Perth too: today, to issue the last morning forecasts."""
    today = _today(context)
    return dg.RunRequest(run_key=f"noon-{today}", partition_key=today.isoformat())


@dg.schedule(
    description="19:30 Sydney time: read today's observations and issue tonight's forecast",
    job=daily_job,
    cron_schedule="30 19 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_evening(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 19:30 Sydney time, when 3 pm has passed in Perth too: today, to issue tonight's forecast."""
    today = _today(context)
    return dg.RunRequest(run_key=f"evening-{today}", partition_key=today.isoformat())


@dg.schedule(
    description="Sunday 13:00: report drift, train on the week that has ended, compare, promote if earned",
    job=weekly_job,
    cron_schedule="0 13 * * 0",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_sunday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 13:00 on Sunday: the week that ended yesterday."""
    week = week_containing(_today(context) - timedelta(days=1))
    return dg.RunRequest(run_key=f"week-{week}", partition_key=week)

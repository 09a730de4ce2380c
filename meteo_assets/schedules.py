"""When the pipeline runs: mornings over the last month, evenings for tonight, Sundays to learn."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg

from meteo_assets.drift import drift_report
from meteo_assets.features import features, labels
from meteo_assets.forecast import forecasts
from meteo_assets.model import champion_model, rain_model
from meteo_assets.partitions import FIRST_DAY, ZONE, week_containing
from meteo_assets.raw import raw_observations
from meteo_assets.serving import serving_snapshot

REREAD_DAYS: Final = 31
"""Days read again each morning: sources revise, and holes of an outage fill themselves."""
RUNNING: Final = dg.DefaultScheduleStatus.RUNNING
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"

daily_job = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.assets(raw_observations, features, labels, forecasts, serving_snapshot),
    description="Observations, features, labels, forecasts and the snapshot of a day or a range of days.",
)
weekly_job = dg.define_asset_job(
    "weekly",
    selection=dg.AssetSelection.assets(rain_model, champion_model, drift_report),
    description="Train a challenger, check it, promote it if it passes, and report drift.",
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
    description="10:30 Sydney time: read the month up to yesterday again, revisions included",
    job=daily_job,
    cron_schedule="30 10 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 10:30 Sydney time, after the 9 am observations: the month up to yesterday, revisions included."""
    yesterday = _today(context) - timedelta(days=1)
    first = max(FIRST_DAY, yesterday - timedelta(days=REREAD_DAYS - 1))
    return dg.RunRequest(run_key=f"morning-{yesterday}", tags=dict(range_tags(first, yesterday)))


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
    description="Sunday noon: train, check and promote a model of the week that has ended; report drift",
    job=weekly_job,
    cron_schedule="0 12 * * 0",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_sunday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At Sunday noon: the week that ended yesterday."""
    week = week_containing(_today(context) - timedelta(days=1))
    return dg.RunRequest(run_key=f"week-{week}", partition_key=week)

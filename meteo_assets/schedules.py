"""When the pipeline runs: mornings over the last month, evenings for tonight, Sundays to learn."""

from datetime import date, timedelta
from typing import Final

import dagster as dg

from meteo_assets.drift import drift_report
from meteo_assets.drift_alarms import drift_alarms
from meteo_assets.features import features, labels
from meteo_assets.forecast import forecasts
from meteo_assets.model import rain_model
from meteo_assets.monitoring import prediction_requests
from meteo_assets.promotion import champion_model, model_comparison
from meteo_assets.raw import raw_observations
from meteo_assets.serving import serving_snapshot
from meteo_assets.upkeep import warehouse_upkeep
from meteo_assets.verification import forecast_verification
from meteo_core.jobs import (
    DAILY_JOB,
    FIRST_DAY,
    PUBLISH_JOB,
    SHADOW_JOB,
    UPKEEP_JOB,
    WEEKLY_JOB,
    ZONE,
    last_complete_week,
    range_tags,
    today,
)

REREAD_DAYS: Final = 31
"""Days read again each morning: sources revise, and holes of an outage fill themselves."""
RUNNING: Final = dg.DefaultScheduleStatus.RUNNING

daily_job = dg.define_asset_job(
    DAILY_JOB,
    selection=dg.AssetSelection.assets(
        raw_observations,
        features,
        labels,
        forecasts,
        forecast_verification,
        drift_alarms,
        serving_snapshot,
        prediction_requests,
    ),
    description="Observations, features, labels, forecasts, verification, alarms and snapshot of a day or a "
    "range, and what the service was asked then.",
)
weekly_job = dg.define_asset_job(
    WEEKLY_JOB,
    selection=dg.AssetSelection.assets(rain_model, drift_report, model_comparison, champion_model),
    description="Report drift, train a challenger, compare it with the champion, promote it if it earned it.",
)
shadow_job = dg.define_asset_job(
    SHADOW_JOB,
    selection=dg.AssetSelection.assets(rain_model, model_comparison),
    description="What drift asks for: train a challenger and compare it with the champion, which stays.",
)
publish_job = dg.define_asset_job(
    PUBLISH_JOB,
    selection=dg.AssetSelection.assets(serving_snapshot),
    description="Publish what the service may know.",
)
upkeep_job = dg.define_asset_job(
    UPKEEP_JOB,
    selection=dg.AssetSelection.assets(warehouse_upkeep),
    description="Merge small files of the warehouse and drop its old snapshots; little in a single file.",
)


def _today(context: dg.ScheduleEvaluationContext) -> date:
    return today(context.scheduled_execution_time)


@dg.schedule(
    description="10:30 Sydney time: read the last month again, issue the morning's forecast in the east",
    job=daily_job,
    cron_schedule="30 10 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 10:30 Sydney time, after the 9 am observations: the last month, today and revisions included."""
    day = _today(context)
    first = max(FIRST_DAY, day - timedelta(days=REREAD_DAYS - 1))
    return dg.RunRequest(run_key=f"morning-{day}", tags=dict(range_tags(first, day)))


@dg.schedule(
    description="12:30 Sydney time: issue the morning's forecast where 9 am has passed since 10:30",
    job=daily_job,
    cron_schedule="30 12 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_noon(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 12:30 Sydney time, when 9 am has passed in Perth too: today, to issue the last morning forecasts."""
    day = _today(context)
    return dg.RunRequest(run_key=f"noon-{day}", partition_key=day.isoformat())


@dg.schedule(
    description="19:30 Sydney time: read today's observations and issue tonight's forecast",
    job=daily_job,
    cron_schedule="30 19 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_evening(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 19:30 Sydney time, when 3 pm has passed in Perth too: today, to issue tonight's forecast."""
    day = _today(context)
    return dg.RunRequest(run_key=f"evening-{day}", partition_key=day.isoformat())


@dg.schedule(
    description="Sunday 13:00: report drift, train on the week that has ended, compare, promote if earned",
    job=weekly_job,
    cron_schedule="0 13 * * 0",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_sunday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 13:00 on Sunday: the week that ended yesterday."""
    week = last_complete_week(_today(context))
    return dg.RunRequest(run_key=f"week-{week}", partition_key=week)


@dg.schedule(
    description="4:00 Sydney time: merge small files of the warehouse, drop its old snapshots",
    job=upkeep_job,
    cron_schedule="0 4 * * *",
    execution_timezone=ZONE,
    default_status=RUNNING,
)
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """At 4:00 Sydney time, when no other schedule runs."""
    return dg.RunRequest(run_key=f"upkeep-{_today(context)}")

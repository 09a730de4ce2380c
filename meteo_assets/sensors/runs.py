"""Alerts of failed runs."""

from datetime import datetime
from typing import Final

import dagster as dg

from meteo_assets.alerting import Links
from meteo_assets.clock import Clock
from meteo_assets.sensors.findings import Findings, in_words, put_on_record, shortened
from meteo_assets.sensors.finished_runs import ended_at, failure_of, finished_runs, is_of_check, is_of_source
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.jobs import (
    DAILY_JOB,
    PARTITION,
    PUBLISH_JOB,
    RANGE_END,
    RANGE_START,
    SHADOW_JOB,
    UPKEEP_JOB,
    WEEKLY_JOB,
)

JOBS: Final = (DAILY_JOB, WEEKLY_JOB, PUBLISH_JOB, SHADOW_JOB, UPKEEP_JOB)


@dg.sensor(
    description=f"An alert when a run of {', '.join(JOBS)} has failed and its retries too; all clear when "
    "the job succeeds again. What a blocking check stopped, and what the source did not give, is told by the "
    "other sensors.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failed_run_alerts(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    clock: dg.ResourceParam[Clock],
) -> dg.SkipReason:
    """Look at the newest finished runs of each job."""
    at = clock.now()
    findings = failed_runs(context.instance, Links.of(settings), at)
    return dg.SkipReason(in_words(put_on_record(settings, Kind.FAILED_RUN, findings, at)))


def failed_runs(instance: dg.DagsterInstance, links: Links, at: datetime) -> Findings:
    """Jobs whose newest run failed, and those that are well again."""
    troubles, well = [], {}
    for job in JOBS:
        runs = finished_runs(instance, job, at)
        if not runs.failed:
            if runs.succeeded is not None:
                well[f"{Kind.FAILED_RUN}:{job}"] = f"run {runs.succeeded.dagster_run.run_id[:8]} succeeded"
            continue
        run = runs.failed[0].dagster_run
        failure = failure_of(instance, run)
        if runs.retried or is_of_check(failure) or is_of_source(failure):
            continue
        troubles.append(
            Trouble(
                kind=Kind.FAILED_RUN,
                subject=job,
                title=f"The run of the job {job} failed",
                what=shortened(str(failure)),
                where=f"job {job}, {_days(run)}",
                since=ended_at(runs.failed[-1]),
                link=links.run(run.run_id),
            )
        )

    def over(alert: Alert) -> str | None:
        return well.get(alert.key)

    return Findings(troubles, over)


def _days(run: dg.DagsterRun) -> str:
    first = run.tags.get(RANGE_START)
    if first is not None:
        return f"{first} to {run.tags[RANGE_END]}"
    return run.tags.get(PARTITION, "no partition")

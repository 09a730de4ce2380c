"""Runs, schedules and daemons: how they went, and whether they still go."""

from datetime import datetime
from typing import Final

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from meteo_assets.exporter.graph import JOB, Graph

_ENDED: Final = {
    "success": [dg.DagsterRunStatus.SUCCESS],
    "failure": [dg.DagsterRunStatus.FAILURE],
    "canceled": [dg.DagsterRunStatus.CANCELED],
}
_STATUSES: Final = {
    **_ENDED,
    "queued": [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED],
    "in progress": [
        *(dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING),
        dg.DagsterRunStatus.MANAGED,
    ],
}


def run_state(instance: dg.DagsterInstance, graph: Graph) -> list[Metric]:
    """Number of runs of each job by outcome; how and when the last of them ended."""
    runs = _gauge("runs", "Runs on record, by outcome", JOB, "status")
    succeeded = _gauge("last_run_succeeded", "1 where the last run that ended was a success", JOB)
    ended = _gauge("last_run_end_timestamp_seconds", "When the last run ended", JOB, "status")
    took = _gauge("last_run_duration_seconds", "How long the last successful run took", JOB)
    for job in graph.jobs:
        for status, kinds in _STATUSES.items():
            chosen = dg.RunsFilter(job_name=job, statuses=kinds)
            runs.add_metric((job, status), instance.get_runs_count(chosen))
        ends: dict[str, float] = {}
        for status, kinds in _ENDED.items():
            newest = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=kinds), limit=1)
            if not newest or newest[0].end_time is None:
                continue
            ends[status] = newest[0].end_time
            ended.add_metric((job, status), newest[0].end_time)
            if status == "success" and newest[0].start_time is not None:
                took.add_metric((job,), newest[0].end_time - newest[0].start_time)
        # Whoever cancels a run knows: that is neither.
        judged = {status: end for status, end in ends.items() if status != "canceled"}
        if judged:
            succeeded.add_metric((job,), max(judged, key=lambda status: judged[status]) == "success")
    return [runs, succeeded, ended, took]


def instigator_state(instance: dg.DagsterInstance, graph: Graph) -> list[Metric]:
    """Whether each schedule and sensor is switched on."""
    on = _gauge("instigator_running", "1 while the schedule or sensor is switched on", "name", "kind")
    switched = {
        state.instigator_name: state.status is InstigatorStatus.RUNNING
        for state in instance.all_instigator_state()
        if state.status in (InstigatorStatus.RUNNING, InstigatorStatus.STOPPED)
    }
    for name, (kind, by_default) in graph.instigators.items():
        on.add_metric((name, kind), switched.get(name, by_default))
    return [on]


def daemon_state(instance: dg.DagsterInstance, now: datetime) -> list[Metric]:
    """When each part of the daemon was last heard of, and whether it said that something failed."""
    age = _gauge("daemon_heartbeat_age_seconds", "Time since the daemon was last heard of", "daemon")
    errors = _gauge("daemon_errors", "Errors that the daemon's last heartbeat told of", "daemon")
    required = set(instance.get_required_daemon_types())
    for kind, beat in instance.get_daemon_heartbeats().items():
        if kind in required:
            age.add_metric((kind.lower(),), now.timestamp() - beat.timestamp)
            errors.add_metric((kind.lower(),), len(beat.errors or ()))
    return [age, errors]


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"meteo_pipeline_{name}", words, labels=labels)

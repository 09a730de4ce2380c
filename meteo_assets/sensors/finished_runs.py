"""How the newest runs of a job ended, retries counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg
from dagster import DagsterRun, RunRecord

from meteo_assets.failures import Failure, first_failure

LOOKED_BACK: Final = 50
"""Runs of a job that are looked at, for when the trouble began."""
RETRY_COMES_WITHIN: Final = timedelta(hours=1)
"""A retry that was promised and is not there by then does not come."""
_FINISHED: Final = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
_FAILURES: Final = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
_SOURCE_GAVE_NOTHING: Final = {"source", "documents", "documents_refused"}


@dataclass(frozen=True)
class FinishedRuns:
    """The newest finished runs of a job: those who were cancelled say nothing of how it is."""

    failed: Sequence[RunRecord]
    """Failed since the last success, newest first."""
    succeeded: RunRecord | None
    """The last success."""
    retried: bool
    """Whether the newest failure has a retry before it, and nothing is decided."""


def finished_runs(instance: dg.DagsterInstance, job: str, at: datetime) -> FinishedRuns:
    """How this job is, as far as its newest runs tell."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=_FINISHED), limit=LOOKED_BACK)
    failed: list[RunRecord] = []
    for record in records:
        if record.dagster_run.status is dg.DagsterRunStatus.SUCCESS:
            break
        failed.append(record)
    success = records[len(failed)] if len(failed) < len(records) else None
    return FinishedRuns(failed, success, bool(failed) and _has_a_retry(instance, failed[0], at))


def ended_at(record: RunRecord) -> datetime:
    """When the run ended."""
    if record.end_time is None:
        return record.update_timestamp.replace(tzinfo=UTC)
    return datetime.fromtimestamp(record.end_time, UTC)


def failure_of(instance: dg.DagsterInstance, run: DagsterRun) -> Failure:
    """Why the run failed, as far as it said so."""
    entries = instance.all_logs(run.run_id, of_type=_FAILURES)
    failure = first_failure(entry.dagster_event for entry in entries if entry.dagster_event)
    return failure or Failure(run.job_name, "", "it failed without saying why", {})


def is_of_source(failure: Failure) -> bool:
    """Whether the source gave no document at all: told of as such."""
    said = failure.metadata
    return said.keys() >= _SOURCE_GAVE_NOTHING and said["documents"] == 0 and said["documents_refused"] > 0


def is_of_check(failure: Failure) -> bool:
    """Whether a blocking check stopped the run: told of as a failed check."""
    return failure.error == "DagsterAssetCheckFailedError"


def _has_a_retry(instance: dg.DagsterInstance, record: RunRecord, at: datetime) -> bool:
    run = record.dagster_run
    if run.is_complete_and_waiting_to_retry:
        return at - ended_at(record) < RETRY_COMES_WITHIN
    launched = run.tags.get("dagster/auto_retry_run_id")
    retry = instance.get_run_by_id(launched) if launched else None
    # A finished retry is a newer run than this, and decides.
    return retry is not None and not retry.is_finished

"""Runs as clients see them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from meteo_api.runs.wanted import Job
from meteo_core import jobs


class Status(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELING = "canceling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)


_STATUS: Final[Mapping[str, Status]] = {
    "QUEUED": Status.QUEUED,
    "NOT_STARTED": Status.QUEUED,
    "MANAGED": Status.QUEUED,
    "STARTING": Status.STARTING,
    "STARTED": Status.RUNNING,
    "CANCELING": Status.CANCELING,
    "SUCCESS": Status.SUCCEEDED,
    "FAILURE": Status.FAILED,
    "CANCELED": Status.CANCELED,
}
UNFINISHED: Final = tuple(name for name, status in _STATUS.items() if not status.has_ended)
"""Dagster's words for runs that have not ended."""
_ASKED_AS: Final = {jobs.DAILY_JOB: Job.INGEST, jobs.WEEKLY_JOB: Job.TRAIN}
_WEEKLY: Final = (jobs.WEEKLY_JOB, jobs.SHADOW_JOB)
_RETRIED_AS: Final = "dagster/auto_retry_run_id"

Level = Literal["info", "warning", "error"]


class LogLine(Struct, frozen=True, kw_only=True):
    """Something that happened in a run."""

    at: Annotated[datetime, Meta(description="UTC")]
    level: Level
    step: Annotated[str | None, Meta(description="Step of the job, where it is of one")]
    message: Annotated[str, Meta(description="In one line")]


class Run(Struct, frozen=True, kw_only=True):
    """A run of the pipeline."""

    id: Annotated[str, Meta(description="Dagster's id of the run")]
    job: Annotated[str, Meta(description="ingest, train or backfill; else Dagster's name of the job")]
    first_day: Annotated[date | None, Meta(description="First day that it is of, of the week in a training")]
    last_day: Annotated[date | None, Meta(description="Last day that it is of, included")]
    status: Status
    requested_by: Annotated[str | None, Meta(description="Who asked for it; null for a schedule's")]
    asked_at: Annotated[datetime, Meta(description="UTC")]
    started_at: Annotated[datetime | None, Meta(description="UTC; null while it waits")]
    ended_at: Annotated[datetime | None, Meta(description="UTC; null until it has ended")]
    elapsed_seconds: Annotated[int, Meta(description="Since it was asked for, or what it took in all", ge=0)]
    steps_done: Annotated[int, Meta(description="Steps that have ended", ge=0)]
    steps_total: Annotated[int | None, Meta(description="Steps in all: assets and checks")]
    current_step: Annotated[str | None, Meta(description="Step that is being done")]
    retried_as: Annotated[str | None, Meta(description="Run that tries again what this one failed at")]
    link: Annotated[str, Meta(description="The run in Dagster's own pages")]

    @classmethod
    def of(cls, told: Mapping[str, Any], *, now: datetime, dagster_link: str) -> "Run":
        """A run as Dagster tells it."""
        tags = {tag["key"]: tag["value"] for tag in told["tags"]}
        status = _STATUS[told["status"]]
        asked, started, ended = (_moment(told[f"{name}Time"]) for name in ("creation", "start", "end"))
        first, last = _days(tags, weekly=told["jobName"] in _WEEKLY)
        steps = told["stepStats"]
        planned = told["stepKeysToExecute"]
        underway = [step["stepKey"] for step in steps if step["status"] == "IN_PROGRESS"]
        return cls(
            id=told["runId"],
            job=tags.get(jobs.REQUESTED_AS) or str(_ASKED_AS.get(told["jobName"], told["jobName"])),
            first_day=first,
            last_day=last,
            status=status,
            requested_by=tags.get(jobs.REQUESTED_BY),
            asked_at=asked or now,
            started_at=started,
            ended_at=ended,
            elapsed_seconds=max(0, round(((ended or now) - (asked or now)).total_seconds())),
            steps_done=sum(step["status"] not in (None, "IN_PROGRESS") for step in steps),
            steps_total=len(planned) if planned else None,
            current_step=underway[-1] if underway and not status.has_ended else None,
            retried_as=tags.get(_RETRIED_AS),
            link=f"{dagster_link}/runs/{told['runId']}",
        )


class RunInDetail(Run, frozen=True, kw_only=True):
    """A run with what happened in it."""

    outcome: Annotated[str | None, Meta(description="How it ended, in words; null until it has")]
    log: Annotated[list[LogLine], Meta(description="What happened last, oldest first")]


def just_started(run_id: str, job: str, tags: Mapping[str, str]) -> Mapping[str, Any]:
    """What Dagster would tell of a run that it has taken, and has told nothing of yet."""
    return {
        "runId": run_id,
        "jobName": job,
        "status": "QUEUED",
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "creationTime": None,
        "startTime": None,
        "endTime": None,
        "stepStats": [],
        "stepKeysToExecute": None,
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _days(tags: Mapping[str, str], *, weekly: bool) -> tuple[date | None, date | None]:
    try:
        if jobs.RANGE_START in tags:
            return date.fromisoformat(tags[jobs.RANGE_START]), date.fromisoformat(tags[jobs.RANGE_END])
        first = date.fromisoformat(tags[jobs.PARTITION])
    except (KeyError, ValueError):  # a job without partitions, or with others than days
        return None, None
    return first, first + timedelta(days=6 if weekly else 0)

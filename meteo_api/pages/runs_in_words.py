"""Runs as people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from meteo_api.language.texts import N_, _, plain
from meteo_api.pages.words import DASH, clock_utc, day_with_year, duration, moment_utc, span
from meteo_api.runs.schemas import LogLine, Run, RunInDetail, Status
from meteo_api.runs.wanted import Job
from meteo_core import jobs

_JOBS: Final[Mapping[str, str]] = {
    Job.INGEST: N_("Ingestion"),
    Job.TRAIN: N_("Training"),
    Job.BACKFILL: N_("Backfill"),
    jobs.SHADOW_JOB: N_("Training without promotion"),
    jobs.PUBLISH_JOB: N_("Publishing"),
    jobs.UPKEEP_JOB: N_("Upkeep of the warehouse"),
}
_TO_A_DAY: Final = (Job.TRAIN, jobs.SHADOW_JOB)
"""Jobs that are of all days until the end of a week."""
_COLOURS: Final[Mapping[Status, str]] = {
    Status.SUCCEEDED: "good",
    Status.FAILED: "bad",
    Status.CANCELED: "warn",
    Status.CANCELING: "warn",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list."""

    id: str
    name: str
    status: str
    colour: str
    under_way: bool
    asked_by: str
    asked_at: str
    elapsed: str
    done: int
    total: int | None
    progress: str
    link: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a run's log."""

    at: str
    level: str
    words: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run by itself."""

    run: RunRow
    started: str
    ended: str
    current: str | None
    outcome: str | None
    log: tuple[LineRow, ...]
    retried_as: str | None


def run_row(run: Run) -> RunRow:
    """A run in a line."""
    total = run.steps_total
    return RunRow(
        id=run.id,
        name=_name(run),
        status=_(run.status.value),
        colour=_COLOURS.get(run.status, ""),
        under_way=not run.status.has_ended,
        asked_by=run.requested_by or _("a schedule, or in Dagster"),
        asked_at=moment_utc(run.asked_at),
        elapsed=duration(run.elapsed_seconds),
        done=run.steps_done,
        total=total,
        progress=_("%(done)s of %(all)s steps", done=run.steps_done, all=total) if total else DASH,
        link=run.link,
    )


def run_view(run: RunInDetail) -> RunView:
    """A run with what happened in it."""
    return RunView(
        run=run_row(run),
        started=_moment(run.started_at),
        ended=_moment(run.ended_at),
        current=_step(run.current_step) if run.current_step else None,
        outcome=run.outcome,
        log=tuple(_line(line) for line in run.log),
        retried_as=run.retried_as,
    )


def _name(run: Run) -> str:
    job = plain(_JOBS.get(run.job, run.job))
    if run.first_day is None or run.last_day is None:
        return job
    if run.job in _TO_A_DAY:
        return _("%(job)s to %(day)s", job=job, day=day_with_year(run.last_day))
    if run.first_day == run.last_day:
        return _("%(job)s of %(day)s", job=job, day=day_with_year(run.first_day))
    return _("%(job)s of %(span)s", job=job, span=span(run.first_day, run.last_day))


def _line(line: LogLine) -> LineRow:
    said = f"{_step(line.step)}: {line.message}" if line.step else line.message
    return LineRow(at=clock_utc(line.at.astimezone(UTC)), level=line.level, words=said)


def _step(key: str) -> str:
    return key.replace("_", " ")


def _moment(when: datetime | None) -> str:
    return moment_utc(when) if when else DASH

"""What a request for a run means: which of the pipeline's jobs, for which days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from meteo_api.errors import FieldError, InvalidRequest
from meteo_core import jobs
from meteo_core.sentence import Sentence


class Job(StrEnum):
    """What an administrator can start."""

    INGEST = "ingest"
    TRAIN = "train"
    BACKFILL = "backfill"


class RunAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run to start."""

    job: Annotated[
        Job,
        Meta(
            description="ingest: observations of a day or range through every daily asset to the snapshot; "
            "train: challenger of a week, compared, promoted if it earned it; backfill: ingest over a range",
            examples=["ingest"],
        ),
    ]
    partition: (
        Annotated[
            date,
            Meta(
                description="Day to ingest (default: today in Sydney, before 9 am the day before), or a day "
                "of the week to train to (default: the newest week, Sunday to Saturday, that is over)",
            ),
        ]
        | None
    ) = None
    from_: Annotated[date, Meta(description="First day of a range, included")] | None = field(
        default=None, name="from"
    )
    to: (
        Annotated[date, Meta(description="Last day of a range, included; default: today in Sydney")] | None
    ) = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run as Dagster is asked for it."""

    asked_as: Job
    job: str
    """Name of the pipeline's job."""
    partitions: Mapping[str, str]
    """Tags that say which days or week it is of."""

    @property
    def words(self) -> str:
        """What the run is of, for the audit."""
        return " to ".join(self.partitions[key] for key in sorted(self.partitions, reverse=True))


def wanted(asked: RunAsked, now: datetime) -> Wanted:
    """The run that is asked for; raises `InvalidRequest` where no such run can be."""
    today = jobs.today(now)
    if asked.job is Job.TRAIN:
        return Wanted(asked.job, jobs.WEEKLY_JOB, {jobs.PARTITION: _week(asked, today)})
    first, last = _days(asked, today, jobs.newest_observed_day(now))
    return Wanted(asked.job, jobs.DAILY_JOB, jobs.day_tags(first, last))


def _week(asked: RunAsked, today: date) -> str:
    for name, value in {"from": asked.from_, "to": asked.to}.items():
        if value is not None:
            raise _wrong(name, Sentence("a training is of one week: name a day of it as `partition`"))
    newest = jobs.last_complete_week(today)
    if asked.partition is None:
        return newest
    week = jobs.week_containing(asked.partition)
    if not jobs.FIRST_WEEK.isoformat() <= week <= newest:
        end = date.fromisoformat(newest) + timedelta(days=6)
        raise _wrong(
            "partition",
            Sentence(
                "must be from %(first)s to %(last)s: a week that is over", first=jobs.FIRST_WEEK, last=end
            ),
        )
    return week


def _days(asked: RunAsked, today: date, observed: date) -> tuple[date, date]:
    if asked.partition is not None:
        if asked.job is Job.BACKFILL:
            raise _wrong("partition", Sentence("a backfill is of a range: give `from` and `to`"))
        if asked.from_ is not None or asked.to is not None:
            raise _wrong("partition", Sentence("give either `partition` or `from` and `to`"))
        day = _within("partition", asked.partition, today)
        return day, day
    if asked.from_ is None:
        if asked.to is not None or asked.job is Job.BACKFILL:
            raise _wrong("from", Sentence("a range needs its first day"))
        return observed, observed
    first, last = _within("from", asked.from_, today), _within("to", asked.to or today, today)
    if first > last:
        raise _wrong("from", Sentence("must not be after `to`, %(day)s", day=last))
    return first, last


def _within(name: str, day: date, today: date) -> date:
    if not jobs.FIRST_DAY <= day <= today:
        raise _wrong(
            name,
            Sentence(
                "must be from %(first)s to %(last)s, the date in Sydney", first=jobs.FIRST_DAY, last=today
            ),
        )
    return day


def _wrong(name: str, detail: str) -> InvalidRequest:
    return InvalidRequest([FieldError(pointer=f"/{name}", detail=detail)])

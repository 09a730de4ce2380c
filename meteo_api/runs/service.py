"""Runs started, watched and cancelled through Dagster."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from meteo_api.accounts.account import Account
from meteo_api.clock import Clock
from meteo_api.deeds import Deeds
from meteo_api.language.texts import N_
from meteo_api.runs.dagster import Dagster
from meteo_api.runs.errors import DagsterAway, RunHasEnded, UnknownRun
from meteo_api.runs.outcome import outcome_of
from meteo_api.runs.progress import Stories
from meteo_api.runs.schemas import UNFINISHED, Run, RunInDetail, Status, just_started
from meteo_api.runs.turns import OneAtATime
from meteo_api.runs.wanted import RunAsked, Wanted, wanted
from meteo_core import jobs
from meteo_core.sentence import Sentence

log = logging.getLogger(__name__)

_RUN_ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
FEW: Final = 20
"""More unfinished runs of one job than this are not looked through for one that is asked for again."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that does what was asked for."""

    run: Run
    is_new: bool
    """False where it was under way already."""


class RunService:
    """Asks Dagster for runs, and tells how they go."""

    def __init__(
        self, dagster: Dagster, deeds: Deeds, one_at_a_time: OneAtATime, *, link: str, now: Clock
    ) -> None:
        self._dagster = dagster
        self._deeds = deeds
        self._link = link.rstrip("/")
        self._now = now
        self._stories = Stories()
        self._one_at_a_time = one_at_a_time

    def today(self) -> date:
        """The newest day that can be asked for."""
        return jobs.today(self._now())

    def read(self, asked: RunAsked) -> Wanted:
        """What a request means today; raises `InvalidRequest`."""
        return wanted(asked, self._now())

    async def start(self, what: Wanted, *, by: Account) -> Started:
        """A new run, or the one that is under way for the same job and days."""
        return await self._deeds.do(
            lambda: self._start(what, who=by.name),
            by=by,
            action=f"start {what.asked_as.value}",
            subject=what.words,
            detail=f"job {what.job}",
            told=lambda started: f"run {started.run.id}{'' if started.is_new else ', under way already'}",
        )

    async def _start(self, what: Wanted, *, who: str) -> Started:
        # One request at a time, so that of two that arrive together the second finds the run of the first.
        async with self._one_at_a_time.turn():
            under_way = await self._under_way(what)
            if under_way is not None:
                return Started(self._shown(under_way), is_new=False)
            asked_by = {jobs.REQUESTED_BY: who, jobs.REQUESTED_AS: what.asked_as.value}
            tags = {**what.partitions, **asked_by}
            run_id = await self._dagster.launch(what.job, tags)
            try:
                told = await self._dagster.run(run_id)
            except DagsterAway as error:  # it was started, and whoever asked must hear which run it is
                log.warning("run %s was started, and more cannot be told: %s", run_id, error)
                told = just_started(run_id, what.job, tags)
            return Started(self._shown(told), is_new=True)

    async def find(self, run_id: str) -> RunInDetail:
        """A run with progress and the end of its log; raises `UnknownRun`."""
        told = await self._dagster.run(_known_form(run_id))
        run, story = self._shown(told), self._stories.of(run_id)
        await story.read_on(self._dagster, run_id, has_ended=run.status.has_ended)
        outcome = await outcome_of(run, told["jobName"], story, self._dagster)
        facts = {name: getattr(run, name) for name in run.__struct_fields__}
        return RunInDetail(**facts, outcome=outcome, log=list(story.lines))

    async def newest(self, *, limit: int, before: str | None = None) -> list[Run]:
        """Runs of every job, whoever asked for them, newest first."""
        cursor = _known_form(before) if before is not None else None
        return [self._shown(told) for told in await self._dagster.runs(limit=limit, before=cursor)]

    async def cancel(self, run_id: str, *, by: Account) -> Run:
        """Ask a run to stop; raises `UnknownRun`, or `RunHasEnded` where it is too late."""
        run = self._shown(await self._dagster.run(_known_form(run_id)))
        if run.status.has_ended:
            raise RunHasEnded(
                Sentence("run %(run)s has ended already: %(status)s", run=run_id, status=run.status.value)
            )
        return await self._deeds.do(
            lambda: self._cancel(run),
            by=by,
            action=N_("cancel run"),
            subject=run_id,
            detail=f"{run.job}, {run.status}",
            told=lambda asked: f"it is {asked.status}",
        )

    async def _cancel(self, run: Run) -> Run:
        # Asked twice: whoever was to stop it does not, perhaps because its process is gone.
        refusal = await self._dagster.cancel(run.id, at_once=run.status is Status.CANCELING)
        asked = self._shown(await self._dagster.run(run.id))
        if refusal and not asked.status.has_ended:
            raise DagsterAway(f"Dagster does not cancel the run: {refusal}")
        return asked

    async def close(self) -> None:
        """End the connections to Dagster."""
        await self._dagster.close()

    async def _under_way(self, what: Wanted) -> Mapping[str, Any] | None:
        tags = [{"key": key, "value": value} for key, value in what.partitions.items()]
        matching = {"pipelineName": what.job, "tags": tags, "statuses": list(UNFINISHED)}
        found = await self._dagster.runs(limit=FEW, matching=matching)
        # One of some of the job's assets, started in Dagster's own pages, is not what was asked for.
        return next((run for run in found if not run["assetSelection"]), None)

    def _shown(self, told: Mapping[str, Any]) -> Run:
        return Run.of(told, now=self._now(), dagster_link=self._link)


def _known_form(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise UnknownRun(Sentence("there is no run %(run)r", run=run_id[:60]))
    return run_id

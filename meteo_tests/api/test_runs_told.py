"""How a run is told, from what Dagster says of it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from meteo_api.pages.runs_in_words import run_row
from meteo_api.runs.outcome import outcome_of
from meteo_api.runs.progress import PAGES_AT_ONCE, Story
from meteo_api.runs.schemas import Run
from meteo_core import jobs
from meteo_tests.api.stand_in_dagster import RUN_ID, failure, page_of, told_of_run


def run_of(**told: Any) -> Run:
    return Run.of(told_of_run(**told), now=datetime(2023, 11, 15, tzinfo=UTC), dagster_link="")


class Eventful:
    """A Dagster whose run has many pages of events and fails on the last of them."""

    def __init__(self, pages: int) -> None:
        self._pages = pages
        self.read = 0

    async def events(self, run_id: str, *, after: str | None) -> Mapping[str, Any]:
        assert (run_id, after) == (RUN_ID, "1" if self.read else None)
        self.read += 1
        if self.read < self._pages:
            return page_of(more=True)
        return page_of(failure("the disk is full"))


def told_after(dagster: Any, story: Story, *, has_ended: bool) -> str | None:
    async def look() -> str | None:
        await story.read_on(dagster, RUN_ID, has_ended=has_ended)
        return await outcome_of(run_of(status="FAILURE"), "daily", story, dagster)

    return asyncio.run(look())


def test_a_run_that_failed_after_very_many_events_says_why():
    said = told_after(Eventful(PAGES_AT_ONCE + 3), Story(), has_ended=True)

    assert said == "Failed: raw_observations: the disk is full."


def test_a_run_whose_events_are_not_all_read_is_not_said_to_have_failed_without_a_reason():
    dagster, story = Eventful(PAGES_AT_ONCE + 3), Story()

    first = told_after(dagster, story, has_ended=False)
    second = told_after(dagster, story, has_ended=False)

    assert first == "Failed: its events are still being read."
    assert second == "Failed: raw_observations: the disk is full."


@pytest.mark.parametrize(
    ("job", "name"),
    [
        (jobs.WEEKLY_JOB, "Training to Sat 9 March 2024"),
        (jobs.SHADOW_JOB, "Training without promotion to Sat 9 March 2024"),
    ],
)
def test_jobs_of_a_week_are_named_by_its_end(job: str, name: str):
    run = run_of(job=job, **{jobs.PARTITION: "2024-03-03"})

    assert run_row(run).name == name

"""Another program at Dagster's address: answers each document as a test says, and falls silent as told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar, Request, Response, post

from meteo_tests.api.clients import listening

RUN_ID = "00000000-0000-0000-0000-000000000001"
STEPS = ("raw_observations", "features", "forecasts")


def told_of_run(*, done: int = 0, status: str = "STARTED", job: str = "daily", **tags: str) -> dict[str, Any]:
    """A run as Dagster tells it, the first `done` of its steps behind it."""
    return {
        "__typename": "Run",
        "runId": RUN_ID,
        "jobName": job,
        "status": status,
        "creationTime": 1_700_000_000.0,
        "startTime": 1_700_000_001.0,
        "endTime": None if status == "STARTED" else 1_700_000_060.0,
        "assetSelection": None,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "stepKeysToExecute": list(STEPS),
        "stepStats": [{"stepKey": step, "status": "SUCCESS", "startTime": None} for step in STEPS[:done]],
    }


def page_of(*events: dict[str, Any], more: bool = False) -> dict[str, Any]:
    """A page of a run's events."""
    return {"__typename": "EventConnection", "events": list(events), "cursor": "1", "hasMore": more}


def failure(message: str) -> dict[str, Any]:
    """The event of a step that failed."""
    return {
        "__typename": "ExecutionStepFailureEvent",
        "stepKey": "raw_observations",
        "timestamp": "1700000002000",
        "error": {"message": message, "causes": []},
    }


@dataclass
class StandIn:
    """What is answered, by the document's name; documents in `away` get a gateway's error."""

    address: str = ""
    said: dict[str, Any] = field(
        default_factory=lambda: {
            "Jobs": {"nodes": [{"name": "r", "location": {"name": "l"}, "jobs": [{"name": "daily"}]}]},
            "Runs": {"__typename": "Runs", "results": []},
            "Launch": {"__typename": "LaunchRunSuccess", "run": {"runId": RUN_ID}},
            "Run": told_of_run(),
            "Events": page_of(),
        }
    )
    away: set[str] = field(default_factory=set)


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Such a program on a free port."""
    stand_in = StandIn()

    @post("/graphql", status_code=200)
    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        named = re.match(r"(?:query|mutation) (\w+)", (await request.json())["query"])
        assert named is not None
        if named[1] in stand_in.away:
            return Response(b"bad gateway", status_code=502)
        return Response({"data": {"answer": stand_in.said[named[1]]}})

    with listening(Litestar([answer])) as stand_in.address:
        yield stand_in

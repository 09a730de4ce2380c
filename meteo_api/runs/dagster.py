"""Dagster's GraphQL interface, as far as the service uses it: the documents lie in `graphql/`."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import httpx

from meteo_api.runs.errors import DagsterAway, UnknownRun
from meteo_core.sentence import Sentence

log = logging.getLogger(__name__)

SECONDS_TO_CONNECT: Final = 2.0
SECONDS_TO_ANSWER: Final = 15.0
"""Planning a run of years of days takes Dagster some seconds."""
PAGE: Final = 1_000
"""Most events that Dagster gives at once."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Code location that defines a job."""

    repository: str
    location: str


class Dagster:
    """Asks Dagster; every way of its being away is `DagsterAway`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client: httpx.AsyncClient | None = None
        self._places: Mapping[str, _Place] = {}

    async def launch(self, job: str, tags: Mapping[str, str]) -> str:
        """Ask for a run of all of a job's assets and checks; give its id."""
        place = await self._place_of(job)
        # No selection of assets or checks: an empty list of checks would skip the blocking ones.
        selector = {
            "repositoryName": place.repository,
            "repositoryLocationName": place.location,
            "jobName": job,
        }
        said = await self._ask(
            "launch",
            asked={
                "selector": selector,
                "mode": "default",
                "runConfigData": {},
                "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
            },
        )
        if said["__typename"] != "LaunchRunSuccess":
            self._places = {}
            raise DagsterAway(f"Dagster does not start the run: {_reason(said)}")
        return said["run"]["runId"]

    async def run(self, run_id: str) -> Mapping[str, Any]:
        """A run as Dagster tells it; raises `UnknownRun`."""
        return _found(await self._ask("run", run=run_id), run_id)

    async def runs(
        self, *, limit: int, before: str | None = None, matching: Mapping[str, Any] | None = None
    ) -> list[Mapping[str, Any]]:
        """Runs that match, newest first, of those older than run `before`."""
        said = await self._ask("runs", filter=matching or {}, before=before, limit=limit)
        if said["__typename"] != "Runs":
            raise DagsterAway(f"Dagster does not list its runs: {_reason(said)}")
        return said["results"]

    async def events(self, run_id: str, *, after: str | None) -> Mapping[str, Any]:
        """The next page of a run's events: `events`, `cursor`, `hasMore`."""
        return _found(await self._ask("events", run=run_id, after=after, limit=PAGE), run_id)

    async def made(self, asset: str, *, before: datetime) -> tuple[str, Mapping[str, Any]] | None:
        """Run and plain figures of the last materialization of an asset before a moment, if there is one."""
        millis = str(round(before.timestamp() * 1000))
        said = await self._ask("made", asset={"path": [asset]}, before=millis)
        newest = said.get("assetMaterializations") or []
        if not newest:
            return None
        figures = {
            entry["label"]: next((v for k, v in entry.items() if k in _VALUES and v is not None), None)
            for entry in newest[0]["metadataEntries"]
        }
        return newest[0]["runId"], {name: value for name, value in figures.items() if value is not None}

    async def cancel(self, run_id: str, *, at_once: bool = False) -> str | None:
        """Ask the run to stop; `at_once`, or where nobody is left to ask, mark it as canceled.

        Gives the reason where Dagster does neither, as for a run that has ended meanwhile.
        """
        policy = "MARK_AS_CANCELED_IMMEDIATELY" if at_once else "SAFE_TERMINATE"
        said = await self._ask("cancel", run=run_id, policy=policy)
        if said["__typename"] in ("TerminateRunFailure", "PythonError") and not at_once:
            log.warning("run %s cannot be asked to stop: %s", run_id, _reason(said))
            return await self.cancel(run_id, at_once=True)
        if said["__typename"] == "TerminateRunFailure":
            return _reason(said)
        _found(said, run_id)
        if at_once:  # a process that is gone gives back nothing that it held, and the next run would wait
            await self._ask("free", run=run_id)
        return None

    async def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _place_of(self, job: str) -> _Place:
        if job not in self._places:
            said = await self._ask("jobs")
            self._places = {
                each["name"]: _Place(repository["name"], repository["location"]["name"])
                for repository in said.get("nodes", [])
                for each in repository["jobs"]
            }
        if job not in self._places:
            raise DagsterAway(
                Sentence(
                    "Dagster has no job %(job)r: its code location is not loaded, see its Deployment page",
                    job=job,
                )
            )
        return self._places[job]

    async def _ask(self, document: str, **variables: Any) -> Mapping[str, Any]:
        """The one field that the document asks for."""
        if self._client is None:
            timeout = httpx.Timeout(SECONDS_TO_ANSWER, connect=SECONDS_TO_CONNECT)
            self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)
        try:
            answer = await self._client.post(
                f"{self.url}/graphql", json={"query": _document(document), "variables": variables}
            )
            # Dagster answers an error of its own with status 500 and tells it in the body.
            if answer.is_error and answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR:
                raise DagsterAway(
                    Sentence(
                        "Dagster does not answer at %(address)s: status %(status)s",
                        address=self.url,
                        status=answer.status_code,
                    )
                )
            said = answer.json()
            if said.get("errors"):
                raise DagsterAway(f"Dagster at {self.url} fails: {said['errors'][0].get('message')}")
            (found,) = said["data"].values()
        except httpx.TimeoutException as error:
            raise DagsterAway(
                Sentence(
                    "Dagster at %(address)s does not answer in time; what was asked for may still happen: "
                    "look again before asking again",
                    address=self.url,
                )
            ) from error
        except (httpx.HTTPError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise DagsterAway(
                Sentence("Dagster does not answer at %(address)s: %(why)s", address=self.url, why=str(error))
            ) from error
        return found


_VALUES: Final = frozenset({"intValue", "text", "boolValue"})


@cache
def _document(name: str) -> str:
    return files("meteo_api.runs").joinpath("graphql", f"{name}.graphql").read_text(encoding="utf-8")


def _found(said: Mapping[str, Any], run_id: str) -> Mapping[str, Any]:
    if said["__typename"] == "RunNotFoundError":
        raise UnknownRun(Sentence("there is no run %(run)r", run=run_id))
    if said["__typename"] in ("PythonError", "UnauthorizedError"):
        raise DagsterAway(f"Dagster fails: {_reason(said)}")
    return said


def _reason(said: Mapping[str, Any]) -> str:
    """Dagster's words, without the trace that it may put after them."""
    messages = [fault["message"] for fault in said.get("errors", [])] or [said.get("message", "")]
    return "; ".join(message.strip().splitlines()[0] for message in messages if message.strip()) or str(
        said["__typename"]
    )

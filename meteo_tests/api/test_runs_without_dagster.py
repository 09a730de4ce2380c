"""Dagster away, slow or talking nonsense: a clear answer, soon, that says when to come back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Response, post
from litestar.testing import TestClient

from meteo_api.runs import dagster
from meteo_api.settings import Settings
from meteo_tests.api.clients import free_port, listening, problem_of
from meteo_tests.api.people import ADMIN, in_process
from meteo_tests.api.stand_in_dagster import RUN_ID, standing_in

RUNS = "/api/v1/runs"
RUN = f"{RUNS}/00000000-0000-0000-0000-000000000000"
NO_LOCATION = {"data": {"repositoriesOrError": {"__typename": "RepositoryConnection", "nodes": []}}}


@contextmanager
def service(home: Path, dagster_url: str) -> Iterator[TestClient[Any]]:
    settings = Settings(home_dir=home, dagster_url=dagster_url)
    with in_process(settings, name=ADMIN) as client:
        yield client


@contextmanager
def dagster_that_says(content: bytes, *, status: int = 200, after_seconds: float = 0.0) -> Iterator[str]:
    @post("/graphql", status_code=status)
    async def answer() -> Response[bytes]:
        await asyncio.sleep(after_seconds)
        return Response(content, status_code=status, media_type="application/json")

    with listening(Litestar([answer])) as address:
        yield address


def assert_said(client: TestClient[Any], words: str) -> None:
    for answer in (
        client.post(RUNS, json={"job": "ingest"}),
        client.get(RUNS),
        client.get(RUN),
        client.post(f"{RUN}/cancel"),
    ):
        problem = problem_of(answer, 503)
        assert words in problem["detail"]
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.fault("Dagster down", "503 that says so")
def test_dagster_that_is_down_is_said_to_be(tmp_path: Path):
    with service(tmp_path, f"http://127.0.0.1:{free_port()}") as client:
        assert_said(client, "does not answer at")


@pytest.mark.fault("Dagster slow", "503 in bounded time")
def test_dagster_that_is_slow_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dagster, "SECONDS_TO_ANSWER", 0.2)

    with dagster_that_says(b"{}", after_seconds=2.0) as address, service(tmp_path, address) as client:
        assert_said(client, "does not answer in time")


@pytest.mark.fault("another program at Dagster's address", "503, nothing believed")
@pytest.mark.parametrize(
    ("content", "status"),
    [(b"<html>", 200), (b"[]", 200), (b'{"data": null}', 200), (b"bad gateway", 502), (b"{}", 404)],
)
def test_nonsense_is_not_taken_for_an_answer(tmp_path: Path, content: bytes, status: int):
    with dagster_that_says(content, status=status) as address, service(tmp_path, address) as client:
        assert_said(client, "does not answer at")


def test_an_error_of_graphql_is_told_in_its_own_words(tmp_path: Path):
    with (
        dagster_that_says(b'{"errors": [{"message": "database is locked"}]}') as address,
        service(tmp_path, address) as client,
    ):
        assert_said(client, "database is locked")


@pytest.mark.fault("Dagster falls silent after it took a run", "the run's id, on record as started")
def test_a_run_that_was_started_is_told_although_dagster_falls_silent(tmp_path: Path):
    with standing_in() as dagster, service(tmp_path, dagster.address) as client:
        dagster.away.add("Run")
        answer = client.post(RUNS, json={"job": "ingest", "partition": "2024-03-01"})
        newest = client.get("/api/v1/audit").json()["entries"][0]

    assert answer.status_code == 202
    assert answer.headers["location"] == f"{RUNS}/{RUN_ID}"
    assert (answer.json()["status"], answer.json()["first_day"]) == ("queued", "2024-03-01")
    assert newest["detail"] == f"done: run {RUN_ID}"


@pytest.mark.fault("code location does not load", "503 that names it")
def test_a_code_location_that_does_not_load_is_said_to_be_the_cause(tmp_path: Path):
    content = b'{"data": {"runsOrError": {"__typename": "Runs", "results": [], "nodes": []}}}'

    with dagster_that_says(content) as address, service(tmp_path, address) as client:
        problem = problem_of(client.post(RUNS, json={"job": "train"}), 503)

    assert "has no job 'weekly'" in problem["detail"]

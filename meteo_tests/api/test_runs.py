"""Runs through a real Dagster with a small pipeline: started, watched, cancelled, asked for twice."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from dagster_graphql.schema import create_schema
from graphql import parse, validate

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core import jobs
from meteo_tests.api.clients import eventually, listening, problem_of
from meteo_tests.api.dagster_fixtures import *  # noqa: F403 (fixtures)
from meteo_tests.api.people import ADMIN, USER, bearer, populate, sign_in

RUNS = "/api/v1/runs"
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def service(dagster_url: str, folder: Path) -> Iterator[httpx.Client]:
    """The service over an empty state folder."""
    settings = Settings(home_dir=folder / "state", dagster_url=dagster_url)
    populate(settings.service_database_url)
    with listening(create_app(settings)) as address, httpx.Client(base_url=address, timeout=30.0) as client:
        yield sign_in(client, ADMIN)


def story(service: httpx.Client, run_id: str) -> dict[str, Any]:
    return service.get(f"{RUNS}/{run_id}").raise_for_status().json()


def watched_to_its_end(service: httpx.Client, run_id: str) -> dict[str, Any]:
    eventually(
        lambda: story(service, run_id)["status"] in ("succeeded", "failed", "canceled"),
        within_seconds=120,
        shown=lambda: story(service, run_id),
    )
    return story(service, run_id)


def test_an_ingestion_is_started_watched_and_told_to_its_end(service: httpx.Client, hold: Callable[[], None]):
    started = service.post(RUNS, json={"job": "ingest", "partition": "2024-03-01"})
    run_id = started.json()["id"]
    eventually(lambda: story(service, run_id)["current_step"] == "raw_observations", within_seconds=120)
    under_way = story(service, run_id)
    hold()
    ended = watched_to_its_end(service, run_id)

    assert started.status_code == 202
    assert started.headers["location"] == f"{RUNS}/{run_id}"
    assert started.json()["job"] == "ingest"
    assert (under_way["status"], under_way["steps_done"], under_way["steps_total"]) == ("running", 0, 3)
    assert any(line["message"] == "reading 1 days" for line in under_way["log"])
    assert under_way["outcome"] is None
    assert (ended["status"], ended["steps_done"], ended["current_step"]) == ("succeeded", 3, None)
    assert ended["outcome"] == (
        "49 station days read, 3 of them new or revised, 0 documents refused. "
        "98 forecasts made, 98 of them new."
    )
    assert "check passed" in [line["message"] for line in ended["log"]]
    assert ended["elapsed_seconds"] >= 1
    assert ended["link"].endswith(f"/runs/{run_id}")


def test_a_range_is_one_run_and_a_training_is_of_a_whole_week(service: httpx.Client):
    backfill = service.post(RUNS, json={"job": "backfill", "from": "2024-02-01", "to": "2024-02-10"}).json()
    # 21 February 2024 is a Wednesday: its week began on Sunday the 18th.
    training = service.post(RUNS, json={"job": "train", "partition": "2024-02-21"}).json()

    told = watched_to_its_end(service, backfill["id"])
    trained = watched_to_its_end(service, training["id"])
    assert (told["first_day"], told["last_day"]) == ("2024-02-01", "2024-02-10")
    assert told["outcome"].startswith("490 station days read")
    assert (trained["first_day"], trained["last_day"]) == ("2024-02-18", "2024-02-24")
    assert trained["outcome"] == "Version 4 is champion now: better by far."
    assert {run["id"] for run in service.get(RUNS).json()} >= {backfill["id"], training["id"]}
    newest = service.get(RUNS, params={"limit": 1}).json()
    older = service.get(RUNS, params={"before": newest[0]["id"]}).json()
    assert newest[0]["id"] not in {run["id"] for run in older}


@pytest.mark.fault("start pressed many times at once", "one run")
def test_pressing_many_times_at_once_gives_one_run(service: httpx.Client, hold: Callable[[], None]):
    def press(_: int) -> httpx.Response:
        return service.post(RUNS, json={"job": "ingest", "partition": "2024-04-01"})

    with ThreadPoolExecutor(8) as pool:
        pressed = list(pool.map(press, range(8)))
    other_day = service.post(RUNS, json={"job": "ingest", "partition": "2024-04-02"})
    hold()
    watched_to_its_end(service, other_day.json()["id"])
    watched_to_its_end(service, pressed[0].json()["id"])
    later = press(0)

    assert sorted(answer.status_code for answer in pressed) == [200] * 7 + [202]
    assert len({answer.json()["id"] for answer in pressed}) == 1
    assert other_day.status_code == 202
    assert later.status_code == 202
    assert later.json()["id"] != pressed[0].json()["id"]
    watched_to_its_end(service, later.json()["id"])


def test_a_run_that_is_cancelled_ends_and_cannot_be_cancelled_again(
    service: httpx.Client, hold: Callable[[], None]
):
    run_id = service.post(RUNS, json={"job": "ingest", "partition": "2024-05-01"}).json()["id"]
    eventually(lambda: story(service, run_id)["status"] == "running", within_seconds=120)

    canceled = service.post(f"{RUNS}/{run_id}/cancel")
    ended = watched_to_its_end(service, run_id)
    again = problem_of(service.post(f"{RUNS}/{run_id}/cancel"), 409)

    assert canceled.status_code == 202
    assert canceled.json()["status"] in ("canceling", "canceled")
    assert ended["status"] == "canceled"
    assert "has ended already" in again["detail"]


@pytest.mark.fault("kill -9 of a run", "told as failed, its days can be asked for again")
def test_a_run_whose_process_is_killed_is_told_as_failed_and_its_days_can_be_asked_for_again(
    service: httpx.Client, hold: Callable[[], None], folder: Path
):
    day, pid = {"job": "ingest", "partition": "2024-05-02"}, folder / "pid"
    pid.unlink(missing_ok=True)
    run_id = service.post(RUNS, json=day).json()["id"]
    eventually(lambda: pid.exists() and pid.read_text() != "", within_seconds=120)
    # Not cancelled here: a cancel within the half second that Dagster's code server needs to see the process
    # gone makes that server wait for the dead process, and start nothing more.
    os.kill(int(pid.read_text()), signal.SIGKILL)

    gone = watched_to_its_end(service, run_id)
    hold()
    again = service.post(RUNS, json=day)
    ended = watched_to_its_end(service, again.json()["id"])

    assert gone["status"] == "failed"
    assert (again.status_code, ended["status"]) == (202, "succeeded")


def test_who_asked_is_on_record_with_the_run_and_in_the_audit(service: httpx.Client):
    run = service.post(RUNS, json={"job": "ingest", "partition": "2024-07-01"}).json()
    watched_to_its_end(service, run["id"])
    entries = service.get("/api/v1/audit").json()["entries"]

    assert run["requested_by"] == ADMIN
    told = [(e["action"], e["subject"], e["detail"]) for e in entries if e["subject"] == "2024-07-01"]
    assert told == [
        ("start ingest", "2024-07-01", f"done: run {run['id']}"),
        ("start ingest", "2024-07-01", "asked: job daily"),
    ]


def test_users_may_not_see_or_start_runs(service: httpx.Client):
    as_user = bearer(service, USER)

    problem_of(service.get(RUNS, headers=as_user), 403)
    problem_of(service.get(f"{RUNS}/{NOBODY}", headers=as_user), 403)
    problem_of(service.post(RUNS, json={"job": "ingest"}, headers=as_user), 403)
    problem_of(service.post(f"{RUNS}/{NOBODY}/cancel", headers=as_user), 403)


@pytest.mark.fault("a run that fails", "the reason in a sentence")
def test_a_run_that_fails_says_why_in_a_sentence_and_without_a_trace(service: httpx.Client, folder: Path):
    (folder / "fail").touch()
    try:
        run_id = service.post(RUNS, json={"job": "ingest", "partition": "2024-06-01"}).json()["id"]
        ended = watched_to_its_end(service, run_id)
    finally:
        (folder / "fail").unlink()

    assert ended["status"] == "failed"
    assert ended["outcome"] == "Failed: raw_observations: the site answered 403."
    errors = [line for line in ended["log"] if line["level"] == "error"]
    assert errors[0]["step"] == "raw_observations"
    assert "Traceback" not in str(ended)
    assert 'File "' not in str(ended)


@pytest.mark.parametrize(
    "run_id", [NOBODY, "1", "%00", "%F0%9F%8C%A7", "a" * 5000, "..%2f..%2fetc", "9" * 30]
)
def test_a_run_that_is_not_there_is_not_found(service: httpx.Client, run_id: str):
    problem_of(service.get(f"{RUNS}/{run_id}"), 404)
    problem_of(service.post(f"{RUNS}/{run_id}/cancel"), 404)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"job": "dance"}, "/job"),
        ({}, "/job"),
        ({"job": "ingest", "partition": "2007-10-31"}, "/partition"),
        ({"job": "ingest", "partition": "2999-01-01"}, "/partition"),
        ({"job": "ingest", "partition": "yesterday"}, "/partition"),
        ({"job": "ingest", "partition": "2024-01-01", "from": "2024-01-01"}, "/partition"),
        ({"job": "ingest", "from": "2024-01-02", "to": "2024-01-01"}, "/from"),
        ({"job": "ingest", "to": "2024-01-01"}, "/from"),
        ({"job": "backfill"}, "/from"),
        ({"job": "backfill", "partition": "2024-01-01"}, "/partition"),
        ({"job": "train", "partition": "2999-01-01"}, "/partition"),
        ({"job": "train", "from": "2024-01-01"}, "/from"),
        ({"job": "ingest", "shell": "rm"}, "/shell"),
    ],
)
def test_what_cannot_be_run_is_refused_by_the_name_of_the_field(
    service: httpx.Client, body: dict[str, str], pointer: str
):
    problem = problem_of(service.post(RUNS, json=body), 422)

    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", str(2**63)])
def test_a_list_of_impossible_length_is_refused(service: httpx.Client, limit: str):
    problem_of(service.get(RUNS, params={"limit": limit}), 422)


def test_the_newest_week_that_is_over_is_trained_to_on_every_weekday():
    # Saturday 21 November 2026 ends the week of Sunday the 15th.
    weeks = [jobs.last_complete_week(date(2026, 11, 21) + timedelta(days=day)) for day in range(8)]

    assert weeks == ["2026-11-08"] + ["2026-11-15"] * 7


def test_every_document_is_valid_in_the_schema_of_this_dagster():
    schema = create_schema().graphql_schema
    documents = list(files("meteo_api.runs").joinpath("graphql").iterdir())

    assert len(documents) == 8
    for document in documents:
        assert validate(schema, parse(document.read_text())) == [], document.name

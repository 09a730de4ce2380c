"""The demo as a newcomer runs it: real processes, real ports, the Dagster UI's own interface, Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pandas as pd
import psutil
import pytest

from meteo_core import jobs
from meteo_tests.api.people import bearer

pytestmark = pytest.mark.timeout(600)

DAYS = 430
READY = "Ctrl-C stops all of them."


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()


class Demo:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.dagster, self.api, self.mlflow, self.simulator = free_ports(4)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("METEO_", "DAGSTER_"))}

    def command(self, *extra: str) -> list[str]:
        ports = {
            "--dagster-port": self.dagster,
            "--api-port": self.api,
            "--mlflow-port": self.mlflow,
            "--simulator-port": self.simulator,
        }
        options = [str(part) for pair in ports.items() for part in pair]
        return [
            sys.executable,
            "-m",
            "meteo_cli",
            "demo",
            "--home",
            str(self.home),
            "--days",
            str(DAYS),
            *options,
            *extra,
        ]

    def once(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("--once"),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def built(demo: Demo) -> subprocess.CompletedProcess[str]:
    return demo.once()


def test_the_demo_builds_forecasts_checks_itself_and_leaves(built: subprocess.CompletedProcess[str]):
    assert built.returncode == 0, built.stdout + built.stderr
    for asset in ("raw_observations", "features", "labels", "rain_model", "champion_model", "forecasts"):
        assert f"done  {asset}" in built.stdout
    assert "persistence" in built.stdout
    assert "chance of more than 1 mm of rain" in built.stdout
    assert built.stderr == ""


def passwords(demo: Demo) -> dict[str, str]:
    lines = (demo.home / "demo-passwords.txt").read_text().splitlines()
    return dict(line.split(": ") for line in lines)


@pytest.mark.fault("passwords in the logs of the demo's processes", "none, and files for the owner alone")
def test_passwords_are_generated_shown_and_kept_for_the_owner_alone(
    demo: Demo, built: subprocess.CompletedProcess[str]
):
    kept = passwords(demo)

    assert set(kept) == {"user", "admin"}
    assert len(kept["user"]) >= 20
    assert kept["user"] != kept["admin"]
    for name, password in kept.items():
        assert f"{name:<5} password {password}" in built.stdout
    for private in ("demo-passwords.txt", "secret", "service.db"):
        assert (demo.home / private).stat().st_mode & 0o077 == 0
    assert not any(
        password in log.read_text() for log in demo.home.glob("logs/*") for password in kept.values()
    )


def test_a_second_demo_does_only_what_is_new(demo: Demo, built: subprocess.CompletedProcess[str]):
    before = passwords(demo)

    again = demo.once()

    assert passwords(demo) == before
    assert again.returncode == 0, again.stdout + again.stderr
    assert "is there from a run before" in again.stdout
    assert "rain_model" not in again.stdout
    # While it runs, a day may end at some of the 49 stations.
    new = re.search(r"station days from .*, ([\d,]+) new", again.stdout)
    assert new is not None, again.stdout
    assert int(new[1].replace(",", "")) <= 49


@pytest.mark.fault("port of the demo taken", "named, nothing started")
def test_a_taken_port_is_named_before_anything_is_done(demo: Demo):
    with socket.socket() as other:
        other.bind(("127.0.0.1", demo.api))
        other.listen()
        refused = demo.once()

    assert refused.returncode == 1
    assert f"port {demo.api} is taken" in refused.stderr
    assert "--api-port" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.fixture(scope="module")
def running(demo: Demo, built: subprocess.CompletedProcess[str]) -> Iterator[subprocess.Popen[str]]:
    output = demo.home / "demo.out"
    with output.open("w") as out:
        process = subprocess.Popen(
            demo.command(),
            env=demo.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        wait_until(lambda: READY in output.read_text() or process.poll() is not None, seconds=150)
        assert process.poll() is None, output.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)


def graphql(demo: Demo, query: str, **variables: object) -> dict:
    answer = httpx.post(
        f"http://127.0.0.1:{demo.dagster}/graphql", json={"query": query, "variables": variables}, timeout=30
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


LOCATION = {"repositoryLocationName": "meteo_assets.definitions", "repositoryName": "__repository__"}

LAUNCH = """
mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }
"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
BACKFILL = """
mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
BACKFILL_STATUS = """
query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }
"""
CHECKS = """
query { assetNodes { assetKey { path } groupName description isPartitioned
  assetChecksOrError { ... on AssetChecks { checks {
    name executionForLatestMaterialization { status } } } } } }
"""


def newest_day(demo: Demo) -> str:
    with httpx.Client(base_url=f"http://127.0.0.1:{demo.api}") as client:
        headers = bearer(client, "user", passwords(demo)["user"])
        return client.get("/api/v1/forecasts/Sydney", headers=headers).json()["forecasts"][0]["date"]


def test_the_ui_shows_groups_descriptions_partitions_and_passed_checks(demo: Demo, running):
    def seen() -> dict[str, str]:
        return {
            check["name"]: check["executionForLatestMaterialization"]["status"]
            for node in graphql(demo, CHECKS)["assetNodes"]
            for check in node["assetChecksOrError"]["checks"]
        }

    nodes = graphql(demo, CHECKS)["assetNodes"]
    # A sensor or schedule may have started a run meanwhile.
    wait_until(lambda: "IN_PROGRESS" not in seen().values(), seconds=240)
    statuses = seen()

    assert {node["groupName"] for node in nodes} == {
        "raw",
        "features",
        "model",
        "forecast",
        "verification",
        "drift",
        "serving",
        "monitoring",
        "upkeep",
    }
    assert all(node["description"] for node in nodes)
    for verdict in ("the_weather_looks_like_its_season", "the_chances_are_calibrated"):
        statuses.pop(verdict)  # on the weather and on few days, not on the demo
    assert len(statuses) == 10
    assert set(statuses.values()) == {"SUCCEEDED"}


def test_a_partition_started_in_the_ui_succeeds(demo: Demo, running):
    launched = graphql(
        demo,
        LAUNCH,
        params={
            "selector": {
                **LOCATION,
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": ["features"]}],
            },
            "mode": "default",
            "runConfigData": {},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": newest_day(demo)}]},
        },
    )["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def ended() -> bool:
        return graphql(demo, STATUS, id=run_id)["runOrError"]["status"] in ("SUCCESS", "FAILURE", "CANCELED")

    wait_until(ended, seconds=90)
    assert graphql(demo, STATUS, id=run_id)["runOrError"]["status"] == "SUCCESS"


def test_a_backfill_started_in_the_ui_succeeds_as_one_run(demo: Demo, running):
    # Up to the last partition: features of a day before it would draw in the forecasts of the day after.
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range(end=jobs.today(datetime.now(UTC)), periods=5)]
    launched = graphql(
        demo,
        BACKFILL,
        params={
            "assetSelection": [{"path": ["features"]}, {"path": ["labels"]}, {"path": ["forecasts"]}],
            "partitionNames": days,
            "fromFailure": False,
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    backfill = launched["backfillId"]

    def status() -> str:
        return graphql(demo, BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]["status"]

    wait_until(
        lambda: status() in ("COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"), seconds=180
    )
    assert status() == "COMPLETED_SUCCESS"
    runs = graphql(
        demo,
        "query($f: RunsFilter) { runsOrError(filter: $f) { ... on Runs { results { status } } } }",
        f={"tags": [{"key": "dagster/backfill", "value": backfill}]},
    )["runsOrError"]["results"]
    assert [run["status"] for run in runs] == ["SUCCESS"]


def test_an_administrator_ingests_through_the_service_and_hears_how_it_went(demo: Demo, running):
    with httpx.Client(base_url=f"http://127.0.0.1:{demo.api}/api/v1", timeout=30) as client:
        login = {"username": "admin", "password": passwords(demo)["admin"]}
        token = client.post("/login", data=login).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        started = client.post("/runs", json={"job": "ingest"})
        assert started.status_code == 202, started.text
        run = f"/runs/{started.json()['id']}"
        wait_until(lambda: client.get(run).json()["status"] in ("succeeded", "failed"), seconds=120)
        told = client.get(run).json()

    assert told["status"] == "succeeded", told
    assert told["steps_done"] == told["steps_total"]
    assert "station days read" in told["outcome"]
    assert "forecasts made" in told["outcome"]
    assert told["requested_by"] == "admin"


def test_every_part_listens_on_loopback_only(demo: Demo, running: subprocess.Popen[str]):
    family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]

    listening = [
        connection.laddr
        for process in family
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert {address.port for address in listening} >= {demo.dagster, demo.api, demo.mlflow, demo.simulator}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


def test_ctrl_c_leaves_no_process_behind(demo: Demo, running: subprocess.Popen[str]):
    family = psutil.Process(running.pid).children(recursive=True)
    assert len(family) >= 6

    running.send_signal(signal.SIGINT)
    code = running.wait(timeout=60)

    _, alive = psutil.wait_procs(family, timeout=10)
    assert code == 0
    assert alive == []

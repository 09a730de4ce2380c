"""Runs on runners: a real broker that comes and goes, a real daemon, two runners of which one is killed.

Processes as in the stack with docker-compose.scale.yaml; SQLite in place of PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import dagster as dg
import pytest

from meteo_assets.runners import RUNNER_TAG
from meteo_tests.api.clients import end, eventually, free_port, process
from meteo_tests.faults.steered_pipeline import ASKED
from meteo_tests.redis_server import Redis, running_redis

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
LONG = 240.0
"""Seconds that anything may take on a machine that does much else."""
RUNNERS = ("one@here", "two@here")
SETTINGS = """\
telemetry: {enabled: false}
run_launcher:
  module: meteo_assets.runners.launcher
  class: RunnerLauncher
  config: {patience_seconds: 1}
run_coordinator:
  module: meteo_assets.runners.launcher
  class: RunnerQueue
  config:
    max_concurrent_runs: {env: METEO_RUNNERS}
    max_user_code_failure_retries: 1000
    user_code_failure_retry_delay: 1
    dequeue_interval_seconds: 1
concurrency: {pools: {default_limit: 1, granularity: op}}
run_retries: {enabled: true, max_retries: 1}
run_monitoring: {enabled: true, poll_interval_seconds: 1}
"""


class Stand:
    """The processes, and what a test sees of them."""

    def __init__(
        self, folder: Path, instance: dg.DagsterInstance, broker: Redis, processes: ExitStack
    ) -> None:
        self.folder = folder
        self.instance = instance
        self.broker = broker
        self._processes = processes
        self._runners: dict[str, Popen[bytes]] = {}

    def start_runner(self, name: str) -> None:
        """And wait until it takes runs."""
        log = self.folder / f"{name}.log"
        command = process("meteo_assets.runners.runner", name, log=log)
        self._runners[name] = self._processes.enter_context(command)
        self.until(lambda: f"{name} ready" in log.read_text())

    def kill_runner(self, name: str) -> None:
        """As when its machine is gone: with the run that it carries out."""
        end(self._runners[name])

    def noted(self) -> list[str]:
        path = self.folder / "runs"
        return path.read_text().splitlines() if path.exists() else []

    def began(self, asked: str) -> int:
        """How often a run of what was asked for began."""
        return sum(line.startswith(f"began {asked} ") for line in self.noted())

    def runs(self, asked: str) -> list[dg.DagsterRun]:
        """Of what was asked for, oldest first."""
        return list(reversed(self.instance.get_runs(dg.RunsFilter(tags={ASKED: asked}))))

    def statuses(self, asked: str) -> list[str]:
        return [run.status.value for run in self.runs(asked)]

    def takers(self, asked: str) -> list[str | None]:
        """The runner of each of these runs."""
        return [run.tags.get(RUNNER_TAG) for run in self.runs(asked)]

    def want(self, asked: str) -> None:
        (self.folder / asked).touch()

    def want_and_hold(self, *asked: str) -> None:
        """Until each is in the middle of its work."""
        (self.folder / "hold").touch()
        for each in asked:
            self.want(each)
        self.until(lambda: all(self.began(each) for each in asked))

    def let_go(self) -> None:
        (self.folder / "hold").unlink()

    def was_put_back(self, asked: str) -> bool:
        """Whether a run came back into the queue, for want of a broker."""
        told = (
            str(entry.dagster_event)
            for run in self.runs(asked)
            for entry in self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        )
        return any("The broker of the runners is away" in each for each in told)

    def until(self, holds) -> None:
        log = self.folder / "daemon.log"
        eventually(holds, within_seconds=LONG, shown=lambda: log.read_text()[-3000:] if log.exists() else "")


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder, port = tmp_path_factory.mktemp("stand"), free_port()
    password = folder / "broker_password"
    password.write_text("a b/c:d@e%")  # pragma: allowlist secret
    (folder / "dagster.yaml").write_text(SETTINGS)
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        f"load_from: [{{grpc_server: {{host: 127.0.0.1, port: {port}, location_name: steered}}}}]"
    )
    with pytest.MonkeyPatch.context() as patch, ExitStack() as processes:
        broker = processes.enter_context(running_redis(folder, password=password.read_text()))
        for name, value in {
            "DAGSTER_HOME": str(folder),
            "STEERED_FOLDER": str(folder),
            "PYTHONPATH": str(ROOT),
            "METEO_BROKER": broker.url,
            "METEO_BROKER_PASSWORD_FILE": str(password),
            "METEO_RUNNERS": str(len(RUNNERS)),
        }.items():
            patch.setenv(name, value)
        # Before the others, who would make its databases all at once.
        instance = processes.enter_context(dg.DagsterInstance.from_config(str(folder)))
        code = ("dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(port))
        for command, log in (
            ((*code, "-m", "meteo_tests.faults.steered_pipeline"), "code.log"),
            (("dagster._daemon", "run", "-w", str(workspace)), "daemon.log"),
        ):
            processes.enter_context(process(*command, log=folder / log))
        stand = Stand(folder, instance, broker, processes)
        for name in RUNNERS:
            stand.start_runner(name)
        stand.until((folder / "ticks").exists)
        yield stand


def test_two_runs_at_once_are_on_two_runners(stand: Stand):
    stand.want_and_hold("want-this", "want-that")

    stand.let_go()

    stand.until(lambda: stand.statuses("want-this") == stand.statuses("want-that") == ["SUCCESS"])
    assert {*stand.takers("want-this"), *stand.takers("want-that")} == set(RUNNERS)


def test_a_run_that_is_ended_is_canceled_and_not_tried_again(stand: Stand):
    stand.want_and_hold("want-to-end")

    assert stand.instance.run_launcher.terminate(stand.runs("want-to-end")[0].run_id)

    stand.until(lambda: stand.statuses("want-to-end") == ["CANCELED"])
    stand.let_go()
    stand.want("want-after-it")
    stand.until(lambda: stand.statuses("want-after-it") == ["SUCCESS"])
    assert stand.statuses("want-to-end") == ["CANCELED"]
    assert not [line for line in stand.noted() if line.startswith("ended want-to-end ")]


@pytest.mark.fault(
    "kill -9 of a runner with the run that it carries out", "run failed, and carried out by another runner"
)
def test_the_run_of_a_killed_runner_is_carried_out_by_another(stand: Stand):
    stand.want_and_hold("want-in-spite")
    killed = stand.takers("want-in-spite")[0]
    assert killed

    stand.kill_runner(killed)
    stand.let_go()

    stand.until(lambda: stand.statuses("want-in-spite") == ["FAILURE", "SUCCESS"])
    assert stand.takers("want-in-spite") == [killed, *set(RUNNERS) - {killed}]
    stand.start_runner(killed)


@pytest.mark.fault(
    "the runners' broker away when a run is due, and back",
    "the run waits in the queue, and is carried out once",
)
def test_a_run_that_is_due_while_the_broker_is_away_waits_for_it(stand: Stand):
    stand.broker.stop()
    stand.want("want-meanwhile")
    stand.until(lambda: stand.was_put_back("want-meanwhile"))
    stand.broker.start()

    stand.until(lambda: stand.statuses("want-meanwhile") == ["SUCCESS"])
    assert stand.began("want-meanwhile") == 1

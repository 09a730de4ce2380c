"""Dagster's daemon and its PostgreSQL killed, away and back, while a pipeline works.

Processes as in the stack: code server, daemon, a run as a child of the code server; what ends is started
again, as the engine does.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from meteo_tests.api.clients import end, eventually, free_port, process
from meteo_tests.faults.steered_pipeline import ASKED
from meteo_tests.postgresql import Postgresql, restartable_postgresql

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
LONG = 240.0
"""Seconds that anything may take on a machine that does much else."""
SETTINGS = """\
storage: {{postgres: {{postgres_url: "{url}"}}}}
local_artifact_storage:
  {{module: dagster._core.storage.root, class: LocalArtifactStorage, config: {{base_dir: {folder}}}}}
telemetry: {{enabled: false}}
run_retries: {{enabled: true, max_retries: 1}}
run_monitoring: {{enabled: true, poll_interval_seconds: 1}}
"""


class Restarted:
    """A process that is started again whenever it ends, as by a restart policy."""

    def __init__(self, *command: str, log: Path, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", *command]
        self._log = log
        self._environment = {**os.environ, **environment}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep)
        self.current = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(
                self._command, stdout=output, stderr=output, env=self._environment, start_new_session=True
            )

    def _keep(self) -> None:
        while not self._over.wait(0.2):
            if self.current.poll() is not None:
                self.current = self._start()

    def kill(self) -> None:
        """As `kill -9` does."""
        self.current.kill()

    @contextmanager
    def kept(self) -> Iterator["Restarted"]:
        """Until the end of the `with` block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join()
            end(self.current)


class Stand:
    """The processes, and what a test sees of them."""

    def __init__(self, folder: Path, server: Postgresql, daemon: Restarted) -> None:
        self.folder = folder
        self.server = server
        self.daemon = daemon
        self.instance = dg.DagsterInstance.from_config(str(folder))

    def lines(self, file: str) -> list[str]:
        path = self.folder / file
        return path.read_text().splitlines() if path.exists() else []

    def began(self, asked: str) -> list[int]:
        """Processes that began with a run."""
        found = (line.split() for line in self.lines("runs"))
        return [int(pid) for what, name, pid in found if (what, name) == ("began", asked)]

    def statuses(self, asked: str) -> list[str]:
        """Of all runs of what was asked for, oldest first."""
        runs = self.instance.get_runs(dg.RunsFilter(tags={ASKED: asked}))
        return [run.status.value for run in reversed(runs)]

    def want(self, asked: str) -> None:
        (self.folder / asked).touch()

    def want_and_hold(self, asked: str) -> int:
        """The process of a run that is in the middle of its work."""
        (self.folder / "hold").touch()
        self.want(asked)
        self.until(lambda: bool(self.began(asked)))
        return self.began(asked)[0]

    def let_go(self) -> None:
        (self.folder / "hold").unlink(missing_ok=True)

    def until(self, holds) -> None:
        log = self.folder / "daemon.log"
        eventually(holds, within_seconds=LONG, shown=lambda: log.read_text()[-3000:])

    def until_ticks_go_on(self) -> None:
        before = len(self.lines("ticks"))
        self.until(lambda: len(self.lines("ticks")) > before)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder, port = tmp_path_factory.mktemp("stand"), free_port()
    with restartable_postgresql() as server:
        (folder / "dagster.yaml").write_text(SETTINGS.format(url=server.url, folder=folder))
        (folder / "workspace.yaml").write_text(
            f"load_from: [{{grpc_server: {{host: 127.0.0.1, port: {port}, location_name: steered}}}}]"
        )
        environment = {
            "DAGSTER_HOME": str(folder),
            "STEERED_FOLDER": str(folder),
            "PYTHONPATH": str(ROOT),
            # Python would hold a buffer's worth of a killed process's last words.
            "PYTHONUNBUFFERED": "1",
        }
        code = ("dagster", "api", "grpc", "--host", "127.0.0.1", "--port", str(port))
        workspace = str(folder / "workspace.yaml")
        with process(
            *code, "-m", "meteo_tests.faults.steered_pipeline", log=folder / "code.log", **environment
        ):
            daemon = Restarted(
                "dagster._daemon",
                "run",
                "-w",
                workspace,
                log=folder / "daemon.log",
                environment=environment,
            )
            with daemon.kept():
                stand = Stand(folder, server, daemon)
                try:
                    stand.until_ticks_go_on()
                    yield stand
                finally:
                    stand.instance.dispose()


@pytest.mark.fault(
    "kill -9 of Dagster's daemon and of the run it started",
    "run failed and retried once, next tick happens, what was wanted meanwhile is done once",
)
def test_a_killed_daemon_comes_back_and_retries_what_was_killed_with_it(stand: Stand):
    run = stand.want_and_hold("want-power-cut")

    stand.daemon.kill()
    os.kill(run, signal.SIGKILL)
    stand.want("want-meanwhile")
    stand.let_go()

    stand.until(lambda: stand.statuses("want-power-cut") == ["FAILURE", "SUCCESS"])
    stand.until(lambda: stand.statuses("want-meanwhile") == ["SUCCESS"])
    stand.until_ticks_go_on()
    assert len(stand.began("want-meanwhile")) == 1


@pytest.mark.fault(
    "Dagster's PostgreSQL away in the middle of a run and at the daemon's start, and back",
    "each run ends as done, by itself or retried; ticks go on without hands",
)
def test_dagsters_database_may_go_away_during_a_run(stand: Stand):
    run = stand.want_and_hold("want-outage")

    stand.server.stop()
    stand.let_go()
    stand.until(lambda: f"ended want-outage {run}" in stand.lines("runs"))
    stand.want("want-after")
    stand.daemon.kill()
    # The one that is started in its place finds no database, says so and ends, again and again.
    stand.until(lambda: "too many retries for DB connection" in (stand.folder / "daemon.log").read_text())
    stand.server.start()

    stand.until(lambda: stand.statuses("want-after") == ["SUCCESS"])
    stand.until(lambda: stand.statuses("want-outage") in (["SUCCESS"], ["FAILURE", "SUCCESS"]))
    stand.until_ticks_go_on()
    assert len(stand.began("want-after")) == 1

"""A real Dagster with the stand-in pipeline, for whole modules of tests: `from ... import *`."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from meteo_tests.api.clients import answers_at, eventually, free_port, process

__all__ = ["dagster_url", "folder", "hold"]

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """\
telemetry: {enabled: false}
concurrency: {pools: {default_limit: 1, granularity: op}}
run_monitoring:
  {enabled: true, poll_interval_seconds: 5, cancel_timeout_seconds: 20, free_slots_after_run_end_seconds: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stand-in")


@pytest.fixture(scope="module")
def dagster_url(folder: Path) -> Iterator[str]:
    """A real Dagster: webserver, daemon, code server."""
    port = free_port()
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(SETTINGS)
    shutil.copy(ROOT / "meteo_tests/api/stand_in_pipeline.py", folder)
    command = (
        "dagster",
        "dev",
        "-f",
        str(folder / "stand_in_pipeline.py"),
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    )
    environment = {"DAGSTER_HOME": str(home), "STAND_IN_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    with process(*command, log=folder / "dagster.log", **environment):
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers_at(f"{url}/server_info"), within_seconds=150)
        yield url


@pytest.fixture
def hold(folder: Path) -> Iterator[Callable[[], None]]:
    """Runs wait in their first step until the test lets them go."""
    (folder / "hold").touch()

    def let_go() -> None:
        (folder / "hold").unlink(missing_ok=True)

    yield let_go
    let_go()

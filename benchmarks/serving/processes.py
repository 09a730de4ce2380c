"""Servers, each on the same one core, started for the time of a benchmark."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

SERVER_CORE: Final = "0"
START_SECONDS: Final = 90.0


class Servers(ExitStack):
    """Starts servers that end with the `with` block; their output goes to files in `logs`."""

    def __init__(self, logs: Path) -> None:
        super().__init__()
        self._logs = logs

    def start(self, name: str, *command: str, ready: str, **environment: str) -> str:
        """Start `python -m command`, with {port} filled in; give its address once `ready` answers 200."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            started = subprocess.Popen(
                [
                    *("taskset", "-c", SERVER_CORE, sys.executable, "-m"),
                    *(part.format(port=port) for part in command),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(environment | {"METEO_API_PORT": str(port)}),
                start_new_session=True,
            )
        self.callback(_end, started)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{address}{ready}"):
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        return address


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    # `mlflow models serve` looks for uvicorn on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **more}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _end(started: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(started.pid, 15)
        started.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, 9)
        started.wait()
    except ProcessLookupError:  # it has ended already
        pass

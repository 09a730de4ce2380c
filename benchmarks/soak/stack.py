"""The stack of the soak: what `meteo demo` starts, on free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DAYS: Final = 430
"""Simulated days: more than the year that training takes."""
START_SECONDS: Final = 900.0
"""On two cores that do nothing else it takes a minute."""
STOP_SECONDS: Final = 60.0
READY: Final = "Ctrl-C stops all of them."


class NotStarted(Exception):
    """The stack did not come up."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that answers."""

    process: subprocess.Popen[bytes]
    api: str
    """Address of the service."""
    passwords: Mapping[str, str]
    """By user."""

    def require_alive(self) -> None:
        """Raise `NotStarted` where the stack has ended."""
        if self.process.poll() is not None:
            raise NotStarted(f"the stack ended with code {self.process.returncode}")


@contextmanager
def started(folder: Path) -> Iterator[Stack]:
    """A stack with its state in `folder`, stopped as Ctrl-C stops it."""
    ports = _free_ports("dagster", "api", "mlflow", "simulator")
    options = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
    output = folder / "demo.log"
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("METEO_", "DAGSTER_"))}
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "meteo_cli", "demo", "--home", str(folder), "--days", str(DAYS), *options],
            env=ours,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches us alone: it is stopped once the load has ended.
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while READY not in output.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"no stack:\n{output.read_text(errors='replace')[-3000:]}")
            time.sleep(0.5)
        lines = (folder / "demo-passwords.txt").read_text(encoding="utf-8").splitlines()
        passwords = {name: word for name, _, word in (line.partition(": ") for line in lines)}
        yield Stack(process, f"http://127.0.0.1:{ports['api']}", passwords)
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_ports(*names: str) -> dict[str, int]:
    """A port for each that nobody listens on at this moment."""
    with ExitStack() as opened:
        probes = {name: opened.enter_context(socket.socket()) for name in names}
        for probe in probes.values():
            probe.bind(("127.0.0.1", 0))
        return {name: probe.getsockname()[1] for name, probe in probes.items()}

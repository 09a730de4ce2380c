"""Processes that the demo starts, waits for and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import httpx

from meteo_core.errors import MeteoError

POLL_SECONDS = 0.2
STOP_SECONDS = 15.0
LOG_TAIL_LINES = 15


class ServiceFailed(MeteoError):
    """A process ended, or did not answer in time."""


class PortInUse(MeteoError):
    """Another program listens where one of ours should."""


def require_free(ports: Mapping[str, int]) -> None:
    """Raise `PortInUse` for the first of these (option name to port) that is taken."""
    for option, port in ports.items():
        with socket.socket() as probe:
            # As servers do: a port in TIME_WAIT after the last demo is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PortInUse(
                    f"port {port} is taken: stop what listens there, or choose another with {option}"
                ) from error


class Services:
    """Child processes, each in a group of its own, stopped together on leaving the `with` block."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Services":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def add_environment(self, environment: Mapping[str, str]) -> None:
        """Give these variables to processes started from now on."""
        self._environment |= environment

    def start(self, name: str, module: str, *arguments: str, cwd: Path | None = None) -> None:
        """Start `python -m module`, its output going to a log file."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self._environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches us alone, and we stop the others in order.
                start_new_session=True,
                # A shell may have started us with interrupts ignored, and children inherit that.
                preexec_fn=_heed_signals,
            )

    def wait_until_ready(
        self, name: str, url: str, *, whatever_it_answers: bool = False, timeout_seconds: float = 90.0
    ) -> None:
        """Wait for `url` to answer 200, or to answer at all; raises `ServiceFailed` with the log's end."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if (code := self._running[name].poll()) is not None:
                raise ServiceFailed(f"{name} ended with code {code}:\n{self._tail(name)}")
            try:
                answer = httpx.get(url, timeout=2.0)
                if whatever_it_answers or answer.status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(POLL_SECONDS)
        raise ServiceFailed(f"{name} did not answer at {url} in {timeout_seconds:.0f} s:\n{self._tail(name)}")

    def wait_for_any_end(self) -> None:
        """Block until one of the processes ends; raises `ServiceFailed` that names it."""
        while True:
            for name, process in self._running.items():
                if (code := process.poll()) is not None:
                    raise ServiceFailed(f"{name} ended with code {code}:\n{self._tail(name)}")
            time.sleep(1.0)

    def stop(self) -> None:
        """Ask every group to end, newest first; insist after `STOP_SECONDS`."""
        stopping = list(reversed(self._running.items()))
        for _, process in stopping:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for _, process in stopping:
            with suppress(subprocess.TimeoutExpired):  # insisted on below
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            # Grandchildren may outlive their parent.
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])


def _heed_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # the whole group has ended
        os.killpg(process.pid, number)

"""How tests speak to the service."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar import Litestar

LOOPBACK = "http://127.0.0.1:8000"
PREDICTIONS = "/api/v1/predictions"


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem details that a response with this status must hold."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    assert len(response.content) < 20_000
    return problem


def pointers(problem: dict[str, Any]) -> list[str]:
    """Values that a problem names."""
    return [error["pointer"] for error in problem["errors"]]


def eventually(
    holds: Callable[[], bool], *, within_seconds: float = 20.0, shown: Callable[[], object] = lambda: ""
) -> None:
    """Wait until a claim about a running service holds; what is `shown` explains a failure."""
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_seconds} s {shown()}"
        time.sleep(0.02)


@contextmanager
def listening(app: Litestar) -> Iterator[str]:
    """The app behind a real server on a free port; gives its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive())
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@contextmanager
def asking(
    address: str, bodies: Sequence[Any], *, threads: int, headers: httpx.Headers | None = None
) -> Iterator[list[httpx.Response | Exception]]:
    """Clients that ask without a pause; gives the list that their answers go into."""
    answers: list[httpx.Response | Exception] = []
    stop = threading.Event()

    def ask(body: Any) -> None:
        with httpx.Client(base_url=address, timeout=30.0, headers=headers) as client:
            while not stop.is_set():
                try:
                    answers.append(client.post(PREDICTIONS, json=body))
                except httpx.HTTPError as error:
                    answers.append(error)

    asked = [threading.Thread(target=ask, args=(bodies[i % len(bodies)],)) for i in range(threads)]
    for thread in asked:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in asked:
            thread.join(timeout=30)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(*command: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own, ended with all that it started."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        try:
            yield started
        finally:
            end(started)


def end(started: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children at once."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(timeout=10)


def answers_at(url: str) -> bool:
    """Whether something answers with success at this address."""
    try:
        return httpx.get(url, timeout=2.0).is_success
    except httpx.HTTPError:
        return False

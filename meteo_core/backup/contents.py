"""Which files of a state folder belong in a backup.

All of them, so that what is added to the state later is in it without being named here; except what is
made anew by itself, and files that are being written.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from meteo_core.backup.copies import is_sqlite
from meteo_core.home import Home

LEFT_OUT: Final = ("logs", "meteo.duckdb.wal", "meteo.duckdb.tmp")
"""By name in the state folder: logs of the demo, and what the warehouse's copy holds already."""
ASIDE: Final = "before-restore-"
"""Beginning of the names of folders that a restore has moved aside, and of one that it works in."""
CATALOG: Final = ".ducklake"
"""Ending of a lake's catalog that is a file: like the lake's own files, it is not copied as it stands."""
_POINTER: Final = "CURRENT"
_COMPANIONS: Final = ("-wal", "-shm", "-journal")
_UNFINISHED: Final = re.compile(
    r"^\..*|^meteo\.duckdb\.[0-9a-f]{32}$|^CURRENT\..+|^secret\.\d+$|^demo-passwords\.new$"
)
"""Names under which parts of Meteo write what they rename when it is whole."""


def databases_in(home: Home) -> list[Path]:
    """SQLite files of the state folder."""
    return [file for file in _walk(home.root) if file.suffix == ".db" and is_sqlite(file)]


def files_in(home: Home, *, databases: list[Path]) -> Iterator[Path]:
    """Every other file that belongs in a backup.

    Of what is published under a pointer (snapshots, the service's copy of the champion) only what it
    points at: the rest may be cleared away at any moment, and is nothing that anyone reads.
    """
    skip = {home.warehouse, *databases}
    skip |= {Path(f"{database}{end}") for database in databases for end in _COMPANIONS}
    for pointed in (home.serving, home.model_cache):
        pointer = pointed / _POINTER
        if pointer.is_file():
            yield pointer
            # Read once: what it named is not cleared away before five others were published.
            yield from sorted(_walk(pointed / pointer.read_text(encoding="utf-8").strip()))
    for file in _walk(home.root):
        below = file.relative_to(home.root)
        if (
            file not in skip
            and below.parts[0] not in (home.serving.name, home.model_cache.name, home.lake.name)
            and file.suffix != CATALOG
        ):
            yield file


def _walk(folder: Path) -> Iterator[Path]:
    """Regular files below a folder in order, also through links to folders; none of `LEFT_OUT`."""
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        place = Path(here)
        if os.path.realpath(here) in seen:
            folders.clear()  # a link back to where we have been
            continue
        seen.add(os.path.realpath(here))
        names = [name for name in files if not _UNFINISHED.match(name)]
        # A disk mounted further below has its own folder of what was moved aside.
        folders[:] = sorted(
            name for name in folders if not _UNFINISHED.match(name) and not name.startswith(ASIDE)
        )
        if place == folder:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            names = [name for name in names if name not in LEFT_OUT]
        yield from (place / name for name in sorted(names) if (place / name).is_file())

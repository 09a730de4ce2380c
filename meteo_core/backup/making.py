"""Making a backup of a state that may be in use."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from meteo_core.backup import postgresql
from meteo_core.backup.archive import ArchiveWriter, written
from meteo_core.backup.contents import databases_in, files_in
from meteo_core.backup.copies import copy_sqlite, copy_warehouse, rows_in_sqlite, rows_in_warehouse
from meteo_core.backup.manifest import Manifest, Rows, UnusableBackup, own_version
from meteo_core.backup.places import SERVICE, Places
from meteo_core.warehouse import Warehouse
from meteo_core.warehouse.copying import copy_tables
from meteo_core.warehouse.migrations import applied_scripts

POSTGRESQL: Final = "postgresql"
"""Folder of the dumps in an archive."""


def make_backup(
    places: Places, file: Path, *, replace: bool = False, lake: Warehouse | None = None
) -> Manifest:
    """Write everything that a state is into one file, and give its manifest.

    Each database is copied as it was at one moment, whoever writes to it meanwhile. Databases come first and
    files then, so that no row names a file that is not there: documents and models are written before their
    rows. Two databases may be some seconds apart. Tables that are in a lake are copied out of it, and are a
    single file in the backup; what the lake remembers of earlier days is not in it.

    Raises `UnusableBackup`, `WarehouseError` and `OSError`; nothing is left then.
    """
    home, file = places.home, file.absolute()
    if not home.root.is_dir():
        raise UnusableBackup(f"there is no state folder {home.root}: set METEO_HOME, or give --home")
    if file.is_relative_to(home.root):
        raise UnusableBackup(
            f"{file} is in the state folder itself: choose a place outside, best on another disk"
        )
    began = datetime.now(UTC)
    rows: dict[str, Rows] = {}
    scripts: tuple[str, ...] = ()
    service_revision = None
    with written(file, replace=replace) as archive, _workspace(file.parent) as workspace:
        if lake is not None or home.warehouse.exists():
            with _copied(home.warehouse, workspace) as copy:
                if lake is None:
                    copy_warehouse(home.warehouse, copy)
                else:
                    _copy_lake(lake, copy)
                with Warehouse(copy).connect_as_it_is() as connection:
                    scripts = tuple(sorted(applied_scripts(connection)))
                rows[home.warehouse.name] = rows_in_warehouse(copy)
                archive.add(copy, home.warehouse.name)
        databases = databases_in(home)
        for database in databases:
            name = _name(database, places)
            with _copied(database, workspace) as copy:
                copy_sqlite(database, copy)
                rows[name] = rows_in_sqlite(copy)
                if database == home.service_database and SERVICE not in places.postgresql:
                    service_revision = _revision(copy)
                archive.add(copy, name)
        for server, address in places.postgresql.items():
            name = f"{POSTGRESQL}/{server}.dump"
            with _copied(Path(name), workspace) as copy:
                rows[name] = postgresql.dump(address, copy)
                if server == SERVICE:
                    service_revision = postgresql.revision(address)
                archive.add(copy, name)
        _add_files(archive, places, databases)
        manifest = Manifest(
            meteo=own_version(),
            created_at=began,
            home=str(home.root),
            scripts=scripts,
            service_revision=service_revision,
            members=dict(archive.members),
            rows=rows,
            postgresql=tuple(places.postgresql),
        )
        archive.close_with(manifest)
    return manifest


def _copy_lake(lake: Warehouse, copy: Path) -> None:
    different = [table.name for table in copy_tables(lake, Warehouse(copy)) if not table.is_same]
    if different:
        raise UnusableBackup(f"{lake.place}: the copy differs in {', '.join(different)}")
    copy.chmod(0o600)


def _add_files(archive: ArchiveWriter, places: Places, databases: list[Path]) -> None:
    for found in files_in(places.home, databases=databases):
        try:
            archive.add(found, _name(found, places))
        except FileNotFoundError:
            if places.home.serving in found.parents or places.home.model_cache in found.parents:
                raise  # a part of what is current
            # Cleared away since it was listed: not part of the state any more.


def _name(file: Path, places: Places) -> str:
    return file.relative_to(places.home.root).as_posix()


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Folder for copies, readable by its owner only, beside the archive, where there must be room anyway."""
    made = Path(tempfile.mkdtemp(prefix=".meteo-backup-", dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _copied(database: Path, workspace: Path) -> Iterator[Path]:
    copy = workspace / database.name
    try:
        yield copy
    finally:
        for left in workspace.glob(f"{database.name}*"):
            left.unlink()


def _revision(service_database: Path) -> str | None:
    with closing(sqlite3.connect(f"{service_database.as_uri()}?immutable=1", uri=True)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None  # no table: nobody has used it yet
    return found[0] if found else None

"""Making a state of a backup: everything is checked before anything is replaced."""

import shutil
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meteo_core.backup import postgresql
from meteo_core.backup.archive import unpacked
from meteo_core.backup.contents import ASIDE
from meteo_core.backup.copies import rows_in_sqlite, rows_in_warehouse
from meteo_core.backup.making import POSTGRESQL
from meteo_core.backup.manifest import Manifest, Rows, UnusableBackup, require_known
from meteo_core.backup.places import Places
from meteo_core.backup.placing import entries, put_in_place, staged
from meteo_core.home import Home
from meteo_core.model.artifact_places import relocate


@dataclass(frozen=True)
class Restored:
    """What was restored, or would be."""

    manifest: Manifest
    relocated: int
    """Addresses of model files that named another folder."""
    aside: Path | None
    """Where the state that was there before is now."""


def restore_backup(
    file: Path,
    places: Places,
    *,
    service_revisions: Collection[str],
    force: bool = False,
    dry_run: bool = False,
    in_use: Callable[[Path], list[str]] = lambda _: [],
) -> Restored:
    """Put the state of a backup into the place of the present one.

    Every file's hash and every table's number of rows are compared with the manifest before anything is
    replaced; what was there is moved aside, never removed. `service_revisions` are those that this release
    knows. `in_use` names processes that have files of a folder open. With `dry_run` nothing is replaced.

    Raises `UnusableBackup` where the file is not whole, is a newer release's, or does not fit the settings.
    """
    home = places.home
    if not dry_run:
        _require_replaceable(home.root, force=force, in_use=in_use)
    with _workspace(home.root) as new:
        state = new / "state"
        state.mkdir()
        manifest = unpacked(file, state)
        require_known(manifest, service_revisions=service_revisions)
        _require_same_databases(manifest, places)
        dumps = _taken_out(state, new)
        relocated = _relocated(Home(state), home)
        _require_same_rows(_rows(manifest, state), manifest)
        if dry_run:
            return Restored(manifest, relocated, None)
        aside = _aside(home.root)
        with staged(state, home.root) as ready:
            _restore_servers(places, manifest, dumps, aside, force=force)
            put_in_place(ready, home.root, aside)
    return Restored(manifest, relocated, aside if aside.exists() else None)


def _require_replaceable(folder: Path, *, force: bool, in_use: Callable[[Path], list[str]]) -> None:
    if not entries(folder):
        return
    if not force:
        raise UnusableBackup(
            f"{folder} holds a state: give another folder with --home, or --force to move this one aside"
        )
    using = in_use(folder)
    if using:
        raise UnusableBackup(f"{folder} is in use by {', '.join(using)}: stop them first")


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """Folder on the same disk as the state, so that putting a file in its place is a rename."""
    within = folder if folder.is_mount() else folder.parent
    within.mkdir(parents=True, exist_ok=True)
    made = within / f"{ASIDE}{uuid.uuid4().hex[:8]}"
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _require_same_databases(manifest: Manifest, places: Places) -> None:
    for name in manifest.postgresql:
        if name not in places.postgresql:
            raise UnusableBackup(
                f"the backup holds the PostgreSQL database of {name}, and the settings name none to restore "
                "it into: set METEO_DATABASE_URL, METEO_MLFLOW_URI or METEO_BACKUP_DATABASES"
            )
    for name in places.postgresql:
        if name not in manifest.postgresql:
            raise UnusableBackup(
                f"the settings name a PostgreSQL database of {name}, and the backup holds none: what is in "
                "it would stay. Unset its address to restore the files alone"
            )


def _taken_out(state: Path, new: Path) -> Path:
    """The dumps are no part of the state folder."""
    dumps = new / POSTGRESQL
    if (state / POSTGRESQL).exists():
        (state / POSTGRESQL).rename(dumps)
    return dumps


def _relocated(state: Home, home: Home) -> int:
    database = state.mlflow / "mlflow.db"
    return relocate(database, home.mlflow / "artifacts") if database.exists() else 0


def _rows(manifest: Manifest, state: Path) -> dict[str, Rows]:
    """Rows of each database of files, counted anew."""
    warehouse = Home(state).warehouse.name
    return {
        name: rows_in_warehouse(state / name) if name == warehouse else rows_in_sqlite(state / name)
        for name in manifest.rows
        if not name.startswith(f"{POSTGRESQL}/")
    }


def _require_same_rows(counted: dict[str, Rows], manifest: Manifest) -> None:
    for database, tables in counted.items():
        said = manifest.rows[database]
        for table in sorted(said.keys() | tables.keys()):
            if said.get(table) != tables.get(table):
                raise UnusableBackup(
                    f"{database}: {table} has {tables.get(table)} rows, backed up were {said.get(table)}"
                )


def _aside(folder: Path) -> Path:
    within = folder if folder.is_mount() else folder.parent
    name = "" if folder.is_mount() else f"{folder.name}-"
    return within / f"{name}{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def _restore_servers(places: Places, manifest: Manifest, dumps: Path, aside: Path, *, force: bool) -> None:
    """Restore each PostgreSQL database, whole or not at all; what was in it is dumped aside first."""
    for name in manifest.postgresql:
        address = places.postgresql[name]
        if postgresql.rows(address):
            if not force:
                raise UnusableBackup(f"the PostgreSQL database of {name} has tables: --force replaces them")
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            postgresql.dump(address, aside / f"{name}.dump")
        counted = postgresql.restore(address, dumps / f"{name}.dump")
        _require_same_rows({f"{POSTGRESQL}/{name}.dump": counted}, manifest)

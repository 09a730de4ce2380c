"""`meteo backup` and `meteo restore`: a whole state in one file, and back."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from meteo_api.database.schema import known_revisions
from meteo_api.settings import Settings
from meteo_assets.settings import Settings as PipelineSettings
from meteo_cli.console import console
from meteo_core.backup import Manifest, Places, make_backup, restore_backup


class BackupSettings(BaseSettings):
    """What an operator may set about backups."""

    model_config = SettingsConfigDict(
        env_prefix="METEO_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    backup_databases: Annotated[dict[str, str], Field(repr=False)] = {}
    """Further PostgreSQL databases by name, as JSON: Dagster's, and that of a tracking server."""


def back_up(out: Path | None, *, force: bool) -> None:
    """Write the state that the settings name into a file."""
    began = time.monotonic()
    places = _places()
    file = out or Path(f"meteo-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.zst")
    settings = PipelineSettings()
    lake = settings.tables() if settings.warehouse else None
    manifest = make_backup(places, file, replace=force, lake=lake)
    _show(manifest)
    if lake is not None:
        console.print(
            f"{places.home.warehouse.name} is a copy of {lake.place}, the same row by row. What that lake "
            "remembers of earlier days (snapshots) is not in it.",
            markup=False,
        )
    console.print(
        f"{file}: {file.stat().st_size:,} bytes in {time.monotonic() - began:.1f} s, for its owner's eyes: "
        "it holds password hashes and the secret.",
        markup=False,
    )
    if Settings().registry_uri.startswith("http") and "mlflow" not in places.postgresql:
        console.print(
            "Not in it: the database of the MLflow server, which METEO_BACKUP_DATABASES does not name."
        )


def restore(file: Path, *, dry_run: bool, force: bool) -> None:
    """Make the state that the settings name be what a backup says."""
    places = _places()
    restored = restore_backup(
        file,
        places,
        service_revisions=known_revisions(),
        force=force,
        dry_run=dry_run,
        in_use=processes_using,
    )
    _show(restored.manifest)
    console.print(
        f"Every file is as it was backed up, and so are the {restored.manifest.row_count:,} rows of "
        f"{sum(map(len, restored.manifest.rows.values()))} tables."
    )
    if dry_run:
        console.print("Nothing was replaced.")
        return
    if restored.relocated:
        console.print(
            f"Model files: {restored.relocated} addresses now name {places.home.mlflow}.", markup=False
        )
    if restored.aside:
        console.print(f"What was there before is in {restored.aside}.", markup=False)
    console.print(f"Restored to {places.home.root}.", markup=False)
    address = PipelineSettings().warehouse
    if address:
        console.print(
            "METEO_WAREHOUSE names a lake, which is as it was: bring the restored tables into it by\n  meteo "
            f"warehouse copy {places.home.warehouse} ADDRESS-OF-THE-LAKE --replace",
            markup=False,
        )


def _places() -> Places:
    settings = Settings()
    return Places.named(
        settings.home,
        service_database_url=settings.service_database_url,
        registry_uri=settings.registry_uri,
        others=BackupSettings().backup_databases,
    )


def _show(manifest: Manifest) -> None:
    console.print(
        f"State of {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC, by Meteo {manifest.meteo}, "
        f"from {manifest.home}",
        markup=False,
    )
    for database, tables in manifest.rows.items():
        size = manifest.members[database].size
        console.print(
            f"  {database:<32} {sum(tables.values()):>12,} rows of {len(tables):>3} tables {size:>14,} bytes",
            markup=False,
        )
    others = [member for name, member in manifest.members.items() if name not in manifest.rows]
    console.print(f"  {'files':<32} {len(others):>12,} {'':>15} {sum(m.size for m in others):>14,} bytes")


def processes_using(folder: Path) -> list[str]:
    """Other processes that have a file of a folder open, as far as this machine tells us (Linux)."""
    proc, below, found = Path("/proc"), f"{folder.resolve()}/", []
    for process in proc.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            opened = [os.readlink(handle) for handle in (process / "fd").iterdir()]
            if any(target.startswith(below) for target in opened):
                name = (process / "comm").read_text(encoding="utf-8").strip()
                found.append(f"{name} (process {process.name})")
        except OSError:
            continue  # ended meanwhile, or another user's
    return found

"""What a backup says of itself: by whom and when it was made, and what exactly is in it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final

from packaging.version import InvalidVersion, Version

from meteo_core.errors import MeteoError
from meteo_core.warehouse.migrations import scripts

FORMAT: Final = 1
"""Counts up when an older Meteo could not read a backup of a newer one."""
FILE: Final = "manifest.json"

Rows = Mapping[str, int]
"""Rows of each table, by its name."""


class UnusableBackup(MeteoError):
    """A file that is no backup, is not whole, or is not of a release that this one can use."""


@dataclass(frozen=True)
class Member:
    """One file of a backup."""

    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Manifest:
    """All that is known of a backup before it is unpacked."""

    meteo: str
    """Release that made it."""
    created_at: datetime
    """UTC, aware: when the copying began."""
    home: str
    """State folder that it was made of."""
    scripts: tuple[str, ...]
    """Migrations that its warehouse has seen."""
    service_revision: str | None
    """Migration at which its service database is; None where it has none."""
    members: Mapping[str, Member]
    """By path in the archive."""
    rows: Mapping[str, Rows]
    """By database: its path in the archive."""
    postgresql: tuple[str, ...]
    """Names of the PostgreSQL databases in it."""

    def as_json(self) -> str:
        """Text of the manifest's file."""
        said = asdict(self) | {"created_at": self.created_at.isoformat(timespec="seconds")}
        return json.dumps({"format": FORMAT, **said}, indent=1)

    @property
    def row_count(self) -> int:
        """Rows of all tables of all databases."""
        return sum(sum(tables.values()) for tables in self.rows.values())


def own_version() -> str:
    """This release."""
    return version("meteo")


def read_manifest(text: str | bytes) -> Manifest:
    """The manifest in a text; raises `UnusableBackup`."""
    try:
        said = json.loads(text)
        made_for = said.pop("format")
        if made_for > FORMAT:
            raise UnusableBackup(
                f"this backup has format {made_for}, made by Meteo {said.get('meteo')}; this is Meteo "
                f"{own_version()}, which reads formats up to {FORMAT}: restore it with the newer release"
            )
        return Manifest(
            meteo=str(said["meteo"]),
            created_at=datetime.fromisoformat(said["created_at"]),
            home=str(said["home"]),
            scripts=tuple(said["scripts"]),
            service_revision=said["service_revision"],
            members={name: Member(**member) for name, member in said["members"].items()},
            rows=said["rows"],
            postgresql=tuple(said["postgresql"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableBackup(f"the backup's {FILE} cannot be read: {error!r}") from error


def require_known(manifest: Manifest, *, service_revisions: Collection[str]) -> None:
    """Raise `UnusableBackup` for a backup of a newer release; an older one comes up to date when used."""
    unknown = [f"warehouse {name}" for name in manifest.scripts if name not in scripts()]
    if manifest.service_revision is not None and manifest.service_revision not in service_revisions:
        unknown.append(f"service database {manifest.service_revision}")
    if unknown or _is_newer(manifest.meteo):
        told = f" (it knows {', '.join(unknown)}, which this one does not)" if unknown else ""
        raise UnusableBackup(
            f"this backup was made by a newer release, Meteo {manifest.meteo}{told}; this is Meteo "
            f"{own_version()}: install that release, or a later one, and restore with it"
        )


def _is_newer(made_by: str) -> bool:
    try:
        return Version(made_by) > Version(own_version())
    except InvalidVersion as error:
        raise UnusableBackup(f"the backup names no release that made it: {made_by!r}") from error

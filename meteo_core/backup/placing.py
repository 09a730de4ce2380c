"""Putting a restored state into the place of the present one: what was there is moved aside, never removed.

Everything is a rename, which either happens or not. A folder that a disk is mounted on cannot be renamed, and
nothing can be renamed into it from another disk: what belongs there is copied beside its place beforehand, so
that a full disk is noticed while nothing has been replaced.
"""

import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from meteo_core.backup.contents import ASIDE, CATALOG
from meteo_core.home import Home

_MOUNTS: Final = Path("/proc/self/mountinfo")
_PATH: Final = 4
"""Column of the mount point in a line of mountinfo."""


@dataclass(frozen=True)
class Staged:
    """A new state that lies beside its place, disk by disk."""

    state: Path
    mounted: dict[Path, Path]
    """By mount point below the state folder: the folder on its disk that holds what belongs there."""


@contextmanager
def staged(state: Path, folder: Path) -> Iterator[Staged]:
    """Bring the parts of a new state to the disks that are mounted below the present one."""
    mounted: dict[Path, Path] = {}
    try:
        for point in mounts_below(folder):
            part = state / point.relative_to(folder)
            # Only what is replaced anyway: a disk for something that no backup holds stays as it is.
            if part.is_dir():
                mounted[point] = point / f"{ASIDE}{uuid.uuid4().hex[:8]}"
                shutil.copytree(part, mounted[point])
                shutil.rmtree(part)
        yield Staged(state, mounted)
    finally:
        for made in mounted.values():
            shutil.rmtree(made, ignore_errors=True)


def put_in_place(new: Staged, folder: Path, aside: Path) -> None:
    """Move what is in the present state folder into `aside`, and the new state into its place.

    On each disk that is mounted below, what was there goes into a folder of its own with the name of `aside`.
    """
    points = mounts_below(folder)
    if folder.is_mount() or points:
        for point, part in new.mounted.items():
            _exchange(part, point, point / aside.name[aside.name.index(ASIDE) :], [])
        _exchange(new.state, folder, aside, points)
        return
    if folder.exists():
        shutil.copymode(folder, new.state)
    if not folder.exists() or not any(folder.iterdir()):
        new.state.rename(folder)  # over an empty folder, too
        return
    aside.mkdir(mode=0o700, exist_ok=True)
    before = aside / folder.name
    folder.rename(before)
    try:
        new.state.rename(folder)
    except OSError:
        before.rename(folder)
        raise
    for kept in filter(_stays, before.iterdir()):
        kept.rename(folder / kept.name)


def entries(folder: Path) -> list[Path]:
    """What a restore replaces in a folder: neither states that were moved aside within it, nor a lake."""
    if not folder.exists():
        return []
    return [entry for entry in folder.iterdir() if not _stays(entry)]


def mounts_below(folder: Path) -> list[Path]:
    """Folders below one that something is mounted on (Linux); not the folder itself.

    `Path.is_mount` compares disks, and does not see two volumes of one disk.
    """
    if not _MOUNTS.exists():
        return []
    place = folder.resolve()
    points = {Path(point) for point in mount_points(_MOUNTS.read_text(encoding="utf-8"))}
    return sorted(folder / point.relative_to(place) for point in points if place in point.parents)


def mount_points(mountinfo: str) -> Iterator[str]:
    """Paths of a text as /proc/self/mountinfo has it: blanks and the like are octal there."""
    for line in mountinfo.splitlines():
        yield re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split(" ")[_PATH])


def _stays(entry: Path) -> bool:
    lake = Home(entry.parent).lake
    return entry.name.startswith(ASIDE) or entry == lake or entry.suffix == CATALOG


def _exchange(new: Path, folder: Path, aside: Path, points: list[Path]) -> None:
    """Exchange the entries of a folder; those that lead to a mount point are gone into, not renamed."""
    fixed = {entry for entry in entries(folder) if any(entry == p or entry in p.parents for p in points)}
    for entry in entries(folder):
        if entry not in fixed:
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            entry.rename(aside / entry.name)
    for entry in fixed - set(points):
        _exchange(new / entry.name, entry, aside / entry.name, points)
    for entry in entries(new):
        if folder / entry.name not in fixed:
            entry.rename(folder / entry.name)

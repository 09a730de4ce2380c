"""The service's own copies of champions on disk, for days when the registry is away."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from meteo_core.errors import MeteoError
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import ModelVersion

POINTER: Final = "CURRENT"
VERSION_FILE: Final = "version.json"
KEEP: Final = 3
"""Versions kept: the champion and the two before it, for rolling back without the registry."""
_UNFINISHED: Final = ".unfinished-"


class UnusableCopy(MeteoError):
    """A cached copy that cannot be read."""


class ModelCache:
    """A folder for each version, and a pointer to the one that served last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def last_good(self) -> tuple[ModelVersion, RainModels] | None:
        """The copy that served last, or None where there never was one.

        Raises `UnusableModel` or `UnusableCopy` where it can no longer be read.
        """
        try:
            name = (self.folder / POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self._read(self.folder / name)

    def find(self, wanted: ModelVersion) -> RainModels | None:
        """The copy of exactly this version, where there is a sound one."""
        try:
            stored, models = self._read(self.folder / str(wanted.version))
        except MeteoError:
            return None
        return models if identity(stored) == identity(wanted) else None

    def fetch(self, version: ModelVersion, download: Callable[[Path], Path]) -> RainModels:
        """Download a version, read it, and only then put it in its place.

        `download` fills the folder that it is given and gives the folder with the models in it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        workspace = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            downloaded = download(workspace)
            models = RainModels.load(downloaded)
            (downloaded / VERSION_FILE).write_text(_as_json(version), encoding="utf-8")
            place = self.folder / str(version.version)
            shutil.rmtree(place, ignore_errors=True)
            os.replace(downloaded, place)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
        return models

    def remember(self, version: ModelVersion) -> None:
        """Note that this version serves, and clear away what has become too old."""
        unfinished = self.folder / f"{_UNFINISHED}{POINTER}"
        unfinished.write_text(str(version.version), encoding="utf-8")
        os.replace(unfinished, self.folder / POINTER)
        copies = [copy for copy in self.folder.iterdir() if (copy / VERSION_FILE).is_file()]
        copies.sort(key=lambda copy: (copy / VERSION_FILE).stat().st_mtime)
        for copy in copies[:-KEEP]:
            if copy.name != str(version.version):
                shutil.rmtree(copy, ignore_errors=True)

    def _read(self, copy: Path) -> tuple[ModelVersion, RainModels]:
        try:
            stored = json.loads((copy / VERSION_FILE).read_text(encoding="utf-8"))
            stored["created_at"] = datetime.fromisoformat(stored["created_at"])
            version = ModelVersion(**stored)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UnusableCopy(f"the copy in {copy} cannot be read: {error}") from error
        return version, RainModels.load(copy)


def identity(version: ModelVersion) -> tuple[int, str, datetime]:
    """What tells two versions apart, even where the registry was begun anew and counts from 1 again."""
    return version.version, version.run_id, version.created_at


def _as_json(version: ModelVersion) -> str:
    return json.dumps(
        asdict(version) | {"created_at": version.created_at.isoformat(), "tags": dict(version.tags)}
    )

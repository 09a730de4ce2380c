"""Copies of a whole state in one file, and states made of such a file again."""

from meteo_core.backup.making import make_backup
from meteo_core.backup.manifest import Manifest, UnusableBackup
from meteo_core.backup.places import Places
from meteo_core.backup.restoring import Restored, restore_backup

__all__ = ["Manifest", "Places", "Restored", "UnusableBackup", "make_backup", "restore_backup"]

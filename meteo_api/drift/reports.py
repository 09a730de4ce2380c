"""Evidently's reports, as the pipeline left them for people to read."""

from datetime import date
from pathlib import Path
from typing import Final

from meteo_api.errors import NoReport

PAGE: Final = "report.html"


class DriftReports:
    """The folder of reports, one folder for each week."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, week: date) -> bool:
        """Whether there is a report of the week."""
        return self._path(week).is_file()

    def read(self, week: date) -> bytes:
        """The report as HTML; raises `NoReport`."""
        try:
            return self._path(week).read_bytes()
        except OSError as error:
            raise NoReport(f"there is no drift report of the week of {week}") from error

    def _path(self, week: date) -> Path:
        return self._folder / week.isoformat() / PAGE

"""Evidently's reports and the distributions behind the scores, as the pipeline left them."""

import logging
from datetime import date
from pathlib import Path

from meteo_api.errors import NoReport
from meteo_core.drift.distributions import Distribution, from_json
from meteo_core.drift.files import Subject, distributions_file, report_page
from meteo_core.sentence import Sentence

_LOGGER = logging.getLogger(__name__)


class DriftReports:
    """The folder of reports, one folder for each week."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, week: date, subject: Subject = Subject.OBSERVATIONS) -> bool:
        """Whether there is a report of the week."""
        return report_page(self._folder, week, subject).is_file()

    def read(self, week: date, subject: Subject = Subject.OBSERVATIONS) -> bytes:
        """The report as HTML; raises `NoReport`."""
        try:
            return report_page(self._folder, week, subject).read_bytes()
        except OSError as error:
            raise NoReport(
                Sentence(
                    "there is no drift report of the %(subject)s of the week of %(week)s",
                    subject=subject.value,
                    week=week,
                )
            ) from error

    def distributions(self, week: date, subject: Subject) -> dict[str, Distribution]:
        """Distribution of each parameter that has one; empty where none were kept or they cannot be read."""
        file = distributions_file(self._folder, week, subject)
        try:
            return from_json(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            _LOGGER.warning("%s cannot be read: %s", file, error)
            return {}

    def distribution(self, week: date, subject: Subject, parameter: str) -> Distribution:
        """That of one parameter; raises `NoReport`."""
        found = self.distributions(week, subject)
        if parameter not in found:
            raise NoReport(
                Sentence(
                    "there is no distribution of %(parameter)s of the week of %(week)s",
                    parameter=parameter,
                    week=week,
                )
            )
        return found[parameter]

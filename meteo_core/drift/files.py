"""What is left of a week's drift for people to read: the files of its folder, by what they are about."""

from datetime import date
from enum import StrEnum
from pathlib import Path


class Subject(StrEnum):
    """What was compared with its season."""

    OBSERVATIONS = "observations"
    REQUESTS = "requests"
    """What the service was asked in what-ifs."""


def report_page(folder: Path, week: date, subject: Subject) -> Path:
    """Evidently's report, HTML."""
    return _file(folder, week, subject, "report.html")


def report_data(folder: Path, week: date, subject: Subject) -> Path:
    """The same as JSON."""
    return _file(folder, week, subject, "report.json")


def distributions_file(folder: Path, week: date, subject: Subject) -> Path:
    """What `distributions.to_json` made of each parameter."""
    return _file(folder, week, subject, "distributions.json")


def _file(folder: Path, week: date, subject: Subject, name: str) -> Path:
    return folder / week.isoformat() / (name if subject is Subject.OBSERVATIONS else f"{subject}_{name}")

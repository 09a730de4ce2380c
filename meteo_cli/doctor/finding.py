"""What a check of `meteo doctor` says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    """It works, and somebody should look."""
    FAIL = "fail"
    """It does not work."""
    SKIP = "skip"
    """It cannot be told here, and why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check."""

    state: State
    says: str
    do: str = ""
    """What to do about it; empty where there is nothing to do."""


def ok(says: str) -> Finding:
    """As it should be."""
    return Finding(State.OK, says)


def warn(says: str, do: str) -> Finding:
    """Worth a look."""
    return Finding(State.WARN, says, do)


def fail(says: str, do: str) -> Finding:
    """Broken."""
    return Finding(State.FAIL, says, do)


def skip(says: str) -> Finding:
    """Not to be told here."""
    return Finding(State.SKIP, says)

"""The service's clock, handed in so that tests can say what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware."""


def utc_now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)

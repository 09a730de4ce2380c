"""Windows of days, so that memory is bounded by one of them however long the range and large the network."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

ROWS_AT_ONCE: Final = 400_000
"""Station days of a window: more than ten years of 49 stations, which stay one piece of work."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some days in a row."""

    first: date
    last: date
    """Both included."""


def days_at_once(stations: int, *, least: int = 1, rows: int = ROWS_AT_ONCE) -> int:
    """Days of a window of a network of so many stations; `least` where a window also reads as far back."""
    return max(rows // max(stations, 1), least)


def split(first: date, last: date, *, days: int) -> Iterator[Window]:
    """Days `first`..`last` (both included) as windows of so many days, the last one shorter."""
    while first <= last:
        end = min(last, first + timedelta(days=days - 1))
        yield Window(first, end)
        first = end + timedelta(days=1)

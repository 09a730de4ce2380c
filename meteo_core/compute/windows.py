"""Windows of days, so that memory is bounded by one of them however long the range and large the network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd

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


def with_look_back(
    read: Callable[[date, date], pd.DataFrame], windows: Sequence[Window], *, days: int
) -> Iterator[tuple[pd.DataFrame, date]]:
    """Rows of each window and of the `days` before it, and its first day; no day is read twice.

    `read` gives the rows of days, both included, in order of `date`. Windows follow one another.
    """
    kept, back = None, timedelta(days=days)
    for window in windows:
        rows = read(window.first - back if kept is None else window.first, window.last)
        if kept is not None:
            rows, kept = pd.concat([kept, rows], ignore_index=True), None
        yield rows, window.first
        if len(windows) > 1:
            kept = rows[rows["date"] > pd.Timestamp(window.last - back)]
        del rows  # before the next are read

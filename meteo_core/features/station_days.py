"""Observations on a complete calendar, days by stations: yesterday is a date and not a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""Shape [days, stations], NaN for missing."""


@dataclass
class StationDays:
    """Named quantities of a run of days at some stations."""

    days: pd.DatetimeIndex
    """Every calendar day from first to last, none left out."""
    stations: tuple[str, ...]
    values: dict[str, Values] = field(default_factory=dict)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        columns: Iterable[str],
        *,
        stations: Sequence[str] | None = None,
        days_after: int = 0,
    ) -> "StationDays":
        """Lay out `frame` (`station`, `date` and numeric columns, one row for each station and day).

        Stations default to those in the frame, in alphabetical order. Days without a row are NaN, and so are
        `days_after` days after the last.
        """
        if frame.empty:
            days = pd.DatetimeIndex([], freq="D")
        else:
            last = frame["date"].max() + pd.Timedelta(days=days_after)
            days = pd.date_range(frame["date"].min(), last, freq="D")
        names = tuple(stations) if stations is not None else tuple(sorted(frame["station"].unique()))
        grid = cls(days, names)
        row, column = grid.positions(frame)
        for name in columns:
            values = np.full(grid.shape, np.nan)
            values[row, column] = frame[name].to_numpy(dtype=float, na_value=np.nan)
            grid.values[name] = values
        return grid

    @property
    def shape(self) -> tuple[int, int]:
        """Number of days, number of stations."""
        return len(self.days), len(self.stations)

    def __getitem__(self, name: str) -> Values:
        return self.values[name]

    def positions(self, frame: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Day and station index of each row of a frame with `station` and `date`."""
        if frame.empty:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
        row = np.asarray((frame["date"] - self.days[0]).dt.days, dtype=np.intp)
        column = np.asarray(pd.Index(self.stations).get_indexer(pd.Index(frame["station"])), dtype=np.intp)
        if (column < 0).any():
            unknown = sorted(set(frame["station"].to_numpy()[column < 0]))
            raise ValueError(f"stations not in the grid: {unknown}")
        return row, column

    def part(self, start: int, stop: int) -> "StationDays":
        """The days from index `start` up to, not with, `stop`."""
        some = {name: values[start:stop] for name, values in self.values.items()}
        return StationDays(self.days[start:stop], self.stations, some)


def shift(values: Values, days: int) -> Values:
    """Values of `days` calendar days earlier on each day; NaN before the first."""
    if days == 0:
        return values
    shifted = np.full_like(values, np.nan)
    shifted[days:] = values[:-days]
    return shifted

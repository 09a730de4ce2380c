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
    ) -> "StationDays":
        """Lay out `frame` (`station`, `date` and numeric columns, one row for each station and day).

        Stations default to those in the frame, in alphabetical order. Days without a row are NaN.
        """
        if frame.empty:
            days = pd.DatetimeIndex([], freq="D")
        else:
            days = pd.date_range(frame["date"].min(), frame["date"].max(), freq="D")
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

    def before(self, name: str, days: int = 1) -> Values:
        """The quantity as it was `days` calendar days earlier; NaN before the first day."""
        return shift(self.values[name], days)

    def trailing(self, name: str, days: int) -> NDArray[np.float64]:
        """The last `days` values up to and with each day: shape [days, stations, window]."""
        values = self.values[name]
        padded = np.concatenate([np.full((days - 1, values.shape[1]), np.nan), values])
        return np.lib.stride_tricks.sliding_window_view(padded, days, axis=0)


def shift(values: Values, days: int) -> Values:
    """Values of `days` calendar days earlier on each day; NaN before the first."""
    if days == 0:
        return values
    shifted = np.full_like(values, np.nan)
    shifted[days:] = values[:-days]
    return shifted


def present_mean(window: NDArray[np.float64], *, at_least: int) -> Values:
    """Mean over the last axis of what is present; NaN where fewer than `at_least` values are.

    Sums in a fixed order for each window, so that a longer history before it changes no digit.
    """
    present = ~np.isnan(window)
    count = present.sum(axis=-1)
    total = np.where(present, window, 0.0).sum(axis=-1)
    return np.where(count >= at_least, total / np.maximum(count, 1), np.nan)

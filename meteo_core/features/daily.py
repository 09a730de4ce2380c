"""Features of a station's own day and past: the one definition for training, forecasts and service.

To add a feature, write a function in `own_day` or `own_past`: it takes the quantities of a day in any shape,
gives an array of that shape, and then appears in the table, the model and the documentation.
"""

from collections.abc import Iterator
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.own_past import LOOK_BACK_DAYS, OWN_PAST, PAST, past
from meteo_core.features.quantities import Names, Quantities
from meteo_core.features.station_days import StationDays
from meteo_core.parameters import (
    COMPASS,
    COMPASS_POINTS,
    DEGREES_PER_POINT,
    NUMBERS,
    PARAMETERS,
    KnownAt,
)

__all__ = ["DAILY_COLUMNS", "FEATURES", "FEATURE_VERSION", "LOOK_BACK_DAYS", "OWN_VALUES", "build_features"]

FEATURE_VERSION: Final = 3
"""Raised whenever the meaning of any feature changes; models refuse features of another version."""

DEGREES = MappingProxyType({point: i * DEGREES_PER_POINT for i, point in enumerate(COMPASS_POINTS)})

FEATURES = MappingProxyType({**OWN_DAY, **OWN_PAST})
"""All derived features by name, in the order in which they are computed."""

OWN_VALUES = (*NUMBERS, *COMPASS, "rain_today")
"""Parameters that are features as they stand; compass points in degrees, `rain_today` as 0 or 1."""

OBSERVED = ("station", "date", *OWN_VALUES)
"""Columns of the observations that features are made of."""
DAILY_COLUMNS = (*OWN_VALUES, *FEATURES)
"""Value columns of the features table."""

LAYOUT: Final = Names((*DAILY_COLUMNS, *PAST))
"""Quantities of a day while its features are computed: `DAILY_COLUMNS`, then what the days before say."""
DAYS_AT_ONCE: Final = 366
STATIONS_AT_ONCE: Final = 256
"""Days and stations computed side by side, to bound memory."""


def known_at(column: str) -> KnownAt:
    """When on the day a column of the features table is known."""
    return PARAMETERS[column].known_at if column in PARAMETERS else FEATURES[column].known_at


def build_features(observations: pd.DataFrame) -> pd.DataFrame:
    """Features of every station and day in `observations`.

    `observations` holds `station`, `date` and the parameters, one row for each station and day. For right
    values on a day it must reach `LOOK_BACK_DAYS` back, as far as the record does. The result has one row
    for each row given, in order of date and station, with `DAILY_COLUMNS` (float64, NaN for missing) and
    `feature_version`.
    """
    return derive_features(as_numbers(observations))


def features_since(observations: pd.DataFrame, first: date) -> pd.DataFrame:
    """`build_features` of the days from `first` on; the days before only have their say in them."""
    return derive_features(as_numbers(observations), since=first)


def derive_features(own_values: pd.DataFrame, *, since: date | None = None) -> pd.DataFrame:
    """`build_features` for a frame whose parameters are numbers already: `station`, `date`, `OWN_VALUES`."""
    keys = own_values[["station", "date"]].sort_values(["date", "station"])
    if since is not None:
        keys = keys[keys["date"] >= pd.Timestamp(since)]
    keys = keys.reset_index(drop=True)
    days = StationDays.from_frame(own_values, OWN_VALUES)
    row, column = days.positions(keys)
    built = np.empty((len(DAILY_COLUMNS), len(keys)))
    # One station's own day and past are nothing to another: a large network goes in parts.
    for left in range(0, len(days.stations), STATIONS_AT_ONCE):
        here = slice(left, left + STATIONS_AT_ONCE)
        part = StationDays(days.days, days.stations[here], {name: days[name][:, here] for name in OWN_VALUES})
        chosen = np.flatnonzero((column >= left) & (column < left + STATIONS_AT_ONCE))
        for first, grid in features_of(part):
            begin, end = np.searchsorted(row[chosen], [first, first + grid.block.shape[1]])
            rows = chosen[begin:end]
            built[:, rows] = grid.block[: len(DAILY_COLUMNS), row[rows] - first, column[rows] - left]

    values = pd.DataFrame(built.T, columns=list(DAILY_COLUMNS))
    return pd.concat([keys, values], axis=1).assign(feature_version=np.int64(FEATURE_VERSION))


def features_of(days: StationDays) -> Iterator[tuple[int, Quantities]]:
    """Quantities of `LAYOUT` on grids of some days each [names, days, stations], and the first day of each.

    `days` holds `OWN_VALUES`.
    """
    own = np.stack([days[name] for name in OWN_VALUES])
    for first in range(0, len(days.days), DAYS_AT_ONCE):
        start = max(0, first - LOOK_BACK_DAYS)
        wide = own[:, start : first + DAYS_AT_ONCE]
        grid = Quantities.unknown(LAYOUT, wide.shape[1:])
        grid.block[: len(OWN_VALUES)] = wide
        OWN_DAY.derive(grid)
        here = slice(first - start, None)
        day = Quantities(LAYOUT, grid.block[:, here].copy())
        day.put(PAST, past(grid.__getitem__, here))
        OWN_PAST.derive(day)
        yield first, day


def features_of_rows(own_values: np.ndarray, days_before: np.ndarray) -> Quantities:
    """Quantities of `LAYOUT` of single station days.

    `own_values` [OWN_VALUES, rows] are those of the day itself, `days_before` [PAST, rows] what the days
    before it say.
    """
    day = Quantities(LAYOUT, np.empty((len(LAYOUT), own_values.shape[1])))
    day.block[: len(OWN_VALUES)] = own_values
    day.put(PAST, days_before)
    OWN_DAY.derive(day)
    OWN_PAST.derive(day)
    return day


def as_numbers(observations: pd.DataFrame) -> pd.DataFrame:
    """Compass points in degrees, flags as 0 and 1."""
    directions = {name: observations[name].map(DEGREES).astype(float) for name in COMPASS}
    wet = observations["rain_today"].astype("boolean").astype("Float64")
    return observations.assign(**directions, rain_today=wet)

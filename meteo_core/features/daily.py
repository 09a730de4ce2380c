"""Features of a station's own day and past: the one definition for training, forecasts and service.

To add a feature, write a function in `own_day` or `own_past`: it takes `StationDays`, gives an array [days,
stations], and then appears in the table, the model and the documentation.
"""

from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.own_past import LOOK_BACK_DAYS, OWN_PAST
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

FEATURE_VERSION: Final = 2
"""Raised whenever the meaning of any feature changes; models refuse features of another version."""

DEGREES = MappingProxyType({point: i * DEGREES_PER_POINT for i, point in enumerate(COMPASS_POINTS)})

FEATURES = MappingProxyType({**OWN_DAY, **OWN_PAST})
"""All derived features by name, in the order in which they are computed."""

OWN_VALUES = (*NUMBERS, *COMPASS, "rain_today")
"""Parameters that are features as they stand; compass points in degrees, `rain_today` as 0 or 1."""

DAILY_COLUMNS = (*OWN_VALUES, *FEATURES)
"""Value columns of the features table."""


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


def derive_features(own_values: pd.DataFrame) -> pd.DataFrame:
    """`build_features` for a frame whose parameters are numbers already: `station`, `date`, `OWN_VALUES`."""
    keys = own_values[["station", "date"]].sort_values(["date", "station"]).reset_index(drop=True)
    days = StationDays.from_frame(own_values, OWN_VALUES)
    for feature in FEATURES.values():
        days.values[feature.name] = feature.compute(days)

    row, column = days.positions(keys)
    built = {name: days[name][row, column] for name in DAILY_COLUMNS}
    return keys.assign(feature_version=np.int64(FEATURE_VERSION), **built)[
        ["station", "date", *DAILY_COLUMNS, "feature_version"]
    ]


def as_numbers(observations: pd.DataFrame) -> pd.DataFrame:
    """Compass points in degrees, flags as 0 and 1."""
    directions = {name: observations[name].map(DEGREES).astype(float) for name in COMPASS}
    wet = observations["rain_today"].astype("boolean").astype("Float64")
    return observations.assign(**directions, rain_today=wet)

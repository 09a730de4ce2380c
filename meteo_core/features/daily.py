"""Features of a station's own day and history: the one definition for training, forecasts and service.

Each function below is a feature: it takes `StationDays` and gives an array [days, stations]. To add one,
write the function; it appears in the table, the model and the documentation. Features may use features
defined above them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from meteo_core.features.station_days import StationDays, Values, present_mean
from meteo_core.parameters import (
    COMPASS,
    COMPASS_POINTS,
    DEGREES_PER_POINT,
    NUMBERS,
    PARAMETERS,
    WIND_PAIRS,
    KnownAt,
)

FEATURE_VERSION = 1
"""Raised whenever the meaning of any feature changes; models refuse features of another version."""

LOOK_BACK_DAYS = 30
"""Days before D that the features of D may look at."""

DEGREES = MappingProxyType({point: i * DEGREES_PER_POINT for i, point in enumerate(COMPASS_POINTS)})
RADIANS_PER_DAY = 2 * np.pi / 365.25


@dataclass(frozen=True, slots=True)
class Feature:
    """A derived quantity of a station's day."""

    name: str
    unit: str
    known_at: KnownAt
    """When on the day everything that it needs is known."""
    description: str
    compute: Callable[[StationDays], Values]


_features: dict[str, Feature] = {}


def _feature(*, unit: str, known_at: KnownAt) -> Callable[[Callable[[StationDays], Values]], Callable]:
    """Enter a function into the table of features under its own name."""

    def enter(compute: Callable[[StationDays], Values]) -> Callable[[StationDays], Values]:
        description = (compute.__doc__ or "").strip().splitlines()[0]
        _features[compute.__name__] = Feature(compute.__name__, unit, known_at, description, compute)
        return compute

    return enter


def _dew_point(temperature_c: Values, humidity_percent: Values) -> Values:
    """Dew point in °C, Magnus formula with the coefficients of Sonntag (1990) over water."""
    saturation = np.log(np.clip(humidity_percent, 1, 100) / 100)
    gamma = saturation + 17.62 * temperature_c / (243.12 + temperature_c)
    return 243.12 * gamma / (17.62 - gamma)


def _wind_component(days: StationDays, wind: str, toward: Callable[[Values], Values]) -> Values:
    """Component of the wind in km/h; a calm is 0 in every direction, a missing direction is missing."""
    speed_name, direction_name = WIND_PAIRS[wind]
    speed = days[speed_name]
    blowing = -speed * toward(np.radians(days[direction_name]))
    return np.where(speed == 0, 0.0, blowing)


@_feature(unit="km/h", known_at=KnownAt.MIDNIGHT)
def gust_eastward(days: StationDays) -> Values:
    """Eastward component of the strongest gust."""
    return _wind_component(days, "gust", np.sin)


@_feature(unit="km/h", known_at=KnownAt.MIDNIGHT)
def gust_northward(days: StationDays) -> Values:
    """Northward component of the strongest gust."""
    return _wind_component(days, "gust", np.cos)


@_feature(unit="km/h", known_at=KnownAt.NINE_AM)
def wind_eastward_9am(days: StationDays) -> Values:
    """Eastward component of the wind at 9 am."""
    return _wind_component(days, "9am", np.sin)


@_feature(unit="km/h", known_at=KnownAt.NINE_AM)
def wind_northward_9am(days: StationDays) -> Values:
    """Northward component of the wind at 9 am."""
    return _wind_component(days, "9am", np.cos)


@_feature(unit="km/h", known_at=KnownAt.THREE_PM)
def wind_eastward_3pm(days: StationDays) -> Values:
    """Eastward component of the wind at 3 pm."""
    return _wind_component(days, "3pm", np.sin)


@_feature(unit="km/h", known_at=KnownAt.THREE_PM)
def wind_northward_3pm(days: StationDays) -> Values:
    """Northward component of the wind at 3 pm."""
    return _wind_component(days, "3pm", np.cos)


@_feature(unit="°C", known_at=KnownAt.NINE_AM)
def dew_point_9am(days: StationDays) -> Values:
    """Dew point at 9 am."""
    return _dew_point(days["temp_9am"], days["humidity_9am"])


@_feature(unit="°C", known_at=KnownAt.THREE_PM)
def dew_point_3pm(days: StationDays) -> Values:
    """Dew point at 3 pm."""
    return _dew_point(days["temp_3pm"], days["humidity_3pm"])


@_feature(unit="°C", known_at=KnownAt.THREE_PM)
def dew_point_depression_3pm(days: StationDays) -> Values:
    """Temperature above the dew point at 3 pm: how far the air is from saturation."""
    return days["temp_3pm"] - days["dew_point_3pm"]


@_feature(unit="hPa", known_at=KnownAt.THREE_PM)
def pressure_change(days: StationDays) -> Values:
    """Change of pressure from 9 am to 3 pm."""
    return days["pressure_3pm"] - days["pressure_9am"]


@_feature(unit="%", known_at=KnownAt.THREE_PM)
def humidity_change(days: StationDays) -> Values:
    """Change of relative humidity from 9 am to 3 pm."""
    return days["humidity_3pm"] - days["humidity_9am"]


@_feature(unit="°C", known_at=KnownAt.THREE_PM)
def temp_change(days: StationDays) -> Values:
    """Change of temperature from 9 am to 3 pm."""
    return days["temp_3pm"] - days["temp_9am"]


@_feature(unit="oktas", known_at=KnownAt.THREE_PM)
def cloud_change(days: StationDays) -> Values:
    """Change of cloud amount from 9 am to 3 pm."""
    return days["cloud_3pm"] - days["cloud_9am"]


@_feature(unit="°C", known_at=KnownAt.MIDNIGHT)
def temp_range(days: StationDays) -> Values:
    """Maximum less minimum temperature."""
    return days["max_temp"] - days["min_temp"]


@_feature(unit="mm", known_at=KnownAt.NINE_AM)
def rainfall_yesterday(days: StationDays) -> Values:
    """Rain of the calendar day before."""
    return days.before("rainfall")


@_feature(unit="%", known_at=KnownAt.NINE_AM)
def humidity_3pm_yesterday(days: StationDays) -> Values:
    """Relative humidity at 3 pm of the calendar day before."""
    return days.before("humidity_3pm")


@_feature(unit="°C", known_at=KnownAt.NINE_AM)
def dew_point_3pm_yesterday(days: StationDays) -> Values:
    """Dew point at 3 pm of the calendar day before."""
    return days.before("dew_point_3pm")


@_feature(unit="hPa", known_at=KnownAt.THREE_PM)
def pressure_3pm_change_24h(days: StationDays) -> Values:
    """Change of the 3 pm pressure since the calendar day before."""
    return days["pressure_3pm"] - days.before("pressure_3pm")


@_feature(unit="hPa", known_at=KnownAt.NINE_AM)
def pressure_9am_change_24h(days: StationDays) -> Values:
    """Change of the 9 am pressure since the calendar day before."""
    return days["pressure_9am"] - days.before("pressure_9am")


@_feature(unit="%", known_at=KnownAt.THREE_PM)
def humidity_3pm_change_24h(days: StationDays) -> Values:
    """Change of the 3 pm relative humidity since the calendar day before."""
    return days["humidity_3pm"] - days.before("humidity_3pm")


@_feature(unit="mm", known_at=KnownAt.NINE_AM)
def mean_rainfall_3_days(days: StationDays) -> Values:
    """Mean rain a day over three days; unknown unless two are known."""
    return present_mean(days.trailing("rainfall", 3), at_least=2)


@_feature(unit="mm", known_at=KnownAt.NINE_AM)
def mean_rainfall_7_days(days: StationDays) -> Values:
    """Mean rain a day over seven days; unknown unless four are known."""
    return present_mean(days.trailing("rainfall", 7), at_least=4)


@_feature(unit="fraction", known_at=KnownAt.NINE_AM)
def wet_fraction_14_days(days: StationDays) -> Values:
    """Share of wet days among fourteen; unknown unless seven are known."""
    return present_mean(days.trailing("rain_today", 14), at_least=7)


@_feature(unit="fraction", known_at=KnownAt.NINE_AM)
def wet_fraction_30_days(days: StationDays) -> Values:
    """Share of wet days among thirty; unknown unless fifteen are known."""
    return present_mean(days.trailing("rain_today", 30), at_least=15)


FEATURES = MappingProxyType(_features)
"""All derived features by name."""

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
    keys = observations[["station", "date"]].sort_values(["date", "station"]).reset_index(drop=True)
    days = StationDays.from_frame(_as_numbers(observations), OWN_VALUES)
    for feature in FEATURES.values():
        days.values[feature.name] = feature.compute(days)

    row, column = days.positions(keys)
    built = {name: days[name][row, column] for name in DAILY_COLUMNS}
    return keys.assign(**built, feature_version=FEATURE_VERSION)


def _as_numbers(observations: pd.DataFrame) -> pd.DataFrame:
    """Compass points in degrees, flags as 0 and 1."""
    directions = {name: observations[name].map(DEGREES).astype(float) for name in COMPASS}
    wet = observations["rain_today"].astype("boolean").astype("Float64")
    return observations.assign(**directions, rain_today=wet)

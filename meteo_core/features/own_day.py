"""Features of a station's own day: winds as components, moisture as dew point, changes from 9 am to 3 pm."""

from collections.abc import Callable

import numpy as np

from meteo_core.features.feature import FeatureTable, dew_point
from meteo_core.features.station_days import StationDays, Values
from meteo_core.parameters import WIND_PAIRS, KnownAt

OWN_DAY = FeatureTable()

MOST_ROOT_RAIN = 6.0
"""Root of 36 mm: beyond it more rain says little more of tomorrow."""


def _wind_component(days: StationDays, wind: str, toward: Callable[[Values], Values]) -> Values:
    """Component of the wind in km/h; a calm is 0 in every direction, a missing direction is missing."""
    speed_name, direction_name = WIND_PAIRS[wind]
    speed = days[speed_name]
    blowing = -speed * toward(np.radians(days[direction_name]))
    return np.where(speed == 0, 0.0, blowing)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.MIDNIGHT)
def gust_eastward(days: StationDays) -> Values:
    """Eastward component of the strongest gust."""
    return _wind_component(days, "gust", np.sin)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.MIDNIGHT)
def gust_northward(days: StationDays) -> Values:
    """Northward component of the strongest gust."""
    return _wind_component(days, "gust", np.cos)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.NINE_AM)
def wind_eastward_9am(days: StationDays) -> Values:
    """Eastward component of the wind at 9 am."""
    return _wind_component(days, "9am", np.sin)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.NINE_AM)
def wind_northward_9am(days: StationDays) -> Values:
    """Northward component of the wind at 9 am."""
    return _wind_component(days, "9am", np.cos)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.THREE_PM)
def wind_eastward_3pm(days: StationDays) -> Values:
    """Eastward component of the wind at 3 pm."""
    return _wind_component(days, "3pm", np.sin)


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.THREE_PM)
def wind_northward_3pm(days: StationDays) -> Values:
    """Northward component of the wind at 3 pm."""
    return _wind_component(days, "3pm", np.cos)


@OWN_DAY.feature(unit="°C", known_at=KnownAt.NINE_AM)
def dew_point_9am(days: StationDays) -> Values:
    """Dew point at 9 am."""
    return dew_point(days["temp_9am"], days["humidity_9am"])


@OWN_DAY.feature(unit="°C", known_at=KnownAt.THREE_PM)
def dew_point_3pm(days: StationDays) -> Values:
    """Dew point at 3 pm."""
    return dew_point(days["temp_3pm"], days["humidity_3pm"])


@OWN_DAY.feature(unit="°C", known_at=KnownAt.NINE_AM)
def dew_point_depression_9am(days: StationDays) -> Values:
    """Temperature above the dew point at 9 am: how far the air is from saturation."""
    return days["temp_9am"] - days["dew_point_9am"]


@OWN_DAY.feature(unit="°C", known_at=KnownAt.THREE_PM)
def dew_point_depression_3pm(days: StationDays) -> Values:
    """Temperature above the dew point at 3 pm: how far the air is from saturation."""
    return days["temp_3pm"] - days["dew_point_3pm"]


@OWN_DAY.feature(unit="root mm", known_at=KnownAt.NINE_AM)
def root_rainfall(days: StationDays) -> Values:
    """Square root of the rain to 9 am, at most 6: heavy falls weigh less."""
    return np.minimum(np.sqrt(days["rainfall"]), MOST_ROOT_RAIN)


@OWN_DAY.feature(unit="hPa", known_at=KnownAt.THREE_PM)
def pressure_change(days: StationDays) -> Values:
    """Change of pressure from 9 am to 3 pm."""
    return days["pressure_3pm"] - days["pressure_9am"]


@OWN_DAY.feature(unit="%", known_at=KnownAt.THREE_PM)
def humidity_change(days: StationDays) -> Values:
    """Change of relative humidity from 9 am to 3 pm."""
    return days["humidity_3pm"] - days["humidity_9am"]


@OWN_DAY.feature(unit="°C", known_at=KnownAt.THREE_PM)
def temp_change(days: StationDays) -> Values:
    """Change of temperature from 9 am to 3 pm."""
    return days["temp_3pm"] - days["temp_9am"]


@OWN_DAY.feature(unit="°C", known_at=KnownAt.THREE_PM)
def dew_point_change(days: StationDays) -> Values:
    """Change of the dew point from 9 am to 3 pm: drier or moister air arriving."""
    return days["dew_point_3pm"] - days["dew_point_9am"]


@OWN_DAY.feature(unit="oktas", known_at=KnownAt.THREE_PM)
def cloud_change(days: StationDays) -> Values:
    """Change of cloud amount from 9 am to 3 pm."""
    return days["cloud_3pm"] - days["cloud_9am"]


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.THREE_PM)
def wind_speed_change(days: StationDays) -> Values:
    """Change of wind speed from 9 am to 3 pm."""
    return days["wind_speed_3pm"] - days["wind_speed_9am"]


@OWN_DAY.feature(unit="km/h", known_at=KnownAt.MIDNIGHT)
def gust_above_wind(days: StationDays) -> Values:
    """Strongest gust above the wind at 3 pm: squalls and sea breezes."""
    return days["wind_gust_speed"] - days["wind_speed_3pm"]


@OWN_DAY.feature(unit="°C", known_at=KnownAt.MIDNIGHT)
def temp_range(days: StationDays) -> Values:
    """Maximum less minimum temperature."""
    return days["max_temp"] - days["min_temp"]

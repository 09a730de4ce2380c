"""Features of a station's own day: winds as components, moisture as dew point, changes from 9 am to 3 pm."""

from typing import Final

import numpy as np

from meteo_core.features.feature import Feature, FeatureTable, Values, dew_point
from meteo_core.features.quantities import Quantities
from meteo_core.parameters import WIND_PAIRS, KnownAt

OWN_DAY = FeatureTable()

MOST_ROOT_RAIN: Final = 6.0
"""Root of 36 mm: beyond it more rain says little more of tomorrow."""
SPEEDS: Final = tuple(speed for speed, _ in WIND_PAIRS.values())
DIRECTIONS: Final = tuple(direction for _, direction in WIND_PAIRS.values())


def _component(name: str, known_at: KnownAt, words: str) -> Feature:
    return Feature(name, "km/h", known_at, words)


@OWN_DAY.group(
    _component("gust_eastward", KnownAt.MIDNIGHT, "Eastward component of the strongest gust."),
    _component("wind_eastward_9am", KnownAt.NINE_AM, "Eastward component of the wind at 9 am."),
    _component("wind_eastward_3pm", KnownAt.THREE_PM, "Eastward component of the wind at 3 pm."),
    _component("gust_northward", KnownAt.MIDNIGHT, "Northward component of the strongest gust."),
    _component("wind_northward_9am", KnownAt.NINE_AM, "Northward component of the wind at 9 am."),
    _component("wind_northward_3pm", KnownAt.THREE_PM, "Northward component of the wind at 3 pm."),
)
def wind_components(day: Quantities) -> Values:
    """Where the winds blow to, km/h; a calm is 0 in every direction, a missing direction is missing."""
    speed, direction = day.of(SPEEDS), np.radians(day.of(DIRECTIONS))
    toward = np.stack([np.sin(direction), np.cos(direction)])
    return np.where(speed == 0, 0.0, -speed * toward).reshape(-1, *speed.shape[1:])


def _dew_point(name: str, known_at: KnownAt, words: str) -> Feature:
    return Feature(name, "°C", known_at, words)


@OWN_DAY.group(
    _dew_point("dew_point_9am", KnownAt.NINE_AM, "Dew point at 9 am."),
    _dew_point("dew_point_3pm", KnownAt.THREE_PM, "Dew point at 3 pm."),
)
def dew_points(day: Quantities) -> Values:
    """Dew points, °C."""
    return dew_point(day.of(("temp_9am", "temp_3pm")), day.of(("humidity_9am", "humidity_3pm")))


@OWN_DAY.feature(unit="root mm", known_at=KnownAt.NINE_AM)
def root_rainfall(day: Quantities) -> Values:
    """Square root of the rain to 9 am, at most 6: heavy falls weigh less."""
    return np.minimum(np.sqrt(day["rainfall"]), MOST_ROOT_RAIN)


_DIFFERENCES: Final = (
    (
        *("dew_point_depression_9am", "temp_9am", "dew_point_9am", "°C", KnownAt.NINE_AM),
        "Temperature above the dew point at 9 am: how far the air is from saturation.",
    ),
    (
        *("dew_point_depression_3pm", "temp_3pm", "dew_point_3pm", "°C", KnownAt.THREE_PM),
        "Temperature above the dew point at 3 pm: how far the air is from saturation.",
    ),
    (
        *("pressure_change", "pressure_3pm", "pressure_9am", "hPa", KnownAt.THREE_PM),
        "Change of pressure from 9 am to 3 pm.",
    ),
    (
        *("humidity_change", "humidity_3pm", "humidity_9am", "%", KnownAt.THREE_PM),
        "Change of relative humidity from 9 am to 3 pm.",
    ),
    (
        *("temp_change", "temp_3pm", "temp_9am", "°C", KnownAt.THREE_PM),
        "Change of temperature from 9 am to 3 pm.",
    ),
    (
        *("dew_point_change", "dew_point_3pm", "dew_point_9am", "°C", KnownAt.THREE_PM),
        "Change of the dew point from 9 am to 3 pm: drier or moister air arriving.",
    ),
    (
        *("cloud_change", "cloud_3pm", "cloud_9am", "oktas", KnownAt.THREE_PM),
        "Change of cloud amount from 9 am to 3 pm.",
    ),
    (
        *("wind_speed_change", "wind_speed_3pm", "wind_speed_9am", "km/h", KnownAt.THREE_PM),
        "Change of wind speed from 9 am to 3 pm.",
    ),
    (
        *("gust_above_wind", "wind_gust_speed", "wind_speed_3pm", "km/h", KnownAt.MIDNIGHT),
        "Strongest gust above the wind at 3 pm: squalls and sea breezes.",
    ),
    (
        *("temp_range", "max_temp", "min_temp", "°C", KnownAt.MIDNIGHT),
        "Maximum less minimum temperature.",
    ),
)
"""Name, minuend, subtrahend, unit, when it is known, and words."""
_MINUENDS: Final = tuple(minuend for _, minuend, *_ in _DIFFERENCES)
_SUBTRAHENDS: Final = tuple(subtrahend for _, _, subtrahend, *_ in _DIFFERENCES)


@OWN_DAY.group(*(Feature(name, unit, known_at, words) for name, _, _, unit, known_at, words in _DIFFERENCES))
def differences(day: Quantities) -> Values:
    """One quantity of the day less another."""
    return day.of(_MINUENDS) - day.of(_SUBTRAHENDS)

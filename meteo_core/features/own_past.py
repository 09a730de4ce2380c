"""Features of a station's recent past: lags, changes since yesterday, means over days, dry and wet spells.

Yesterday is a date on the calendar and never the row before.
"""

from functools import partial
from typing import Final

import numpy as np

from meteo_core.features.feature import Feature, FeatureTable
from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.station_days import StationDays, Values, present_mean
from meteo_core.parameters import PARAMETERS, KnownAt

LOOK_BACK_DAYS: Final = 30
"""Days before D that the features of D may look at."""

OWN_PAST = FeatureTable()

LAGS: Final = (
    *((name, 1) for name in ("rainfall", "humidity_3pm", "pressure_3pm")),
    *((name, 1) for name in ("humidity_9am", "pressure_9am", "max_temp", "min_temp", "temp_3pm")),
    *((name, 1) for name in ("sunshine", "cloud_3pm", "wind_gust_speed", "dew_point_3pm")),
    *((name, 1) for name in ("wind_eastward_3pm", "wind_northward_3pm", "gust_eastward", "gust_northward")),
    *((name, 2) for name in ("rainfall", "humidity_3pm", "pressure_3pm")),
)
"""Quantities and how many days before."""

CHANGES: Final = (
    *(("pressure_9am", 1), ("pressure_3pm", 1), ("pressure_3pm", 2)),
    *(("humidity_3pm", 1), ("temp_3pm", 1), ("dew_point_9am", 1), ("dew_point_3pm", 1)),
)
"""Quantities and over how many days their change is taken."""

MEANS: Final = (
    *(("rainfall", days) for days in (3, 7, 30)),
    *(("rain_today", days) for days in (7, 14, 30)),
    *((name, days) for name in ("humidity_3pm", "pressure_3pm", "sunshine", "max_temp") for days in (3, 14)),
)
"""Quantities and over how many days, today included, their mean is taken."""

LEAST_SHARE_OF_DAYS: Final = 0.5
"""A mean over days is unknown unless half of them are known."""


def _described(name: str) -> tuple[str, str, KnownAt]:
    """Words, unit and time of a parameter or a feature of the day."""
    if name in PARAMETERS:
        parameter = PARAMETERS[name]
        return parameter.label, parameter.unit, parameter.known_at
    feature = OWN_DAY[name]
    return feature.description.rstrip("."), feature.unit, feature.known_at


def _lag(days: StationDays, name: str, back: int) -> Values:
    return days.before(name, back)


def _change(days: StationDays, name: str, back: int) -> Values:
    return days[name] - days.before(name, back)


def _mean(days: StationDays, name: str, window: int) -> Values:
    return present_mean(days.trailing(name, window), at_least=int(np.ceil(LEAST_SHARE_OF_DAYS * window)))


for _name, _back in LAGS:
    _words, _unit, _ = _described(_name)
    _ago = "yesterday" if _back == 1 else f"{_back}_days_ago"
    OWN_PAST.add(
        Feature(
            f"{_name}_{_ago}",
            _unit,
            KnownAt.NINE_AM,
            f"{_words}, {_back} calendar day{'s' if _back > 1 else ''} before.",
            partial(_lag, name=_name, back=_back),
        )
    )

for _name, _back in CHANGES:
    _words, _unit, _known_at = _described(_name)
    OWN_PAST.add(
        Feature(
            f"{_name}_change_{24 * _back}h",
            _unit,
            _known_at,
            f"{_words}: change over {24 * _back} hours.",
            partial(_change, name=_name, back=_back),
        )
    )

for _name, _window in MEANS:
    _words, _unit, _known_at = _described(_name)
    OWN_PAST.add(
        Feature(
            f"wet_fraction_{_window}_days" if _name == "rain_today" else f"mean_{_name}_{_window}_days",
            "fraction" if _name == "rain_today" else _unit,
            _known_at,
            f"{_words}: mean over {_window} days; unknown unless half of them are known.",
            partial(_mean, name=_name, window=_window),
        )
    )


@OWN_PAST.feature(unit="hPa", known_at=KnownAt.NINE_AM)
def pressure_change_overnight(days: StationDays) -> Values:
    """Change of pressure from 3 pm of the day before to 9 am."""
    return days["pressure_9am"] - days.before("pressure_3pm")


@OWN_PAST.feature(unit="°C", known_at=KnownAt.NINE_AM)
def dew_point_change_overnight(days: StationDays) -> Values:
    """Change of the dew point from 3 pm of the day before to 9 am."""
    return days["dew_point_9am"] - days.before("dew_point_3pm")


@OWN_PAST.feature(unit="days", known_at=KnownAt.NINE_AM)
def dry_spell(days: StationDays) -> Values:
    """Days in a row known to be dry, today last; an unknown day ends the count, a wet day makes it 0."""
    return _spell(days, wet=0.0)


@OWN_PAST.feature(unit="days", known_at=KnownAt.NINE_AM)
def wet_spell(days: StationDays) -> Values:
    """Days in a row known to be wet, today last; an unknown day ends the count, a dry day makes it 0."""
    return _spell(days, wet=1.0)


def _spell(days: StationDays, *, wet: float) -> Values:
    newest_first = days.trailing("rain_today", LOOK_BACK_DAYS)[..., ::-1] == wet
    length = np.logical_and.accumulate(newest_first, axis=-1).sum(axis=-1).astype(float)
    return np.where(np.isnan(days["rain_today"]), np.nan, length)

"""Features of a station's recent past: lags, changes since yesterday, means over days, dry and wet spells.

Yesterday is a date on the calendar and never the row before. Each feature is made in two steps: `PAST`, what
the days before say, which needs a grid of days; and the arithmetic that joins today to it, which needs the
day alone. So a question about a day that was otherwise is answered by the same arithmetic as any other.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meteo_core.features.feature import Feature, FeatureTable, Values
from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.quantities import Quantities
from meteo_core.features.station_days import shift
from meteo_core.parameters import KnownAt

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

OVERNIGHT: Final = (("pressure", "hPa", "pressure"), ("dew_point", "°C", "the dew point"))
"""Quantities whose change from 3 pm of the day before to 9 am is taken; unit and words."""

MEANS: Final = (
    *(("rainfall", days) for days in (3, 7, 30)),
    *(("rain_today", days) for days in (7, 14, 30)),
    *((name, days) for name in ("humidity_3pm", "pressure_3pm", "sunshine", "max_temp") for days in (3, 14)),
)
"""Quantities and over how many days, today included, their mean is taken."""

LEAST_SHARE_OF_DAYS: Final = 0.5
"""A mean over days is unknown unless half of them are known."""


def _before(name: str, days: int) -> str:
    return f"{name}_{days}d_before"


def _sum(name: str, window: int) -> str:
    return f"{name}_sum_{window - 1}d_before"


def _known(name: str, window: int) -> str:
    return f"{name}_known_{window - 1}d_before"


DRY_BEFORE: Final = "dry_days_before"
WET_BEFORE: Final = "wet_days_before"
_VALUES_BEFORE: Final = tuple(
    dict.fromkeys(
        (
            *LAGS,
            *CHANGES,
            *((f"{name}_3pm", 1) for name, _, _ in OVERNIGHT),
        )
    )
)
PAST: Final = (
    *(_before(name, days) for name, days in _VALUES_BEFORE),
    *(_sum(name, window) for name, window in MEANS),
    *(_known(name, window) for name, window in MEANS),
    *(DRY_BEFORE, WET_BEFORE),
)
"""What the days before say, in this order: values, sums and counts of known values, lengths of spells."""


def past(value: Callable[[str], Values], rows: slice = slice(None)) -> Values:
    """`PAST` [names, days, stations] of the days in `rows`, from grids [days, stations] of each quantity.

    The grids must reach `LOOK_BACK_DAYS` before those days, as far as the record does.
    """
    found = [shift(value(name), days)[rows] for name, days in _VALUES_BEFORE]
    windows = [_days_before(value(name), window - 1)[rows] for name, window in MEANS]
    # Summed in a fixed order for each window, so that a longer history before it changes no digit.
    found += [np.where(np.isnan(window), 0.0, window).sum(axis=-1) for window in windows]
    found += [(~np.isnan(window)).sum(axis=-1).astype(float) for window in windows]
    wet = _days_before(value("rain_today"), LOOK_BACK_DAYS - 1)[rows]
    found += [_spell(wet, 0.0), _spell(wet, 1.0)]
    return np.stack(found)


def _days_before(values: Values, days: int) -> NDArray[np.float64]:
    """The `days` values before each day, oldest first: shape [days, stations, window]."""
    before = np.concatenate([np.full((days, values.shape[1]), np.nan), values[:-1]])
    return np.lib.stride_tricks.sliding_window_view(before, days, axis=0)


def _spell(wet: NDArray[np.float64], kind: float) -> Values:
    """How many days in a row, yesterday last, were known to be of this kind."""
    newest_first = wet[..., ::-1] == kind
    return np.logical_and.accumulate(newest_first, axis=-1).sum(axis=-1).astype(float)


def _lag(name: str, days: int) -> Feature:
    words, unit, _ = OWN_DAY.described(name)
    ago = "yesterday" if days == 1 else f"{days}_days_ago"
    plural = "s" if days > 1 else ""
    return Feature(f"{name}_{ago}", unit, KnownAt.NINE_AM, f"{words}, {days} calendar day{plural} before.")


@OWN_PAST.group(*(_lag(name, days) for name, days in LAGS))
def lags(day: Quantities) -> Values:
    """Quantities as they were days before."""
    return day.of(_LAGS_BEFORE)


def _change(name: str, days: int) -> Feature:
    words, unit, known_at = OWN_DAY.described(name)
    return Feature(f"{name}_change_{24 * days}h", unit, known_at, f"{words}: change over {24 * days} hours.")


@OWN_PAST.group(
    *(_change(name, days) for name, days in CHANGES),
    *(
        Feature(
            f"{name}_change_overnight",
            unit,
            KnownAt.NINE_AM,
            f"Change of {words} from 3 pm of the day before to 9 am.",
        )
        for name, unit, words in OVERNIGHT
    ),
)
def changes(day: Quantities) -> Values:
    """Quantities of the day less what they were."""
    return day.of(_CHANGED) - day.of(_CHANGED_BEFORE)


def _mean(name: str, window: int) -> Feature:
    words, unit, known_at = OWN_DAY.described(name)
    is_share = name == "rain_today"
    return Feature(
        f"wet_fraction_{window}_days" if is_share else f"mean_{name}_{window}_days",
        "fraction" if is_share else unit,
        known_at,
        f"{words}: mean over {window} days; unknown unless half of them are known.",
    )


@OWN_PAST.group(*(_mean(name, window) for name, window in MEANS))
def means(day: Quantities) -> Values:
    """Means over the days up to and with today of what is known of them."""
    today = day.of(_AVERAGED)
    known_today = ~np.isnan(today)
    total = day.of(_SUMS) + np.where(known_today, today, 0.0)
    known = day.of(_KNOWN) + known_today
    enough = known >= _LEAST_KNOWN.reshape(-1, *[1] * (known.ndim - 1))
    return np.where(enough, total / np.maximum(known, 1.0), np.nan)


@OWN_PAST.group(
    Feature(
        "dry_spell",
        "days",
        KnownAt.NINE_AM,
        f"Days in a row known to be dry, today last, at most {LOOK_BACK_DAYS}; an unknown day ends "
        "the count, a wet day makes it 0.",
    ),
    Feature(
        "wet_spell",
        "days",
        KnownAt.NINE_AM,
        f"Days in a row known to be wet, today last, at most {LOOK_BACK_DAYS}; an unknown day ends "
        "the count, a dry day makes it 0.",
    ),
)
def spells(day: Quantities) -> Values:
    """Lengths of spells that last until today; NaN where it is unknown whether today was wet."""
    wet = day["rain_today"]
    today = np.stack([1.0 - wet, wet])
    return today * (1.0 + day.of((DRY_BEFORE, WET_BEFORE)))


_LAGS_BEFORE: Final = tuple(_before(name, days) for name, days in LAGS)
_CHANGED: Final = (*(name for name, _ in CHANGES), *(f"{name}_9am" for name, _, _ in OVERNIGHT))
_CHANGED_BEFORE: Final = (
    *(_before(name, days) for name, days in CHANGES),
    *(_before(f"{name}_3pm", 1) for name, _, _ in OVERNIGHT),
)
_AVERAGED: Final = tuple(name for name, _ in MEANS)
_SUMS: Final = tuple(_sum(name, window) for name, window in MEANS)
_KNOWN: Final = tuple(_known(name, window) for name, window in MEANS)
_LEAST_KNOWN: Final = np.array([np.ceil(LEAST_SHARE_OF_DAYS * window) for _, window in MEANS])

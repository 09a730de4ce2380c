"""Station drift: one station against what those near by say that it should observe.

The residual of a ridge regression on the neighbours' anomalies is freed from the station's own habit of the
last year, scaled, and followed by an exponentially weighted moving average (EWMA control chart: Roberts 1959,
Technometrics 1, 239-250). An offset that no test of the station alone would see stands out within days. The
same residual tells a change of unit at once (`units`).
"""

import logging
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from meteo_core.drift.alarms import HARD, STATION, alarm_table
from meteo_core.drift.neighbours import NeighbourModel, closest_residual
from meteo_core.drift.thresholds import Threshold, days_before, fit_threshold
from meteo_core.drift.units import LEAST, cusum, evidence, unit_looked_for
from meteo_core.features.station_days import StationDays, Values
from meteo_core.parameters import PARAMETERS

logger = logging.getLogger(__name__)

FOLLOWED: Final = (
    *("pressure_9am", "pressure_3pm", "humidity_9am", "humidity_3pm"),
    *("min_temp", "max_temp", "temp_9am", "temp_3pm"),
    *("wind_gust_speed", "wind_speed_9am", "wind_speed_3pm", "rainfall"),
)
"""Parameters that neighbours tell something of, and that most stations observe."""
LAMBDA: Final = 0.1
"""Weight of the newest day in the average."""
HABIT_DAYS: Final = 365
"""Days whose median is the station's habit."""
SPREAD_DAYS: Final = 730
LAG_DAYS: Final = 45
"""Habit and spread are those of days at least so long ago, so that a new fault does not become habit."""
LEAST_HABIT: Final = 120
LEAST_SPREAD: Final = 240
"""Values needed within those days; with fewer there is no score."""
CLIP: Final = 4.0
"""Standard deviations at which one day's residual is cut: no single day raises the alarm."""
MAD_TO_SD: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
LEAST_RECORD_DAYS: Final = 730
"""Days before the first judged: with fewer years no course of the year can be told from one odd season."""

OFFSET_RATE: Final = 0.02
"""Alarms for each parameter and station-year that the moving average may raise in the fitting period. The
twelve together stay below one for each station-year by a wide margin, since other years are unlike those."""
PRESSURE_RATE: Final = 0.03
"""The same for pressures, which say most of tomorrow's rain: a shift of 2 hPa is to be found."""
UNIT_RATE: Final = 0.01


class _Scores(NamedTuple):
    """Scores of one parameter, [days, stations]; NaN where there is no habit yet."""

    offset: Values
    unit: Values | None
    """None where no other unit is looked for."""


def station_alarms(
    days: StationDays, *, fitted_before: date, first: date, names: tuple[str, ...] = FOLLOWED
) -> tuple[pd.DataFrame, list[Threshold]]:
    """Alarms of days `first` and later, and the thresholds that they are measured against.

    Regression, climatology and thresholds are fitted to the days before `fitted_before`; what is said of a
    day rests on that day and earlier ones. A record with fewer than `LEAST_RECORD_DAYS` days before, or fewer
    scores than a threshold needs, gives no alarms. Kind `station` for offsets, `hard` for units.
    """
    cut, begin = days_before(days, fitted_before), days_before(days, first)
    past = days.part(0, cut if cut >= LEAST_RECORD_DAYS else 0)
    thresholds, found = [], []
    model = NeighbourModel.fit(past, names) if cut >= LEAST_RECORD_DAYS else None
    for number, name in enumerate(names, start=1):
        if model is None:
            nothing = np.full((cut, len(days.stations)), np.nan)
            scores = _Scores(nothing, nothing if unit_looked_for(name) else None)
        else:
            scores = station_scores(model, days, name)
            logger.debug("stations against their neighbours: %s, %d of %d", name, number, len(names))
        for kind, values, rate, least in (
            (STATION, scores.offset, _offset_rate(name), 0.0),
            (HARD, scores.unit, UNIT_RATE, LEAST),
        ):
            if values is None:
                continue
            threshold = fit_threshold(
                values[:cut], days.days[:cut], kind=kind, parameter=name, rate=rate, least=least
            )
            thresholds.append(threshold)
            found.append(_beyond(values, days, begin, threshold))
    return alarm_table(found), thresholds


def station_scores(model: NeighbourModel, days: StationDays, name: str) -> _Scores:
    """Size of the moving average of the residual, and evidence for another unit, of each day and station."""
    expected, observed = model.expected(name, days), days[name]
    residual = closest_residual(observed, expected)
    habit = lagged_median(residual, HABIT_DAYS, LEAST_HABIT)
    # The spread is that of the plain residual: the closest one is often nothing at all.
    plain = observed - expected[..., 0]
    off = np.abs(plain - lagged_median(plain, HABIT_DAYS, LEAST_HABIT))
    spread = lagged_median(off, SPREAD_DAYS, LEAST_SPREAD) * MAD_TO_SD
    # Rain in the desert hardly varies, and is not to be divided by nothing.
    spread = np.where(spread > 1e-6, spread, np.nan)

    as_is = (residual - habit) / spread
    offset = np.abs(ewma(np.clip(as_is, -CLIP, CLIP)))
    unit = unit_looked_for(name)
    if unit is None:
        return _Scores(offset, None)
    read_otherwise = closest_residual(unit.factor * (observed - unit.zero), expected)
    ratios = evidence(as_is, (read_otherwise - habit) / spread)
    return _Scores(offset, np.where(np.isnan(offset), np.nan, cusum(ratios)))


def _offset_rate(name: str) -> float:
    return PRESSURE_RATE if PARAMETERS[name].unit == "hPa" else OFFSET_RATE


def lagged_median(values: Values, window: int, least: int) -> Values:
    """Median of the `window` days up to `LAG_DAYS` ago; NaN with fewer than `least` values in them."""
    return pd.DataFrame(values).rolling(window, min_periods=least).median().shift(LAG_DAYS).to_numpy()


def ewma(values: Values) -> Values:
    """z[d] = (1 - lambda) z[d-1] + lambda x[d], from 0 before the first value (Roberts 1959).

    A day without a value leaves the average as it was.
    """
    told = np.full_like(values, np.nan)
    level, begun = np.zeros(values.shape[1]), np.zeros(values.shape[1], dtype=bool)
    for day, today in enumerate(values):
        known = ~np.isnan(today)
        level = np.where(known, (1 - LAMBDA) * level + LAMBDA * np.where(known, today, 0.0), level)
        begun |= known
        told[day] = np.where(begun, level, np.nan)
    return told


def _beyond(values: Values, days: StationDays, begin: int, threshold: Threshold) -> pd.DataFrame:
    """An alarm for each day from index `begin` on and each station, beyond the threshold and observed."""
    observed = ~np.isnan(days[threshold.parameter])[: len(values)]
    # A station that is silent keeps its last average; it is no alarm of today.
    beyond = (values > threshold.value) & observed
    beyond[:begin] = False
    day, station = np.nonzero(beyond)
    return pd.DataFrame(
        {
            "date": days.days[day],
            "kind": threshold.kind,
            "station": np.array(days.stations, dtype=object)[station],
            "parameter": threshold.parameter,
            "score": values[day, station],
            "threshold": threshold.value,
        }
    )

"""Thresholds of scores, fitted to past years, each with its derivation.

A quantile of the daily scores would be set by one long fault in the fitting period. What is promised is how
often somebody is troubled, so that is what is fitted: the lowest score that would have raised no more than so
many alarms.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.drift.alarms import EPISODE_GAP_DAYS
from meteo_core.features.station_days import StationDays, Values

LEAST_STATION_YEARS: Final = 20.0
"""Scores of fewer are insufficient data: no threshold, no alarms."""
THRESHOLD_COLUMNS: Final = (
    *("date", "kind", "parameter", "value", "method", "first", "last", "rate", "multiplier"),
    *("rows", "fitted_at"),
)
DAYS_PER_YEAR: Final = 365.25
_STEPS: Final = 14
"""Halvings of the search: to a ten-thousandth of the largest score."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold and where it comes from."""

    kind: str
    parameter: str
    value: float
    """Score beyond which it is an alarm; NaN for insufficient data."""
    method: str
    first: date | None
    """First day of the fitting period that has a score; None where none has."""
    last: date | None
    rate: float | None
    """Alarms let pass in the fitting period, for each station-year; None where it is not fitted so."""
    multiplier: float | None
    """Of the largest score in the fitting period; None where it is not fitted so."""
    rows: int
    """Scores in the fitting period."""


def fit_threshold(
    scores: Values, days: pd.DatetimeIndex, *, kind: str, parameter: str, rate: float, least: float = 0.0
) -> Threshold:
    """The lowest threshold with at most `rate` alarms for each station-year among these scores.

    `scores` [days, stations] are of the fitting period, NaN where there is none. Never below `least`. With
    fewer than `LEAST_STATION_YEARS` station-years of scores the value is NaN.
    """
    known = ~np.isnan(scores)
    rows, station_years = int(known.sum()), known.sum() / DAYS_PER_YEAR
    seen = days[np.flatnonzero(known.any(axis=1))]
    method = f"at most {rate:g} alarms for each station-year of the fitting period"
    if least:
        method += f", and at least {least:g}"
    value = np.nan
    if station_years >= LEAST_STATION_YEARS:
        value = max(least, _lowest(np.where(known, scores, -np.inf), allowed=rate * station_years))
    return Threshold(
        kind=kind,
        parameter=parameter,
        value=value,
        method=method,
        first=seen[0].date() if len(seen) else None,
        last=seen[-1].date() if len(seen) else None,
        rate=rate,
        multiplier=None,
        rows=rows,
    )


def _lowest(scores: Values, *, allowed: float) -> float:
    low, high = 0.0, float(scores.max())
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if count_episodes(scores > middle) > allowed:
            low = middle
        else:
            high = middle
    return high


def count_episodes(beyond: np.ndarray) -> int:
    """Episodes of an alarm at all stations, from whether it is beyond its threshold: [days, stations].

    As `alarms.episodes` counts them: days at most `EPISODE_GAP_DAYS` apart are one.
    """
    day = np.arange(len(beyond))[:, None]
    newest = np.maximum.accumulate(np.where(beyond, day, -EPISODE_GAP_DAYS - 1), axis=0)
    before = np.full_like(newest, -EPISODE_GAP_DAYS - 1)
    before[1:] = newest[:-1]
    return int((beyond & (day - before > EPISODE_GAP_DAYS)).sum())


def threshold_table(thresholds: Iterable[Threshold], *, judged_from: date) -> pd.DataFrame:
    """Rows of `monitoring.drift_thresholds`, in force from that day on."""
    now = pd.Timestamp(datetime.now(UTC))
    rows = [
        (
            pd.Timestamp(judged_from),
            *(t.kind, t.parameter, t.value, t.method),
            *(t.first, t.last, t.rate, t.multiplier, t.rows, now),
        )
        for t in thresholds
    ]
    return pd.DataFrame(rows, columns=list(THRESHOLD_COLUMNS)).astype(
        {"first": "datetime64[ns]", "last": "datetime64[ns]", "rate": float, "multiplier": float}
    )


def days_before(days: StationDays, first: date) -> int:
    """How many of these days lie before `first`."""
    return int(days.days.searchsorted(pd.Timestamp(first)))

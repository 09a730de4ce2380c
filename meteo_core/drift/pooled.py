"""Pooled drift: whether the last weeks of weather at all stations still look like their season.

For each parameter the Wasserstein distance of station-harmonic anomalies between the 30 days to a day and the
same season of earlier years, over their standard deviation. The threshold is the largest distance that a
window of an earlier year showed against the other years, with a margin: calendar-blind tests on the values
themselves alarm in every window of real weather. It is one for each parameter, of windows of all seasons: the
largest of the same week of four or five years says too little of what is usual.
"""

import logging
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.drift.alarms import POOLED, alarm_table
from meteo_core.drift.thresholds import DAYS_PER_YEAR, Threshold, days_before
from meteo_core.drift.windows import Counts, Index, around, between, count_days, distance, size, spread
from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.station_days import StationDays, Values
from meteo_core.parameters import NUMBERS
from meteo_core.stations import stations

logger = logging.getLogger(__name__)

WINDOW_DAYS: Final = 30
SEASON_DAYS: Final = 30
"""Days before and after the same window of another year that count as its season."""
MARGIN: Final = 1.15
LEAST_ROWS: Final = 200
LEAST_YEARS: Final = 3
"""Years of the same season that a window is compared with, and years of windows behind a threshold."""
LEAST_SHARE: Final = 0.8
"""Share of the usual number of values that a window behind the threshold must have: few values stray."""
LEAST_SHARE_JUDGED: Final = 0.5
FIT_EVERY: Final = 5
"""Days between the windows behind the threshold, which overlap."""
STEADY, DRIFT, INSUFFICIENT = "steady", "drift", "insufficient data"
METHOD: Final = (
    f"{MARGIN:g} x the largest distance of a {WINDOW_DAYS}-day window of the fitting period from the same "
    "season of its other years"
)


@dataclass(frozen=True)
class PooledDrift:
    """Scores of one window, and the values that they compare."""

    scores: pd.DataFrame
    """`parameter`, `score`, `threshold` (NaN where there is too little data), `rows`, `verdict`."""
    current: pd.DataFrame
    """Values of the window: `station`, `date`, parameters."""
    reference: pd.DataFrame
    """Values of the same season of earlier years."""


class _Windows(NamedTuple):
    """What is known of windows that end on some days, one value for each."""

    score: NDArray[np.float64]
    rows: NDArray[np.float64]
    years: NDArray[np.intp]
    """Years with a season to compare with."""


def pooled_drift(features: pd.DataFrame, last: date) -> PooledDrift:
    """Compare the `WINDOW_DAYS` days to `last` with the same season of all earlier years.

    `features` holds `station`, `date` and the numeric parameters of the whole record. Climatology and
    thresholds are fitted on days before the window.
    """
    end = pd.Timestamp(last)
    start = end - pd.Timedelta(days=WINDOW_DAYS - 1)
    rows = features.loc[features["date"] <= end, ["station", "date", *NUMBERS]]
    days = StationDays.from_frame(rows, NUMBERS, stations=tuple(stations()))
    scores, _ = pooled_scores(days, fitted_before=start.date(), first=last)

    of_last = pd.DataFrame({"parameter": NUMBERS}).merge(scores, how="left", on="parameter")
    judged = of_last["score"].notna() & of_last["threshold"].notna()
    beyond = np.where(of_last["score"] > of_last["threshold"], DRIFT, STEADY)
    of_last[["score", "threshold"]] = of_last[["score", "threshold"]].where(judged)
    is_current = (rows["date"] >= start).to_numpy()
    year, off = years_ago(rows["date"], start, end)
    is_reference = ~is_current & (year >= 1) & (off <= WINDOW_DAYS / 2 + SEASON_DAYS)
    return PooledDrift(
        scores=of_last.assign(
            verdict=np.where(judged, beyond, INSUFFICIENT), rows=of_last["rows"].fillna(0).astype(int)
        )[["parameter", "score", "threshold", "rows", "verdict"]],
        current=rows[is_current],
        reference=rows[is_reference],
    )


def years_ago(
    days: pd.Series, start: pd.Timestamp, end: pd.Timestamp
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each day the number of years before the window, and days off the middle of that year's window."""
    middle = start + (end - start) / 2
    ago = (middle - days).dt.total_seconds().to_numpy() / 86_400
    years = np.round(ago / DAYS_PER_YEAR)
    return years, np.abs(ago - years * DAYS_PER_YEAR)


def pooled_scores(
    days: StationDays, *, fitted_before: date, first: date, names: tuple[str, ...] = NUMBERS
) -> tuple[pd.DataFrame, list[Threshold]]:
    """`date`, `parameter`, `score`, `threshold` and `rows` of each day from `first` on; the thresholds.

    The climatology, the years compared with and the thresholds are those of the days before `fitted_before`.
    Score or threshold is NaN where there are too few rows or years: insufficient data.
    """
    cut = days_before(days, fitted_before)
    ends = np.arange(days_before(days, first), len(days.days))
    if not cut:
        return _told(days, ends[:0], "", np.empty(0), np.nan, np.empty(0)), []
    climatology = HarmonicClimatology.fit(days.part(0, cut), names)
    parts, thresholds = [], []
    for number, name in enumerate(names, start=1):
        counts = _counts(climatology.anomaly(name, days), cut)
        threshold, usual_rows = _fit(counts[: cut + 1], days.days[:cut], name)
        judged = _compare(counts, counts[: cut + 1], ends)
        enough = judged.rows >= max(LEAST_ROWS, LEAST_SHARE_JUDGED * usual_rows)
        score = np.where(enough & (judged.years >= LEAST_YEARS), judged.score, np.nan)
        parts.append(_told(days, ends, name, score, threshold.value, judged.rows))
        thresholds.append(threshold)
        logger.debug("all stations against their season: %s, %d of %d", name, number, len(names))
    return pd.concat(parts, ignore_index=True), thresholds


def pooled_alarms(scores: pd.DataFrame) -> pd.DataFrame:
    """The days of `pooled_scores` whose score is beyond its threshold."""
    beyond = scores[scores["score"] > scores["threshold"]]
    return alarm_table([beyond.assign(kind=POOLED, station="")])


def _counts(anomalies: Values, cut: int) -> Counts:
    """Counts of the anomalies in units of their standard deviation before `cut`."""
    known = anomalies[:cut][~np.isnan(anomalies[:cut])]
    unit = float(known.std()) if len(known) else 0.0
    return count_days(anomalies / unit if unit else np.full_like(anomalies, np.nan))


def _fit(past: Counts, days: pd.DatetimeIndex, name: str) -> tuple[Threshold, float]:
    """The threshold of a parameter, and how many values its windows usually have."""
    ends = np.arange(WINDOW_DAYS - 1, len(days), FIT_EVERY)
    windows = _compare(past, past, ends)
    usual_rows = float(np.median(windows.rows[windows.rows > 0])) if (windows.rows > 0).any() else 0.0
    fit = (windows.rows >= max(LEAST_ROWS, LEAST_SHARE * usual_rows)) & (windows.years >= LEAST_YEARS - 1)
    enough = fit.sum() * FIT_EVERY >= LEAST_SHARE * LEAST_YEARS * DAYS_PER_YEAR
    seen = days[ends[fit]]
    return Threshold(
        kind=POOLED,
        parameter=name,
        value=MARGIN * float(windows.score[fit].max()) if enough else np.nan,
        method=METHOD,
        first=seen[0].date() if len(seen) else None,
        last=seen[-1].date() if len(seen) else None,
        rate=None,
        multiplier=MARGIN,
        rows=int(fit.sum()),
    ), usual_rows


def _compare(counts: Counts, past: Counts, ends: Index) -> _Windows:
    """The window that ends on each of these days, against the same season of the other years in `past`.

    A year's season is `WINDOW_DAYS` and `SEASON_DAYS` on either side; the window's own year never counts.
    """
    current = between(counts, ends - WINDOW_DAYS + 1, ends + 1)
    most = int(len(counts) / DAYS_PER_YEAR) + 1
    away = np.array([years for years in range(-most, most + 1) if years])
    middle = (ends - (WINDOW_DAYS - 1) / 2)[:, None] + DAYS_PER_YEAR * away
    season = around(past, middle, WINDOW_DAYS / 2 + SEASON_DAYS)
    rows, reference = size(current), season.sum(axis=1)
    there = size(season) >= np.maximum(LEAST_ROWS, LEAST_SHARE * rows)[:, None]
    return _Windows(distance(current, reference) / spread(reference), rows, there.sum(axis=1))


def _told(
    days: StationDays,
    ends: Index,
    name: str,
    score: NDArray[np.float64],
    threshold: float,
    rows: NDArray[np.float64],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": days.days[ends],
            "parameter": name,
            "score": score,
            "threshold": threshold,
            "rows": rows.astype(np.int64),
        }
    )

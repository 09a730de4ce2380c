"""Pooled drift: whether the last weeks of weather at all stations still look like their season.

For each parameter the Wasserstein distance of station-harmonic anomalies between the current
window and the same season of earlier years, over their standard deviation. The threshold is the largest
distance that an earlier year showed against the others, with a margin: calendar-blind tests on the values
themselves alarm in every window of real weather.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.station_days import StationDays
from meteo_core.parameters import NUMBERS

WINDOW_DAYS = 30
SEASON_DAYS = 30
"""Days before and after the same window of another year that count as its season."""
MARGIN = 1.15
LEAST_ROWS = 200
LEAST_YEARS = 5
"""The largest of fewer years' distances says little of what is usual."""
LEAST_SHARE = 0.8
"""An earlier year's window counts if it has this share of the current one's values."""
STEADY, DRIFT, INSUFFICIENT = "steady", "drift", "insufficient data"


@dataclass(frozen=True)
class PooledDrift:
    """Scores of one window, and the anomalies that they compare."""

    scores: pd.DataFrame
    """`parameter`, `score`, `threshold` (NaN where there are too few rows), `rows`, `verdict`."""
    current: pd.DataFrame
    """Values of the window: `station`, `date`, parameters."""
    reference: pd.DataFrame
    """Values of the same season of earlier years."""


def pooled_drift(features: pd.DataFrame, last: date) -> PooledDrift:
    """Compare the `WINDOW_DAYS` days to `last` with the same season of all earlier years.

    `features` holds `station`, `date` and the numeric parameters of the whole record. The climatology is
    fitted on days before the window.
    """
    end = pd.Timestamp(last)
    start = end - pd.Timedelta(days=WINDOW_DAYS - 1)
    rows = features.loc[features["date"] <= end, ["station", "date", *NUMBERS]]
    is_current = (rows["date"] >= start).to_numpy()
    year, off = _years_ago(rows["date"], start, end)
    is_reference = ~is_current & (year >= 1) & (off <= WINDOW_DAYS / 2 + SEASON_DAYS)
    is_same_window = is_reference & (off <= WINDOW_DAYS / 2)

    anomalies = _anomalies(rows, ~is_current)
    scored = [
        _score(name, anomalies[name].to_numpy(), is_current, is_reference, is_same_window, year)
        for name in NUMBERS
    ]
    return PooledDrift(
        scores=pd.DataFrame(scored, columns=["parameter", "score", "threshold", "rows", "verdict"]),
        current=rows[is_current],
        reference=rows[is_reference],
    )


def _years_ago(
    days: pd.Series, start: pd.Timestamp, end: pd.Timestamp
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each day the number of years before the window, and days off the middle of that year's window."""
    middle = start + (end - start) / 2
    ago = (middle - days).dt.total_seconds().to_numpy() / 86_400
    years = np.round(ago / 365.25)
    return years, np.abs(ago - years * 365.25)


def _anomalies(rows: pd.DataFrame, is_past: NDArray[np.bool_]) -> pd.DataFrame:
    if not is_past.any():
        return pd.DataFrame(np.nan, index=rows.index, columns=list(NUMBERS))
    past = StationDays.from_frame(rows[is_past], NUMBERS, stations=sorted(rows["station"].unique()))
    climatology = HarmonicClimatology.fit(past, NUMBERS)
    days = StationDays.from_frame(rows, NUMBERS, stations=past.stations)
    row, column = days.positions(rows)
    return pd.DataFrame({name: climatology.anomaly(name, days)[row, column] for name in NUMBERS})


def _score(
    name: str,
    anomalies: NDArray[np.float64],
    is_current: NDArray[np.bool_],
    is_reference: NDArray[np.bool_],
    is_same_window: NDArray[np.bool_],
    year: NDArray[np.float64],
) -> tuple[str, float, float, int, str]:
    known = ~np.isnan(anomalies)
    current, reference = anomalies[is_current & known], anomalies[is_reference & known]
    # An earlier year's window must be as long as the current one: short windows stray further.
    windows = {
        ago: anomalies[is_same_window & known & (year == ago)]
        for ago in np.unique(year[is_reference & known])
    }
    enough = max(LEAST_ROWS, LEAST_SHARE * len(current))
    windows = {ago: values for ago, values in windows.items() if len(values) >= enough}
    if len(current) < LEAST_ROWS or len(windows) < LEAST_YEARS:
        return name, np.nan, np.nan, len(current), INSUFFICIENT
    spread = float(reference.std()) or 1.0
    score = wasserstein_distance(current, reference) / spread
    left_out = [
        wasserstein_distance(window, anomalies[is_reference & known & (year != ago)]) / spread
        for ago, window in windows.items()
    ]
    threshold = MARGIN * max(left_out)
    return name, float(score), float(threshold), len(current), DRIFT if score > threshold else STEADY

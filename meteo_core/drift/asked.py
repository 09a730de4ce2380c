"""Drift of what the service is asked: whether what people suppose looks like what the model learnt from.

The measure is that of `pooled`: Wasserstein distance of the station-harmonic anomalies, over their standard
deviation. Each value is taken as its departure from what is usual at its station on the date asked about.
Those departures, whatever their dates, are held against the ones of one season of earlier years, that of the
window in which the questions were put, at the stations asked about, each counting as often as it was asked
about. The threshold is the largest distance of an earlier year's window, drawn from at the same stations and
as often, from the other years, with the margin of `pooled`.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from meteo_core.drift.departures import departures
from meteo_core.drift.pooled import (
    DRIFT,
    INSUFFICIENT,
    LEAST_ROWS,
    LEAST_SHARE,
    MARGIN,
    SEASON_DAYS,
    STEADY,
    WINDOW_DAYS,
    PooledDrift,
    years_ago,
)
from meteo_core.parameters import NUMBERS

LEAST_YEARS: Final = 5
"""The largest of fewer years' distances of the same window says little of what is usual."""
SEED: Final = 20160630
"""Fixed: the same questions have the same threshold."""

Array = NDArray[np.float64]


def asked_values(requests: pd.DataFrame) -> pd.DataFrame:
    """What was given in each question: `station`, `date` (the day asked about) and the numeric parameters.

    `requests` holds `station`, `date` and `inputs`, JSON in the units of the parameter table. NaN is what was
    given as unknown or not at all.
    """
    given = pd.DataFrame([json.loads(each) for each in requests["inputs"]], index=requests.index)
    values = given.reindex(columns=list(NUMBERS)).astype(float)
    return pd.concat([requests[["station", "date"]], values], axis=1).reset_index(drop=True)


def asked_drift(asked: pd.DataFrame, features: pd.DataFrame, last: date) -> PooledDrift:
    """Compare what was asked in the `WINDOW_DAYS` days to `last` with their season in earlier years.

    `asked` is as `asked_values` gives it, `features` holds `station`, `date` and the numeric parameters of
    the whole record. The climatology is fitted on days before the window.
    """
    end = pd.Timestamp(last)
    start = end - pd.Timedelta(days=WINDOW_DAYS - 1)
    past = features.loc[features["date"] < start, ["station", "date", *NUMBERS]]
    asked = asked[asked["station"].isin(past["station"].unique())].reset_index(drop=True)
    year, off = years_ago(past["date"], start, end)
    is_season = (year >= 1) & (off <= WINDOW_DAYS / 2 + SEASON_DAYS)
    is_season &= past["station"].isin(asked["station"]).to_numpy()
    season = _Season(year[is_season], off[is_season] <= WINDOW_DAYS / 2)
    reference = past[is_season].reset_index(drop=True)

    current_anomalies, reference_anomalies = departures(past, asked), departures(past, reference)
    stations = pd.Index(sorted(asked["station"].unique()))
    current_at, reference_at = (
        stations.get_indexer(pd.Index(rows["station"])) for rows in (asked, reference)
    )
    scored = [
        _score(
            name,
            _Values(current_anomalies[name].to_numpy(), current_at),
            _Values(reference_anomalies[name].to_numpy(), reference_at),
            season,
            len(stations),
        )
        for name in NUMBERS
    ]
    return PooledDrift(
        scores=pd.DataFrame(scored, columns=["parameter", "score", "threshold", "rows", "verdict"]),
        current=asked,
        reference=reference,
    )


@dataclass(frozen=True)
class _Values:
    """Anomalies, and by number the station of each."""

    value: Array
    station: NDArray[np.intp]

    def where(self, chosen: NDArray[np.bool_]) -> "_Values":
        return _Values(self.value[chosen], self.station[chosen])


@dataclass(frozen=True)
class _Season:
    """Of each day of the reference the number of years before the window, and whether it is in the window."""

    year: Array
    in_window: NDArray[np.bool_]


def _score(
    name: str, current: _Values, reference: _Values, season: _Season, stations: int
) -> tuple[str, float, float, int, str]:
    current = current.where(~np.isnan(current.value))
    known = ~np.isnan(reference.value)
    reference, year, in_window = reference.where(known), season.year[known], season.in_window[known]
    insufficient = name, np.nan, np.nan, len(current.value), INSUFFICIENT
    if len(current.value) < LEAST_ROWS:
        return insufficient
    times_asked = np.bincount(current.station, minlength=stations)
    random = np.random.default_rng(SEED)
    distances = []
    for ago in np.unique(year):
        drawn = _drawn(reference.where(in_window & (year == ago)), times_asked, random)
        others = reference.where(year != ago)
        if len(drawn) >= LEAST_SHARE * len(current.value) and len(others.value):
            distances.append(wasserstein_distance(drawn, others.value, None, _weights(others, times_asked)))
    if len(distances) < LEAST_YEARS:
        return insufficient
    weights = _weights(reference, times_asked)
    mean = np.average(reference.value, weights=weights)
    spread = float(np.sqrt(np.average((reference.value - mean) ** 2, weights=weights))) or 1.0
    score = float(wasserstein_distance(current.value, reference.value, None, weights)) / spread
    threshold = MARGIN * float(max(distances)) / spread
    return name, score, threshold, len(current.value), DRIFT if score > threshold else STEADY


def _weights(values: _Values, times_asked: NDArray[np.intp]) -> Array:
    """Weight of each value, so that a station counts as often as it was asked about."""
    held = np.bincount(values.station, minlength=len(times_asked))
    return (times_asked / np.maximum(held, 1))[values.station]


def _drawn(window: _Values, times_asked: NDArray[np.intp], random: np.random.Generator) -> Array:
    """Values of the window, at each station as many as it was asked about."""
    drawn = [
        random.choice(window.value[window.station == station], times_asked[station])
        for station in np.unique(window.station)
    ]
    return np.concatenate(drawn) if drawn else np.empty(0)

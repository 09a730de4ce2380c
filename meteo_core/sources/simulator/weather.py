"""Weather that never was: a stochastic generator for all 49 stations, the same for the same seed and date."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import ndtr

from meteo_core.parameters import COMPASS_POINTS, DEGREES_PER_POINT, PARAMETERS, WIND_PAIRS
from meteo_core.sources.observations import join_observations, observation_frame
from meteo_core.sources.simulator.climate import Climate, load_climate

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)

# Every calendar year starts from rest this many days early. The slowest mode fades by 0.814 a day, so what
# is left of another start is below 1e-10: years join without a seam, and none needs the years before it.
_BURN_IN_DAYS: Final = 120
_KEPT_YEARS: Final = 12  # about 4 MB each

_KMH_PER_KNOT: Final = 1.852  # the Bureau measures winds in whole knots and publishes km/h
_MOST_WET: Final = 0.95  # share of wet days however wet a year is told to be
_GAUGE_STEP_MM: Final = 0.2  # one tip of the bucket
_GUST_HOUR, _GUST_SPREAD_HOURS = 14.0, 4.5  # strongest gusts come with the mixing of the afternoon
_PRESSURE_PAIR_LOSS: Final = 0.002  # share of days with 9 am pressure but no 3 pm pressure

_MINUTES_OF_DAY: Final = 24 * 60
_CLOCK_TEXTS: Final = np.array(
    [f"{minute // 60:02}:{minute % 60:02}" for minute in range(_MINUTES_OF_DAY)], dtype=object
)
_POINTS: Final = np.array([*COMPASS_POINTS, None], dtype=object)


class WeatherGenerator:
    """Simulated observations, complete or with the gaps that each station's instruments really have.

    Random numbers belong to seed and day, so a day is the same in whatever range it is asked for (by the
    same release of numpy). Values keep to the Bureau's conventions: rain of a day fell in the 24 hours to
    its 9 am, winds are whole knots in km/h, a calm wind has no direction.
    """

    def __init__(
        self,
        seed: int,
        *,
        rain_noise: float = 0.5,
        gaps: bool = True,
        wetness: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        """Make a generator; see `load_climate` for `rain_noise`, a dial for how predictable rain is.

        `wetness` gives for days (datetime64) how many times as likely rain is, and how many times as much
        falls; the other weather stays as it is.
        """
        self._wetness = wetness
        self.seed = seed
        self._gaps = gaps
        self._climate = load_climate(rain_noise=rain_noise)
        self._key = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        self._kept_year = lru_cache(maxsize=_KEPT_YEARS)(self._simulate)

    def days(self, first: date, last: date) -> pd.DataFrame:
        """Days `first`..`last` (both included) of all stations, in the form of `Delivery.observations`.

        Rows are in order of station and date within each calendar year, years in order. Raises
        `ValueError` outside 1900..2100 and for a range that ends before it begins.
        """
        if first > last:
            raise ValueError(f"{first} is after {last}")
        years = [self.year(year) for year in range(first.year, last.year + 1)]
        return join_observations(
            frame[frame["date"].between(pd.Timestamp(first), pd.Timestamp(last))] for frame in years
        )

    def year(self, year: int) -> pd.DataFrame:
        """The whole year, in order of station and date. The frame is kept for reuse: do not change it."""
        if not FIRST_DAY.year <= year <= LAST_DAY.year:
            raise ValueError(f"weather is simulated from {FIRST_DAY} to {LAST_DAY}, not in {year}")
        return self._kept_year(year)

    def _simulate(self, year: int) -> pd.DataFrame:
        climate = self._climate
        first = date(year, 1, 1) - timedelta(days=_BURN_IN_DAYS)
        days = np.arange(np.datetime64(first, "D"), np.datetime64(date(year + 1, 1, 1), "D"))
        normals, uniforms = self._random_numbers(first.toordinal(), len(days))

        # One day more than the year at its start: its rain is published on 1 January.
        kept = slice(_BURN_IN_DAYS - 1, None)
        months = days[kept].astype("datetime64[M]").astype(int) % 12
        wetness = np.ones(len(months)) if self._wetness is None else self._wetness(days[kept])
        values = _values(climate, _probabilities(climate, normals, kept), months, wetness)
        weather = {name: values[:, :, at] for at, name in enumerate(climate.variables)}
        weather["rainfall"] = np.roll(weather["rainfall"], 1, axis=0)
        weather = {name: value[1:].T for name, value in weather.items()}  # station before day, as published

        size = len(climate.variables)
        gust_minutes = _gust_minutes(normals[_BURN_IN_DAYS:, -len(climate.stations) :])
        published = _consistent(weather, gust_minutes.T)
        if self._gaps:
            missing = _missing(climate, uniforms.reshape(len(days), -1, size))[_BURN_IN_DAYS:]
            _blank(published, {name: missing[:, :, at].T for at, name in enumerate(climate.variables)})
        return observation_frame(
            np.repeat(np.array(climate.stations, dtype=object), len(days) - _BURN_IN_DAYS),
            np.tile(days[_BURN_IN_DAYS:], len(climate.stations)),
            {name: value.ravel() for name, value in published.items()},
        )

    def _random_numbers(self, first_ordinal: int, days: int) -> tuple[np.ndarray, np.ndarray]:
        """Standard normals and uniforms of each day, from a counter-based stream of its own."""
        stations, variables = len(self._climate.stations), len(self._climate.variables)
        normals = np.empty((days, len(self._climate.patterns) + stations * variables + stations))
        uniforms = np.empty((days, stations * variables))
        for day in range(days):
            # The high word of the counter is the day: streams of 2^192 numbers that never meet.
            counter = np.array([0, 0, 0, first_ordinal + day], dtype=np.uint64)
            stream = np.random.Generator(np.random.Philox(counter=counter, key=self._key))
            stream.standard_normal(out=normals[day])
            stream.random(out=uniforms[day])
        return normals, uniforms


def _probabilities(climate: Climate, normals: np.ndarray, kept: slice) -> np.ndarray:
    """Uniform scores (kept days, S, V) in space and time correlation; NaN where a station has no series."""
    stations, variables = len(climate.stations), len(climate.variables)
    patterns = len(climate.patterns)
    amplitudes = normals[:, :patterns] @ climate.pattern_innovation.T
    of_station = normals[:, patterns : patterns + stations * variables].reshape(-1, stations, variables)
    residuals = np.matmul(of_station.transpose(1, 0, 2), climate.residual_innovation.transpose(0, 2, 1))
    residuals = residuals.transpose(1, 0, 2).reshape(len(normals), -1)[:, climate.series]

    for day in range(1, len(normals)):
        amplitudes[day] += climate.pattern_transition @ amplitudes[day - 1]
        residuals[day] += climate.residual_persistence * residuals[day - 1]

    scores = (amplitudes[kept] @ climate.patterns + residuals[kept]) / climate.stationary_sd
    probabilities = np.full((len(scores), stations * variables), np.nan)
    probabilities[:, climate.series] = ndtr(scores)
    return probabilities.reshape(-1, stations, variables)


def _values(
    climate: Climate, probabilities: np.ndarray, months: np.ndarray, wetness: np.ndarray
) -> np.ndarray:
    """Values (days, S, V) distributed as fitted in each station and month, but for rain made wetter."""
    rain = climate.variables.index("rainfall")
    dry = climate.dry_probability[:, months].T
    wetter = wetness[:, np.newaxis]
    dry = np.where(wetter == 1, dry, 1 - np.minimum((1 - dry) * wetter, _MOST_WET))
    wet = probabilities[:, :, rain] > dry
    probabilities = probabilities.copy()
    probabilities[:, :, rain] = np.clip((probabilities[:, :, rain] - dry) / (1 - dry), 0.0, 1.0)

    levels = climate.quantile_levels
    below = np.clip(np.searchsorted(levels, probabilities, side="right") - 1, 0, len(levels) - 2)
    weight = (probabilities - levels[below]) / np.diff(levels)[below]
    stations, variables = probabilities.shape[1:]
    row = (np.arange(stations * variables).reshape(stations, variables) * 12)[np.newaxis]
    at = (row + months[:, np.newaxis, np.newaxis]) * len(levels) + below
    low, high = climate.quantiles.ravel()[at], climate.quantiles.ravel()[at + 1]
    values = low + weight * (high - low)

    tips = np.maximum(np.round(values[:, :, rain] * wetter / _GAUGE_STEP_MM), 1)
    values[:, :, rain] = np.where(wet, tips * _GAUGE_STEP_MM, 0.0)
    return values


def _gust_minutes(normals: np.ndarray) -> np.ndarray:
    minutes = np.round((_GUST_HOUR + _GUST_SPREAD_HOURS * normals) * 60).astype(int)
    return minutes % _MINUTES_OF_DAY


def _consistent(weather: dict[str, np.ndarray], gust_minutes: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters as instruments would have them together, rounded as the Bureau publishes them."""
    low = np.fmin(weather["min_temp"], weather["max_temp"])
    high = np.fmax(weather["min_temp"], weather["max_temp"])
    published = {
        **{name: value for name, value in weather.items() if name in PARAMETERS},
        "min_temp": low,
        "max_temp": high,
        "temp_9am": np.clip(weather["temp_9am"], low, high),
        "temp_3pm": np.clip(weather["temp_3pm"], low, high),
    }
    for speed, _ in WIND_PAIRS.values():
        published[speed] = np.round(weather[speed] / _KMH_PER_KNOT) * _KMH_PER_KNOT
    means = np.maximum(published["wind_speed_9am"], published["wind_speed_3pm"])
    published["wind_gust_speed"] = np.maximum(published["wind_gust_speed"], means)
    for name, value in published.items():
        published[name] = np.round(value, PARAMETERS[name].decimals) + 0.0  # no negative zero

    for wind, (speed, direction) in WIND_PAIRS.items():
        stem = f"wind_{wind}"
        published[direction] = _points(weather[f"{stem}_east"], weather[f"{stem}_north"])
        published[direction][~(published[speed] > 0)] = None
    published["wind_gust_time"] = _CLOCK_TEXTS[gust_minutes]
    published["wind_gust_time"][~(published["wind_gust_speed"] > 0)] = None
    return published


def _points(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    degrees = np.degrees(np.arctan2(east, north)) % 360
    nearest = np.round(degrees / DEGREES_PER_POINT) % len(COMPASS_POINTS)
    return _POINTS[np.where(np.isnan(nearest), len(COMPASS_POINTS), nearest).astype(int)]


def _missing(climate: Climate, uniforms: np.ndarray) -> np.ndarray:
    """Where a value is missing (days, S, V): a two-state Markov chain for each station and variable.

    The chain starts anew with each year's burn-in, so a long outage may end at New Year.
    """
    share, stays = climate.missing_share, climate.missing_persistence
    begins = np.where(share < 1, share * (1 - stays) / np.maximum(1 - share, 1e-6), 1.0)
    missing = np.empty(uniforms.shape, dtype=bool)
    missing[0] = uniforms[0] < share
    for day in range(1, len(uniforms)):
        missing[day] = uniforms[day] < np.where(missing[day - 1], stays, begins)

    # One barometer: 3 pm is missing with 9 am.
    morning, afternoon = (climate.variables.index(name) for name in ("pressure_9am", "pressure_3pm"))
    missing[:, :, afternoon] = missing[:, :, morning] | (uniforms[:, :, afternoon] < _PRESSURE_PAIR_LOSS)
    return missing | (share > 0.999)


def _blank(published: dict[str, np.ndarray], missing: dict[str, np.ndarray]) -> None:
    # An anemometer that gives no speed gives no direction and no time either.
    speeds = dict(WIND_PAIRS.values())
    for speed, direction in speeds.items():
        missing[direction] = missing[speed]
    missing["wind_gust_time"] = missing["wind_gust_speed"]
    for name, value in published.items():
        value[missing[name]] = np.nan if value.dtype == float else None

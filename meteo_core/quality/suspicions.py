"""Suspicions: values that beside the days before and the stations near by point to a fault.

Each is possible in itself. They are flagged and kept: the forecast goes on using them while a person looks.

False alarms on the public archive (49 stations, 2007-11 to 2016-06, 350 station-years, no fault known), as
spells that reached the length of the rule, for each station-year:

    pressure_3pm     4 days   0           humidity_3pm   5 days   .014
    pressure_9am     4 days   0           humidity_9am   6 days   .037 (fogs: most are 98 or 99 %)
    temp_3pm         4 days    .006       wind_gust_speed  6 days   0
    temp_9am         4 days    .006       wind_speed_9am   6 days   .009
    min_temp         5 days    .003       wind_speed_3pm   6 days   .009
    max_temp         5 days    .003       rainfall       6 days   .011 (.020 where it can be judged)

A gauge is judged where at least three of the five nearest stations stand within 250 km: 27 of the 49. One
blocked in the archive from a random day on is suspected after 31 days (median of 81 trials), 84 % within 60
days and 98 % within 180. A stuck sensor is suspected as soon as the rule's days are over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.features.neighbours import Network
from meteo_core.features.station_days import StationDays, Values, shift
from meteo_core.quality.findings import finding
from meteo_core.stations import stations


@dataclass(frozen=True, slots=True)
class StuckRule:
    """How long a sensor may say the same."""

    days: int
    """Identical values on so many consecutive days are a suspicion."""
    legal: tuple[float, ...] = ()
    """Values that weather itself repeats: saturation, calm."""


STUCK: Final = MappingProxyType(
    {
        "pressure_9am": StuckRule(4),
        "pressure_3pm": StuckRule(4),
        "min_temp": StuckRule(5),
        "max_temp": StuckRule(5),
        "temp_9am": StuckRule(4),
        "temp_3pm": StuckRule(4),
        "humidity_3pm": StuckRule(5, legal=(0.0, 100.0)),
        "humidity_9am": StuckRule(6, legal=(0.0, 100.0)),
        "wind_gust_speed": StuckRule(6, legal=(0.0,)),
        "wind_speed_9am": StuckRule(6, legal=(0.0,)),
        "wind_speed_3pm": StuckRule(6, legal=(0.0,)),
    }
)
LONGEST_RUN_DAYS: Final = 30
"""A longer run is told as one of this length, so that what is found on a day never depends on how far
back was read."""

NEAREST: Final = 5
NEAREST_KM: Final = 250.0
LEAST_OBSERVED: Final = 3
WET_MM: Final = 1.0
"""A neighbour with more than this was wet."""
WET_SHARE: Final = 0.6
"""So many of the neighbours observed must have been wet."""
BLOCKED_MM: Final = 0.2
"""A gauge with no more than this caught nothing: dew and a leak are as much."""
BLOCKED_DAYS: Final = 6
GAUGE_MEMORY_DAYS: Final = 180
"""Wet days further back do not count: in the dry inland six of them can be years apart."""

SUSPECTED: Final = (*STUCK, "rainfall")
"""Parameters looked over."""
LOOK_BACK_DAYS: Final = max(LONGEST_RUN_DAYS, GAUGE_MEMORY_DAYS) - 1
"""Days before the first that must be read with it."""

_STUCK_WORDS: Final = "identical run: the same value on {days} days in succession, since {since}"
_BLOCKED_WORDS: Final = (
    "blocked gauge: at most 0.2 mm here on {days} days in succession on which most stations near by had "
    "rain, since {since}"
)

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]
"""Shape [days, stations], of day numbers."""


@dataclass(frozen=True)
class _Spells:
    """For each day and station, the spell that goes on there, and whether it is a suspicion."""

    suspect: Mask
    length: Index
    since: Index
    """Number of the first day."""
    limit: int
    """Length from which it is a suspicion, days."""


def suspect_days(observations: pd.DataFrame, *, first: date) -> pd.DataFrame:
    """Days `first` and later on which a spell is a suspicion: one row for each station, day and parameter.

    Columns `station`, `date`, `parameter`, `days` (length of the spell so far), `limit` (length from which it
    is a suspicion) and `since`. `observations` holds `station`, `date` and the `SUSPECTED` parameters, one
    row for each station and day, from `LOOK_BACK_DAYS` before `first` on.
    """
    grid = StationDays.from_frame(observations, SUSPECTED, stations=tuple(stations()))
    found = []
    for parameter, spells in _rules(grid):
        day, station = np.nonzero(spells.suspect & (grid.days >= pd.Timestamp(first))[:, None])
        found.append(
            pd.DataFrame(
                {
                    "station": np.array(grid.stations, dtype=object)[station],
                    "date": grid.days[day],
                    "parameter": parameter,
                    "days": spells.length[day, station],
                    "limit": spells.limit,
                    "since": grid.days[spells.since[day, station]],
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def find_suspicions(observations: pd.DataFrame, *, first: date) -> pd.DataFrame:
    """Findings of days `first` and later, one for each station, day and parameter while a spell lasts.

    `observations` holds `station`, `date`, the `SUSPECTED` parameters and provenance (`source`,
    `content_sha256`, `fetched_at`), one row for each station and day, from `LOOK_BACK_DAYS` before
    `first` on.
    """
    rows = observations.set_index(["station", "date"], drop=False)
    found: list[pd.DataFrame] = []
    suspects = suspect_days(observations, first=first)
    for parameter in SUSPECTED:
        suspect = suspects[suspects["parameter"] == parameter]
        keys = pd.MultiIndex.from_frame(suspect[["station", "date"]])
        words = _BLOCKED_WORDS if parameter == "rainfall" else _STUCK_WORDS
        reasons = [
            words.format(days=days, since=f"{since:%Y-%m-%d}")
            for days, since in zip(suspect["days"], suspect["since"], strict=True)
        ]
        found.append(finding(rows.loc[keys], parameter, "flagged", reasons))
    return pd.concat(found, ignore_index=True)


def _rules(grid: StationDays) -> Iterator[tuple[str, _Spells]]:
    for parameter, rule in STUCK.items():
        yield parameter, _identical(grid[parameter], rule)
    yield "rainfall", _blocked(grid)


def _identical(values: Values, rule: StuckRule) -> _Spells:
    """Days that say what the day before said; a missing value, or one that weather repeats, ends it."""
    same = (values == shift(values, 1)) & ~np.isin(values, rule.legal)
    day = np.arange(len(values))[:, None]
    start = np.maximum.accumulate(np.where(same, 0, day), axis=0)
    start = np.maximum(start, day - LONGEST_RUN_DAYS + 1)
    length = day - start + 1
    return _Spells(length >= rule.days, length, start, rule.days)


def _blocked(grid: StationDays) -> _Spells:
    """Days with rain near by and none here, since rain was last measured here.

    Days without rain near by, and days without a reading here, neither lengthen the spell nor end it.
    """
    rain = grid["rainfall"]
    near = _nearest(grid.stations)
    observed = np.where(near.there, ~np.isnan(rain)[:, near.station], False).sum(axis=-1)
    wet = np.where(near.there, (rain > WET_MM)[:, near.station], False).sum(axis=-1)
    dry_here = (wet >= WET_SHARE * observed) & (observed >= LEAST_OBSERVED) & (rain <= BLOCKED_MM)

    days = len(rain)
    day = np.arange(days)[:, None]
    last_rain = np.maximum.accumulate(np.where(rain > BLOCKED_MM, day, -1), axis=0)
    before = np.maximum(last_rain, day - GAUGE_MEMORY_DAYS)  # the last day that does not count, -1 for none
    # Counts and next days are looked up with one row for "before the first day" in front.
    count = np.concatenate([np.zeros((1, rain.shape[1]), dtype=np.intp), np.cumsum(dry_here, axis=0)])
    next_dry = np.minimum.accumulate(np.where(dry_here, day, days)[::-1], axis=0)[::-1]
    earlier = np.maximum(before, -1) + 1

    length = count[1:] - np.take_along_axis(count, earlier, axis=0)
    since = np.take_along_axis(next_dry, np.minimum(earlier, days - 1), axis=0)
    return _Spells(dry_here & (length >= BLOCKED_DAYS), length, since, BLOCKED_DAYS)


class _Nearest(NamedTuple):
    """For each station the `NEAREST` others, and which of them stand near enough."""

    station: Index
    there: Mask


def _nearest(keys: tuple[str, ...]) -> _Nearest:
    station, distance = Network(tuple(stations()[key] for key in keys)).nearest(NEAREST)
    return _Nearest(station, distance <= NEAREST_KM)

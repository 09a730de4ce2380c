"""What is known of a station day beside its own values: place, season, what is usual, the other stations.

None of it changes with what the station itself reports on the day, so a service works it out once and answers
any number of questions from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.features.climatology import year_phase
from meteo_core.features.daily import OWN_VALUES, known_at
from meteo_core.features.neighbours import Network, weighted_mean
from meteo_core.features.predictor_table import (
    ANOMALIES,
    NEAR,
    PATTERN_CHANGES,
    PATTERNS,
    SEASON,
    SECTORS,
    SITE,
    SLOPES,
    is_known,
    own_columns,
)
from meteo_core.features.station_days import StationDays, Values
from meteo_core.parameters import COMPASS, KnownAt
from meteo_core.stations import find_station

if TYPE_CHECKING:
    from meteo_core.features.predictors import Predictors

PLANE_SUMS = 9


@dataclass(frozen=True)
class Layout:
    """Where each part of the surroundings stands, for one issue time."""

    issue: Issue

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Columns of the features table that are predictors."""
        return own_columns(self.issue)

    @cached_property
    def maps(self) -> tuple[tuple[str, tuple[str, ...], int], ...]:
        """For each group of amplitudes: the map, the quantities laid on it, and how many amplitudes."""
        named = [(name, quantities, count) for name, (quantities, count) in PATTERNS[self.issue].items()]
        name, change, count = PATTERN_CHANGES[self.issue]
        return (*named, (name, (change,), count))

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Quantities whose usual value is needed: those of anomalies first, in their order."""
        mapped = (quantity for _, quantities, _ in self.maps for quantity in quantities)
        return tuple(dict.fromkeys((*ANOMALIES, "rain_today", *mapped, *SLOPES[self.issue])))

    @cached_property
    def slices(self) -> Mapping[str, slice]:
        """Part of the last axis that each kind of surroundings takes."""
        sizes = {
            "place": len(SITE) + len(SEASON),
            "usual": len(self.measured),
            "best_guess": len(self.own),
            "near": len(NEAR),
            "sectors": len(SECTORS[self.issue]) * len(Network.sector_names()),
            "planes": len(SLOPES[self.issue]) * PLANE_SUMS,
            "amplitudes": sum(count for _, _, count in self.maps),
            "mapped": len(self.maps),
            "others": 2,
        }
        bounds = pairwise(accumulate(sizes.values(), initial=0))
        return {name: slice(*bound) for name, bound in zip(sizes, bounds, strict=True)}

    @cached_property
    def size(self) -> int:
        """Length of the last axis."""
        return self.slices["others"].stop


@dataclass(frozen=True)
class Surroundings:
    """Surroundings of station days."""

    layout: Layout
    block: NDArray[np.float64]
    """Shape [*shape, `layout.size`]."""

    def __getitem__(self, part: str) -> NDArray[np.float64]:
        """One part [*shape, its size]: a view."""
        return self.block[..., self.layout.slices[part]]

    @property
    def other_stations(self) -> NDArray[np.float64]:
        """How many other stations were observed on the day."""
        return self["others"][..., 0]

    @property
    def other_stations_late(self) -> NDArray[np.float64]:
        """How many of them with a value that is complete at midnight only."""
        return self["others"][..., 1]

    def rows(self, which: NDArray) -> "Surroundings":
        """Those of some rows, of surroundings that are rows."""
        return Surroundings(self.layout, self.block[which])


def place_and_usual(
    predictors: "Predictors", dates: pd.DatetimeIndex, station: NDArray[np.intp]
) -> Surroundings:
    """Surroundings of rows cut off behind `usual`: what is known without any other station."""
    layout = predictors.layout
    found = Surroundings(layout, np.empty((len(dates), layout.slices["usual"].stop)))
    found["place"][:] = np.column_stack([sites_of(predictors.stations)[station], _season(dates)])
    for index, name in enumerate(layout.measured):
        found["usual"][:, index] = predictors.climatology.normal_at(name, dates, station)
    return found


def sites_of(stations: tuple[str, ...]) -> Values:
    """Latitude, longitude and elevation of each station [stations, 3]."""
    return np.array([[getattr(find_station(key), name) for name in SITE] for key in stations])


def _season(dates: pd.DatetimeIndex) -> NDArray[np.float64]:
    """The annual wave on each day [days, 2]."""
    phase = year_phase(dates)
    return np.column_stack([np.sin(phase), np.cos(phase)])


def surroundings_of(
    predictors: "Predictors", days: StationDays, at: NDArray[np.intp] | slice = slice(None)
) -> Surroundings:
    """Surroundings of the stations `at`, by default all, on every day [days, stations, size].

    `days` holds `DAILY_COLUMNS` of all stations that the predictors know.
    """
    layout, network = predictors.layout, predictors.network
    usual, anomaly, near = {}, {}, {}
    around = network.near[at]
    for name in dict.fromkeys((*layout.own, *NEAR, *layout.measured, *SECTORS[layout.issue])):
        if name not in COMPASS:
            everywhere = predictors.climatology.normal(name, days.days)
            usual[name] = everywhere[:, at]
            anomaly[name] = days[name] - everywhere
            near[name] = weighted_mean(anomaly[name], around)

    sites = sites_of(predictors.stations)[at]
    found = Surroundings(layout, np.empty((len(days.days), len(sites), layout.size)))
    found["place"][..., : len(SITE)] = sites
    found["place"][..., len(SITE) :] = _season(days.days)[:, None, :]
    for index, name in enumerate(layout.measured):
        found["usual"][..., index] = usual[name]
    for index, name in enumerate(layout.own):
        # What stands for a value that is missing and usually is not: the usual, and what is unusual around.
        best_guess = usual[name] + np.nan_to_num(near[name]) if name in usual else np.nan
        usually_known = predictors.usually_known.get(name)
        known = usually_known[at] if usually_known is not None else np.False_
        found["best_guess"][..., index] = np.where(known, best_guess, np.nan)
    for index, name in enumerate(NEAR):
        found["near"][..., index] = near[name]
    sectors = network.toward_sectors([anomaly[name] for name in SECTORS[layout.issue]], at)
    found["sectors"][:] = sectors.reshape(*sectors.shape[:2], -1)
    planes = [network.plane_sums(anomaly[name], at) for name in SLOPES[layout.issue]]
    found["planes"][:] = np.concatenate(planes, axis=-1)
    found["amplitudes"][:] = np.concatenate(
        [
            predictors.patterns[name].of_others([anomaly[quantity] for quantity in quantities], at)[
                ..., :count
            ]
            for name, quantities, count in layout.maps
        ],
        axis=-1,
    )
    for index, (name, quantities, _) in enumerate(layout.maps):
        known = [anomaly[quantity] for quantity in quantities]
        found["mapped"][..., index] = predictors.patterns[name].others_known(known, at)
    for index, observed in enumerate(_observed(days, layout.issue)):
        found["others"][..., index] = observed.sum(axis=1, keepdims=True) - observed[:, at]
    return found


def _observed(days: StationDays, issue: Issue) -> Iterator[NDArray[np.bool_]]:
    """Where anything that may be known was observed, and where anything that is complete at midnight."""
    known = {name: ~np.isnan(days[name]) for name in OWN_VALUES if is_known(name, issue)}
    yield np.logical_or.reduce(list(known.values()))
    late = [known[name] for name in known if known_at(name) is KnownAt.MIDNIGHT]
    yield np.logical_or.reduce(late) if late else np.zeros(days.shape, dtype=bool)

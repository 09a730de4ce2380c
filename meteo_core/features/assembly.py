"""The matrix that a model sees, row by row: a station day's own quantities joined to its surroundings.

The pipeline joins all rows of the features table, the service the rows of the questions that came in
together: both by this arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meteo_core.features.neighbours import plane_slope
from meteo_core.features.own_past import OWN_PAST
from meteo_core.features.patterns import Patterns
from meteo_core.features.predictor_table import ANOMALIES, MINUS_NEAR, NEAR, SLOPES, is_known
from meteo_core.features.quantities import Names, Quantities
from meteo_core.features.surroundings import PLANE_SUMS, Layout, Surroundings

Matrix = NDArray[np.float32]
Rows = NDArray[np.float64]

_MINUS_NEAR_IN_ANOMALIES: Final = Names(ANOMALIES).at(MINUS_NEAR)
_MINUS_NEAR_IN_NEAR: Final = Names(NEAR).at(MINUS_NEAR)
_WET: Final = len(ANOMALIES)
"""Where the usual chance of a wet day stands among the usual values."""


@dataclass(frozen=True)
class MapWeights:
    """What a station's own anomalies add to the amplitudes of the maps, for one issue time."""

    quantities: tuple[str, ...]
    usual: NDArray[np.intp]
    """Where the usual value of each of them stands in the surroundings."""
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    """For each amplitude the positions in `quantities` of the one or two that are laid on its map."""
    of_first: Rows
    of_second: Rows
    """What one unit of each adds [stations, amplitudes]; 0 where a map has no second quantity."""
    maps: NDArray[np.intp]
    """The map of each amplitude."""

    @classmethod
    def of(cls, layout: Layout, patterns: Mapping[str, Patterns]) -> "MapWeights":
        """Weights of the fitted patterns; a map has one quantity or two."""
        quantities = tuple(dict.fromkeys(name for _, names, _ in layout.maps for name in names))
        first, second, of_first, of_second, maps = [], [], [], [], []
        for number, (name, laid_on, count) in enumerate(layout.maps):
            weights = patterns[name].weights[:, :, :count]
            first += [quantities.index(laid_on[0])] * count
            second += [quantities.index(laid_on[-1])] * count
            of_first.append(weights[0])
            of_second.append(weights[1] if len(laid_on) > 1 else np.zeros_like(weights[0]))
            maps += [number] * count
        return cls(
            quantities=quantities,
            usual=Names(layout.measured).at(quantities),
            first=np.array(first),
            second=np.array(second),
            of_first=np.concatenate(of_first, axis=1),
            of_second=np.concatenate(of_second, axis=1),
            maps=np.array(maps),
        )

    def amplitudes(self, own: Quantities, around: Surroundings, station: NDArray[np.intp]) -> Rows:
        """Amplitudes [rows, amplitudes]; NaN where a map has no value at all."""
        anomalies = own.of(self.quantities).T - around["usual"][:, self.usual]
        filled = np.nan_to_num(anomalies)
        found = (
            around["amplitudes"]
            + filled[:, self.first] * self.of_first[station]
            + filled[:, self.second] * self.of_second[station]
        )
        if (around["mapped"] == 0).any():
            # Alone on a map, a station makes it by itself; with nothing on it there is no map.
            adds = ~np.isnan(anomalies)
            alone = adds[:, self.first] & (self.of_first[station] != 0)
            alone |= adds[:, self.second] & (self.of_second[station] != 0)
            found[(around["mapped"][:, self.maps] == 0) & ~alone] = np.nan
        return found


@dataclass(frozen=True)
class Assembly:
    """Joins rows for one issue time."""

    layout: Layout
    maps: MapWeights
    own_in_anomalies: NDArray[np.intp]
    """Where the quantities of `ANOMALIES` stand among the own columns."""
    slopes: tuple[str, ...]
    slopes_usual: NDArray[np.intp]
    local: tuple[str, ...]
    """Own columns of the local variant."""
    local_anomalies: tuple[str, ...]
    local_usual: NDArray[np.intp]

    @classmethod
    def of(cls, layout: Layout, patterns: Mapping[str, Patterns]) -> "Assembly":
        """Work out once where everything stands."""

        def is_local(name: str) -> bool:
            return name not in OWN_PAST and is_known(name, layout.issue)

        usual, anomalies = Names(layout.measured), tuple(filter(is_local, ANOMALIES))
        return cls(
            layout=layout,
            maps=MapWeights.of(layout, patterns),
            own_in_anomalies=Names(layout.own).at(ANOMALIES),
            slopes=SLOPES[layout.issue],
            slopes_usual=usual.at(SLOPES[layout.issue]),
            local=tuple(filter(is_local, layout.own)),
            local_anomalies=anomalies,
            local_usual=usual.at(anomalies),
        )

    def matrix(self, own: Quantities, around: Surroundings, station: NDArray[np.intp]) -> Matrix:
        """Matrix [rows, predictors of the full variant] of quantities [names, rows] and their surroundings.

        A value that is missing and usually is not gives way to the best guess. Predictors that are values of
        the day before come out as if of the day itself: whoever knows that day puts them in.
        """
        usual, near = around["usual"], around["near"]
        values = own.of(self.layout.own).T
        values = np.where(np.isnan(values), around["best_guess"], values)
        anomalies = values[:, self.own_in_anomalies] - usual[:, : len(ANOMALIES)]
        parts = (
            values,
            around["place"],
            anomalies,
            usual[:, _WET : _WET + 1],
            near,
            anomalies[:, _MINUS_NEAR_IN_ANOMALIES] - near[:, _MINUS_NEAR_IN_NEAR],
            around["sectors"],
            self._slopes(own, around),
            self.maps.amplitudes(own, around, station),
        )
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def _slopes(self, own: Quantities, around: Surroundings) -> Rows:
        """Eastward and northward slope of each quantity, in turn."""
        anomalies = own.of(self.slopes).T - around["usual"][:, self.slopes_usual]
        sums = around["planes"].reshape(len(anomalies), len(self.slopes), PLANE_SUMS)
        return np.stack(plane_slope(sums, anomalies), axis=-1).reshape(len(anomalies), 2 * len(self.slopes))

    def local_matrix(self, own: Quantities, around: Surroundings) -> Matrix:
        """Matrix [rows, predictors of the local variant]: what a row does not say is missing."""
        usual = around["usual"]
        parts = (
            own.of(self.local).T,
            around["place"],
            own.of(self.local_anomalies).T - usual[:, self.local_usual],
            usual[:, _WET : _WET + 1],
        )
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

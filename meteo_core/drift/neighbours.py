"""What the stations near by say that a station should observe: ridge regression on their anomalies."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.neighbours import Network, weighted_mean
from meteo_core.features.station_days import StationDays, Values
from meteo_core.stations import stations

NEIGHBOURS: Final = 8
CANDIDATES: Final = 64
"""Nearest stations among which neighbours are looked for."""
LEAST_NEIGHBOURS: Final = 3
"""Neighbours that must have been observed on a day."""
_BITS: Final = 1 << np.arange(NEIGHBOURS)
LEAST_DAYS: Final = 300
"""Days in common from which two stations are neighbours: a season less than a year."""
RIDGE: Final = 0.01
"""Penalty as a share of the neighbours' variance (Hoerl and Kennard 1970, Technometrics 12)."""


@dataclass(frozen=True)
class NeighbourModel:
    """Regression of each station on those near by, fitted to past days."""

    climatology: HarmonicClimatology
    near: dict[str, NDArray[np.intp]]
    """For each parameter [stations, `NEIGHBOURS`] the indices of the nearest that observe it, -1 for none."""
    covariance: dict[str, NDArray[np.float64]]
    """[stations, `NEIGHBOURS`, `NEIGHBOURS`], of anomalies, the ridge included."""
    with_own: dict[str, NDArray[np.float64]]
    """[stations, `NEIGHBOURS`], covariance of each neighbour's anomaly with the station's own."""

    @classmethod
    def fit(cls, past: StationDays, names: tuple[str, ...]) -> "NeighbourModel":
        """Fit to all days of `past`, which must end before the first day that is judged."""
        climatology = HarmonicClimatology.fit(past, names)
        network = Network(tuple(stations()[key] for key in past.stations))
        candidates, _ = network.nearest(CANDIDATES)
        near, covariance, with_own = {}, {}, {}
        for name in names:
            anomalies = climatology.anomaly(name, past)
            known = ~np.isnan(anomalies)
            near[name] = _nearest(candidates, known)
            # Covariances of pairs, each over its own days, need not belong to any one distribution, and
            # neighbours alike as pressures are would get wild weights: holes are filled with what is near.
            around = weighted_mean(anomalies, network.near)
            filled = np.where(known, anomalies, np.where(np.isnan(around), 0.0, around))
            covariance[name], with_own[name] = _of_neighbours(filled, known, near[name])
        return cls(climatology, near, covariance, with_own)

    def expected(self, name: str, days: StationDays) -> NDArray[np.float64]:
        """Expectations of each station's value: shape [days, stations, 1 + `NEIGHBOURS`].

        First that of all neighbours observed on the day, then those that leave out one of them each. NaN
        where fewer than `LEAST_NEIGHBOURS` were observed, or the station has no neighbours or no usual value.
        """
        normal = self.climatology.normal(name, days.days)
        anomalies = days[name] - normal
        told = np.full((*days.shape, 1 + NEIGHBOURS), np.nan)
        for station, near in enumerate(self.near[name]):
            around = anomalies[:, near]
            observed = ~np.isnan(around) & (near >= 0)
            filled = np.where(observed, around, 0.0)
            # A bit for each neighbour: rows of flags would be sorted at ten times the cost.
            patterns, of_day = np.unique(observed @ _BITS, return_inverse=True)
            there = (patterns[:, None] & _BITS) > 0
            weights = self._weights(name, station, there)
            for pattern in np.flatnonzero(there.sum(axis=1) >= LEAST_NEIGHBOURS):
                at = np.flatnonzero(of_day == pattern)
                told[at, station] = normal[at, station, None] + filled[at] @ weights[pattern].T
        return told

    def _weights(self, name: str, station: int, patterns: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Weights for each pattern of neighbours observed: [patterns, 1 + `NEIGHBOURS`, `NEIGHBOURS`].

        Row 0 uses all that are there, row k leaves out neighbour k - 1 as well.
        """
        leave_out = np.concatenate([np.ones((1, NEIGHBOURS), bool), ~np.eye(NEIGHBOURS, dtype=bool)])
        there = patterns[:, None, :] & leave_out[None]
        # The regression on those that are there: rows and columns of the others become those of the identity.
        matrix = np.where(there[..., :, None] & there[..., None, :], self.covariance[name][station], 0.0)
        matrix = matrix + np.eye(NEIGHBOURS) * ~there[..., :, None]
        moment = np.where(there, self.with_own[name][station], 0.0)
        return np.asarray(np.linalg.solve(matrix, moment[..., None])[..., 0], dtype=np.float64)


def closest_residual(observed: Values, expected: NDArray[np.float64]) -> Values:
    """Observed less expected, whichever one neighbour is disbelieved: the difference closest to nothing.

    0 where the expectations of `NeighbourModel.expected` lie on both sides of the value. A fault of one
    neighbour leaves one expectation untouched, so that it is no residual here; a fault of the station itself
    is in all of them.
    """
    apart = observed[..., None] - expected
    low, high = apart.min(axis=-1), apart.max(axis=-1)
    return np.where(low > 0, low, np.where(high < 0, high, low * 0.0))


def _nearest(candidates: NDArray[np.intp], known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each station the nearest of its candidates that have days enough in common with it."""
    found = np.full((len(candidates), NEIGHBOURS), -1, dtype=np.intp)
    if candidates.shape[1]:
        in_common = np.stack([(known & known[:, other]).sum(axis=0) for other in candidates.T], axis=1)
        # Those that will do first, each kind in order of distance.
        order = (in_common < LEAST_DAYS).argsort(axis=1, kind="stable")[:, :NEIGHBOURS]
        usable = np.take_along_axis(in_common, order, axis=1) >= LEAST_DAYS
        found[:, : order.shape[1]] = np.where(usable, np.take_along_axis(candidates, order, axis=1), -1)
    return found


def _of_neighbours(
    anomalies: Values, known: NDArray[np.bool_], near: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Second moments among each station's neighbours, the ridge added, and of them with the station.

    Over the days on which the station itself was observed.
    """
    count = len(near)
    covariance, with_own = np.empty((count, NEIGHBOURS, NEIGHBOURS)), np.empty((count, NEIGHBOURS))
    for station, neighbours in enumerate(near):
        around = anomalies[known[:, station]][:, neighbours]
        days = max(len(around), 1)
        moments = around.T @ around / days
        # Where nothing was observed it must only be solvable.
        covariance[station] = moments + max(RIDGE * np.trace(moments) / NEIGHBOURS, 1e-9) * np.eye(NEIGHBOURS)
        with_own[station] = anomalies[known[:, station], station] @ around / days
    return covariance, with_own

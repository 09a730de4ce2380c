"""Weather maps in a few numbers: empirical orthogonal functions of the anomalies at all stations.

The leading patterns of variation over the network (Lorenz 1956): a map of anomalies is projected on each of
them, and the amplitudes say where highs, lows and moist air lie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from meteo_core.features.station_days import Values

LEAST_SHARE_OF_DAYS: Final = 0.2
"""A quantity at a station that is known on fewer training days stays out of the maps."""


@dataclass(frozen=True)
class Patterns:
    """Leading patterns of maps of one or more quantities."""

    quantities: tuple[str, ...]
    scale: NDArray[np.float64]
    """Standard deviation of each quantity at each station [quantities, stations]; NaN where left out."""
    loadings: NDArray[np.float64]
    """Orthonormal patterns [patterns, quantities, stations]; 0 where left out."""

    @classmethod
    def fit(cls, anomalies: Mapping[str, Values], quantities: tuple[str, ...], count: int) -> "Patterns":
        """Leading `count` patterns of the given days; fewer where there are fewer maps than that.

        Anomalies [days, stations] by quantity, NaN for missing: a missing anomaly counts as none.
        """
        maps = np.stack([anomalies[name] for name in quantities], axis=1)
        enough = (~np.isnan(maps)).mean(axis=0) > LEAST_SHARE_OF_DAYS
        spread = np.full(enough.shape, np.nan)
        for which in zip(*np.nonzero(enough), strict=True):
            spread[which] = np.nanstd(maps[:, which[0], which[1]])
        scale = np.where(enough & (spread > 0), spread, np.nan)

        used = ~np.isnan(scale)
        standardised = np.nan_to_num((maps / scale)[:, used])
        most = min(count, *standardised.shape)
        loadings = np.zeros((count, *scale.shape))
        if most:
            fitted = PCA(most, svd_solver="full").fit(standardised)
            loadings[:most, used] = fitted.components_
        return cls(quantities, scale, loadings)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """What one unit of each adds to each amplitude [quantities, stations, patterns]."""
        return np.nan_to_num(self.loadings / self.scale).transpose(1, 2, 0)

    def at(self, places: NDArray[np.intp], stations: int) -> "Patterns":
        """The same laid out for more stations, of which those of the fit are the ones at `places`."""
        scale = np.full((len(self.quantities), stations), np.nan)
        loadings = np.zeros((len(self.loadings), *scale.shape))
        scale[:, places], loadings[..., places] = self.scale, self.loadings
        return Patterns(self.quantities, scale, loadings)

    def of_others(
        self, anomalies: Sequence[Values], at: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Amplitudes as far as the other stations make them: shape [days, stations `at`, patterns].

        `anomalies` [days, stations] are those of the quantities of the fit, or in their place others of the
        same unit, in order. A missing anomaly counts as none; what a station itself adds is
        its anomaly times `weights`.
        """
        filled = np.nan_to_num(np.stack(anomalies))
        # einsum without BLAS: the same digits for one day as for ten years.
        mapped = self.used.any(axis=0)
        everywhere = np.einsum("qds,qsp->dp", filled[..., mapped], self.weights[:, mapped])
        own = np.einsum("qds,qsp->dsp", filled[..., at], self.weights[:, at])
        return everywhere[:, None, :] - own

    def others_known(
        self, anomalies: Sequence[Values], at: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """How many values of a map the other stations give: shape [days, stations `at`]."""
        known = (~np.isnan(np.stack(anomalies)) & self.used[:, None, :]).sum(axis=0)
        return (known.sum(axis=1, keepdims=True) - known[:, at]).astype(float)

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """Which quantity at which station is part of the maps [quantities, stations]."""
        return ~np.isnan(self.scale)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model."""
        return {
            "quantities": list(self.quantities),
            "scale": [[None if np.isnan(v) else float(v) for v in row] for row in self.scale],
            "loadings": self.loadings.tolist(),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Patterns":
        """What `to_dict` gave."""
        return cls(
            tuple(stored["quantities"]),
            np.array([[np.nan if v is None else v for v in row] for row in stored["scale"]]),
            np.array(stored["loadings"]),
        )

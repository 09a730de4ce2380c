"""From the members' log odds to calibrated chances: logistic regression for each threshold, then monotone."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from meteo_core.labels import PREDICTAND, THRESHOLDS

RULES: Final = tuple(THRESHOLDS)
"""Thresholds in order of amount."""
MAIN: Final = RULES.index(PREDICTAND.name)
LEAST_EVENTS: Final = 25
"""With fewer wet or dry days than this, weights cannot be fitted and are the ones of the default."""
WEAK_PRIOR: Final = 1e3
"""Inverse strength of the ridge of the regression: three weights on thousands of days need none."""


@dataclass(frozen=True)
class Blend:
    """Weights of the members at each threshold."""

    weights: NDArray[np.float64]
    """[thresholds, 3]: constant, trees, networks."""

    @classmethod
    def default(cls) -> "Blend":
        """Trees and networks count the same at the main threshold; the trees know no other."""
        weights = np.tile([0.0, 0.0, 1.0], (len(RULES), 1))
        weights[MAIN] = [0.0, 0.5, 0.5]
        return cls(weights)

    @classmethod
    def fit(
        cls, trees: NDArray[np.float64], networks: NDArray[np.float64], outcomes: NDArray[np.float64]
    ) -> "Blend":
        """Fit on days that the members have not seen.

        `trees` [rows] and `networks` [rows, thresholds] are log odds, `outcomes` [rows, thresholds] 0 or 1.
        """
        weights = cls.default().weights
        for index in range(len(RULES)):
            wet = outcomes[:, index]
            if min(wet.sum(), len(wet) - wet.sum()) < LEAST_EVENTS:
                continue
            members = np.column_stack([trees, networks[:, index]])
            fitted = LogisticRegression(C=WEAK_PRIOR).fit(members, wet)
            weights[index] = [fitted.intercept_[0], *fitted.coef_[0]]
        return cls(weights)

    def chances(self, trees: NDArray[np.float64], networks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance at each threshold [rows, thresholds], never larger at a larger amount.

        The chance at the main threshold stands; the others give way to it.
        """
        constant, of_trees, of_networks = self.weights.T
        chances = expit(constant + trees[:, None] * of_trees + networks * of_networks)
        chances[:, MAIN:] = np.minimum.accumulate(chances[:, MAIN:], axis=1)
        chances[:, : MAIN + 1] = np.maximum.accumulate(chances[:, MAIN::-1], axis=1)[:, ::-1]
        return chances

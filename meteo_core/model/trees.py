"""How the trees of a member are grown: in this process."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray


class Grow(Protocol):
    """Grows trees on a matrix [rows, predictors] and outcomes [rows], 0 or 1."""

    def __call__(
        self,
        matrix: NDArray[np.float32],
        outcomes: NDArray[np.float64],
        *,
        names: Sequence[str],
        settings: Mapping[str, object],
        rounds: int,
    ) -> xgb.Booster:
        """`settings` are those of XGBoost, by its names."""
        ...


def grow_here(
    matrix: NDArray[np.float32],
    outcomes: NDArray[np.float64],
    *,
    names: Sequence[str],
    settings: Mapping[str, object],
    rounds: int,
) -> xgb.Booster:
    """Grow them in this process."""
    data = xgb.QuantileDMatrix(
        matrix, outcomes, feature_names=list(names), max_bin=int(str(settings["max_bin"]))
    )
    return xgb.train(dict(settings), data, rounds)

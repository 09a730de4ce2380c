"""The members of one variant of a model: trees and networks that see the same predictors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from meteo_core.features.predictor_table import Variant
from meteo_core.model.networks import Networks
from meteo_core.model.tree_margins import margins

ONE_THREAD = {"nthread": 1}
"""Threads of XGBoost wait by spinning: on a machine that does anything else, one is faster than two."""


@dataclass(frozen=True)
class Members:
    """Trees for the main threshold, networks for all of them."""

    trees: xgb.Booster
    networks: Networks

    def logits(
        self, matrix: NDArray[np.float32], station: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log odds of the trees [rows] and of the networks [rows, thresholds]."""
        return margins(self.trees, matrix), self.networks.logits(matrix, station)

    def save(self, folder: Path, variant: Variant) -> None:
        """Write the trees in XGBoost's own format and the networks as plain arrays."""
        self.trees.save_model(folder / f"{variant}.ubj")
        self.networks.save(folder / f"{variant}.npz")

    @classmethod
    def load(cls, folder: Path, variant: Variant) -> "Members":
        """Read what `save` wrote."""
        return cls(
            xgb.Booster(ONE_THREAD, model_file=folder / f"{variant}.ubj"),
            Networks.load(folder / f"{variant}.npz"),
        )

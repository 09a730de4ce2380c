"""Networks with an output for each rain threshold: trained by scikit-learn, kept and applied as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from meteo_core.features.predictor_table import Variant
from meteo_core.model.recipe import Recipe

Layer = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Weights [inputs, outputs] and biases [outputs]."""

LARGEST_INPUT: Final = 5.0
"""Standardised predictors are cut off here: a network must not run away with an extreme."""
LARGEST_LOGIT: Final = 11.5
"""A chance of 1 in 100,000, or all but that."""
AT_ONCE: Final = 20_000
"""Rows put through at one time, to bound memory."""


@dataclass(frozen=True)
class Inputs:
    """What a network sees: predictors standardised, missing as 0 beside a flag, and which station it is."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    flagged: NDArray[np.intp]
    """Columns with a flag that says where they are missing."""
    stations: int

    @classmethod
    def fit(cls, matrix: NDArray[np.float32], *, flags: Sequence[int], stations: int) -> "Inputs":
        """Mean and spread of each column; a column without any value is 0. `flags` may have a flag."""
        scaler = StandardScaler()
        with np.errstate(invalid="ignore", divide="ignore"):  # of a column without any value
            for start in range(0, len(matrix), AT_ONCE):
                scaler.partial_fit(matrix[start : start + AT_ONCE])
        mean = np.nan_to_num(np.asarray(scaler.mean_))
        spread = np.nan_to_num(np.asarray(scaler.scale_), nan=1.0)
        flagged = [column for column in flags if np.isnan(matrix[:, column]).any()]
        return cls(mean, spread, np.array(flagged, dtype=np.intp), stations)

    def of(
        self, matrix: NDArray[np.float32], station: NDArray[np.intp], dtype: type[np.floating] = np.float64
    ) -> NDArray[np.floating]:
        """Inputs of rows [rows, predictors] at the stations of these indices."""
        predictors, flags = matrix.shape[1], len(self.flagged)
        inputs = np.zeros((len(matrix), predictors + flags + self.stations), dtype=dtype)
        standard = inputs[:, :predictors]
        inputs[:, predictors : predictors + flags] = self.standardised(matrix, out=standard)[1]
        inputs[np.arange(len(matrix)), predictors + flags + station] = 1.0
        return inputs

    def standardised(
        self, matrix: NDArray[np.float32], *, out: NDArray[np.floating] | None = None
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Predictors standardised [rows, predictors], by default in double precision, and flags."""
        standard = np.empty(matrix.shape) if out is None else out
        np.subtract(matrix, self.mean.astype(standard.dtype), out=standard)
        np.divide(standard, self.spread.astype(standard.dtype), out=standard)
        missing = np.isnan(standard)
        standard[missing] = 0.0
        np.minimum(standard, LARGEST_INPUT, out=standard)
        np.maximum(standard, -LARGEST_INPUT, out=standard)
        return standard, missing[:, self.flagged].astype(standard.dtype)


@dataclass(frozen=True)
class _FirstLayers:
    """Weights of the first layers, apart by what they weigh: a station is looked up, not multiplied."""

    of_predictors: NDArray[np.float64]
    of_flags: NDArray[np.float64]
    of_station: NDArray[np.float64]
    """With the biases."""


@dataclass(frozen=True)
class Networks:
    """Networks of one recipe and different beginnings; their logits are averaged."""

    inputs: Inputs
    layers: tuple[tuple[Layer, ...], ...]
    """For each network its layers, first to last."""

    @classmethod
    def fit(
        cls,
        of_epoch: Callable[[int, int], NDArray[np.float32]],
        station: NDArray[np.intp],
        outcomes: NDArray[np.bool_],
        *,
        flags: Sequence[int],
        stations: int,
        recipe: Recipe,
        variant: Variant,
    ) -> "Networks":
        """Train on rows whose predictors may differ from epoch to epoch.

        `of_epoch(network, epoch)` gives the matrix [rows, predictors], of which the columns `flags` get a
        flag where they are missing; `outcomes` [rows, thresholds] are 0 or 1. The learning rate falls at the
        end, which scikit-learn offers only by fitting on.
        """
        inputs = Inputs.fit(of_epoch(0, 0), flags=flags, stations=stations)
        decay = recipe.weight_decay_local if variant is Variant.LOCAL else recipe.weight_decay
        targets, fitted = outcomes.astype(int), []
        for number in range(recipe.beginnings(variant)):
            network = MLPClassifier(
                recipe.hidden,
                alpha=decay,
                batch_size=min(recipe.batch, len(targets)),  # pyright: ignore[reportArgumentType] (or "auto")
                max_iter=1,
                random_state=recipe.seed + number,
                warm_start=True,
            )
            seen, rows = None, np.empty(0)
            for epoch, step in enumerate(recipe.steps(variant)):
                matrix = of_epoch(number, epoch)
                if matrix is not seen:
                    seen, rows = matrix, inputs.of(matrix, station, np.float32)
                network.set_params(learning_rate_init=step).fit(rows, targets)
            fitted.append(
                tuple(
                    (weights.astype(np.float64), biases.astype(np.float64))
                    for weights, biases in zip(network.coefs_, network.intercepts_, strict=True)
                )
            )
        return cls(inputs, tuple(fitted))

    def logits(self, matrix: NDArray[np.float32], station: NDArray[np.intp]) -> NDArray[np.float64]:
        """Log odds at each threshold [rows, thresholds]."""
        parts = [
            self._logits(matrix[start : start + AT_ONCE], station[start : start + AT_ONCE])
            for start in range(0, max(len(matrix), 1), AT_ONCE)
        ]
        return np.concatenate(parts)

    def _logits(self, matrix: NDArray[np.float32], station: NDArray[np.intp]) -> NDArray[np.float64]:
        standard, missing = self.inputs.standardised(matrix)
        first = self._first
        hidden = standard @ first.of_predictors + missing @ first.of_flags + first.of_station[station]
        np.maximum(hidden, 0.0, out=hidden)
        parts, total = np.split(hidden, len(self.layers), axis=1), 0.0
        for layers, part in zip(self.layers, parts, strict=True):
            for weights, biases in layers[1:-1]:
                part = np.maximum(part @ weights + biases, 0.0)
            weights, biases = layers[-1]
            total = total + np.clip(part @ weights + biases, -LARGEST_LOGIT, LARGEST_LOGIT)
        return np.asarray(total / len(self.layers))

    @cached_property
    def _first(self) -> "_FirstLayers":
        """First layers of all networks, side by side."""
        weights = np.concatenate([layers[0][0] for layers in self.layers], axis=1)
        biases = np.concatenate([layers[0][1] for layers in self.layers])
        predictors, flags = len(self.inputs.mean), len(self.inputs.flagged)
        return _FirstLayers(
            of_predictors=np.ascontiguousarray(weights[:predictors]),
            of_flags=np.ascontiguousarray(weights[predictors : predictors + flags]),
            of_station=weights[predictors + flags :] + biases,
        )

    def save(self, path: Path) -> None:
        """Write plain arrays (numpy's npz); nothing is pickled."""
        arrays = {
            "mean": self.inputs.mean,
            "spread": self.inputs.spread,
            "flagged": self.inputs.flagged,
            "stations": np.array(self.inputs.stations),
        }
        for number, layers in enumerate(self.layers):
            for depth, (weights, biases) in enumerate(layers):
                arrays[f"weights_{number}_{depth}"] = weights
                arrays[f"biases_{number}_{depth}"] = biases
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Networks":
        """Read what `save` wrote; raises OSError, ValueError or KeyError where it cannot be."""
        # numpy leaves a path open where the file is damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            inputs = Inputs(stored["mean"], stored["spread"], stored["flagged"], int(stored["stations"]))
            shape = [
                tuple(int(part) for part in name.split("_")[1:])
                for name in stored.files
                if name.startswith("weights_")
            ]
            if not shape:
                raise ValueError(f"{path} holds no network")
            layers = tuple(
                tuple(
                    (stored[f"weights_{number}_{depth}"], stored[f"biases_{number}_{depth}"])
                    for depth in range(max(d for n, d in shape if n == number) + 1)
                )
                for number in range(max(n for n, _ in shape) + 1)
            )
        return cls(inputs, layers)

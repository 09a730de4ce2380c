"""Whether a version can be made again: from the same data by the same recipe, the same trees."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from meteo_core.features.daily import OWN_VALUES
from meteo_core.model.networks import Networks
from meteo_core.model.rain_model import RainModel
from meteo_core.model.recipe import Recipe

_VALUES = [*OWN_VALUES, "rain_mm"]


@dataclass(frozen=True, slots=True)
class DataDifference:
    """How a training set made again differs from the one that was kept."""

    missing: int
    """Station days that are no longer there."""
    added: int
    """Station days that were not there."""
    changed: int
    """Station days with another value."""

    @property
    def is_none(self) -> bool:
        """Whether they are the same."""
        return not (self.missing or self.added or self.changed)

    @property
    def words(self) -> str:
        """The difference as a person reads it."""
        return f"{self.missing} station days missing, {self.added} added, {self.changed} with other values"


def data_difference(kept: pd.DataFrame, made: pd.DataFrame) -> DataDifference:
    """Compare two training sets, as `training_set` gives them."""
    key = ["station", "date"]
    both = (
        kept[key].assign(kept=np.arange(len(kept))).merge(made[key].assign(made=np.arange(len(made))), on=key)
    )
    was = kept[_VALUES].to_numpy(float)[both["kept"]]
    now = made[_VALUES].to_numpy(float)[both["made"]]
    same = (was == now) | (np.isnan(was) & np.isnan(now))
    return DataDifference(
        missing=len(kept) - len(both), added=len(made) - len(both), changed=int((~same.all(axis=1)).sum())
    )


def recipe_of(card: dict[str, Any]) -> Recipe:
    """The recipe that a model was trained by, from its card."""
    known = {field.name for field in fields(Recipe)}
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in card["recipe"].items()
        if name in known
    }
    return Recipe(**stored)


def differences(kept: RainModel, made: RainModel) -> list[str]:
    """Names of the parts that are not the same to the last digit; empty where the models are identical."""
    parts = {
        "predictors": kept.predictors.to_dict() == made.predictors.to_dict(),
        "references": kept.references.to_dict() == made.references.to_dict(),
    }
    for variant, members in kept.members.items():
        again = made.members[variant]
        parts[f"{variant.value} trees"] = members.trees.save_raw("json") == again.trees.save_raw("json")
        parts[f"{variant.value} networks"] = _same_networks(members.networks, again.networks)
        parts[f"{variant.value} blend"] = np.array_equal(
            kept.blends[variant].weights, made.blends[variant].weights
        )
    return [name for name, same in parts.items() if not same]


def _same_networks(kept: Networks, made: Networks) -> bool:
    def arrays(networks: Networks) -> list[np.ndarray]:
        layers = [array for network in networks.layers for layer in network for array in layer]
        return [networks.inputs.mean, networks.inputs.spread, networks.inputs.flagged, *layers]

    pairs = list(zip(arrays(kept), arrays(made), strict=False))
    return len(arrays(kept)) == len(arrays(made)) and all(np.array_equal(a, b) for a, b in pairs)

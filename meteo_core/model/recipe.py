"""Settings of the members of a model: gradient-boosted trees and small networks."""

from dataclasses import dataclass

from meteo_core.features.predictor_table import Variant


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings chosen on test years before 2015-07."""

    trees: int = 240
    learning_rate: float = 0.1
    trees_beside: int = 200
    """Trees of the variants beside the full one, which are asked less often, at `learning_rate_beside`."""
    learning_rate_beside: float = 0.11
    depth: int = 6
    least_weight_of_leaf: float = 40.0
    share_of_rows: float = 0.8
    share_of_predictors: float = 0.12
    share_of_predictors_local: float = 0.4
    ridge: float = 15.0
    bins: int = 64
    networks: int = 3
    """Networks of different beginnings, whose logits are averaged."""
    networks_afternoon: int = 2
    networks_local: int = 1
    hidden: tuple[int, ...] = (64, 32)
    weight_decay: float = 2.0
    weight_decay_local: float = 1.0
    epochs: int = 9
    epochs_local: int = 12
    """The local variant sees other values blanked in each epoch, and learns more slowly for it."""
    step: float = 1e-3
    last_steps: tuple[float, ...] = (3e-4, 3e-4, 1e-4)
    """Learning rates of the epochs at the end, which average out the noise of the ones before."""
    batch: int = 512
    seed: int = 0

    def for_xgboost(self, variant: Variant) -> dict[str, object]:
        """Parameters of the trees by XGBoost's names; one thread (see docs/decisions)."""
        local, full = variant is Variant.LOCAL, variant is Variant.FULL
        return {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "max_bin": self.bins,
            "max_depth": self.depth,
            "eta": self.learning_rate if full else self.learning_rate_beside,
            "min_child_weight": self.least_weight_of_leaf,
            "subsample": self.share_of_rows,
            "colsample_bytree": self.share_of_predictors_local if local else self.share_of_predictors,
            "reg_lambda": self.ridge,
            "seed": self.seed,
            "nthread": 1,
        }

    def beginnings(self, variant: Variant) -> int:
        """How many networks a variant has."""
        most = {Variant.AFTERNOON: self.networks_afternoon, Variant.LOCAL: self.networks_local}
        return min(self.networks, most.get(variant, self.networks))

    def rounds(self, variant: Variant) -> int:
        """How many trees a variant has."""
        return self.trees if variant is Variant.FULL else min(self.trees, self.trees_beside)

    def steps(self, variant: Variant) -> tuple[float, ...]:
        """Learning rate of each epoch of a network."""
        epochs = self.epochs_local if variant is Variant.LOCAL else self.epochs
        return (*[self.step] * epochs, *self.last_steps)

"""Training: fit on the past, score on the days after it, then fit on everything."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.errors import MeteoError
from meteo_core.features.daily import FEATURE_VERSION
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, Design, Predictors, Variant
from meteo_core.labels import PREDICTAND, as_float
from meteo_core.model.rain_model import RainModel
from meteo_core.references import References
from meteo_core.verification import Scores, score

LEAST_DAYS = 365
"""A model that has not seen every season knows nothing of the missing ones."""
MOST_HELD_OUT_DAYS = 365
LEAST_HELD_OUT_DAYS = 28


class UnfitTrainingData(MeteoError):
    """Data that no honest model can be trained on."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the gradient-boosted trees. Chosen on test years before 2015."""

    trees: int = 300
    learning_rate: float = 0.08
    depth: int = 6
    least_weight_of_leaf: float = 40.0
    share_of_rows: float = 0.8
    share_of_predictors_full: float = 0.15
    share_of_predictors_local: float = 0.4
    ridge: float = 15.0
    bins: int = 64
    seed: int = 0
    threads: int = 1

    def for_xgboost(self, variant: Variant) -> dict[str, object]:
        """Parameters by XGBoost's names."""
        share = self.share_of_predictors_full if variant is Variant.FULL else self.share_of_predictors_local
        return {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "max_bin": self.bins,
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": self.least_weight_of_leaf,
            "subsample": self.share_of_rows,
            "colsample_bytree": share,
            "reg_lambda": self.ridge,
            "seed": self.seed,
            "nthread": self.threads,
        }


@dataclass(frozen=True)
class Trained:
    """A model fitted on every day, and the scores of its twin that had not seen the held-out days."""

    model: RainModel
    scores: Scores
    held_out: pd.DataFrame
    """Forecasts and outcomes of the held-out days: `station`, `date`, chances, `wet`."""


def train(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    issue: Issue = Issue.EVENING,
    recipe: Recipe | None = None,
) -> Trained:
    """Train on all labelled days given.

    The last year, or what a shorter record has beyond its first year, is first kept out, to score a twin
    fitted on the days before it; the model given is then fitted on all. Raises `UnfitTrainingData`.
    """
    recipe = recipe or Recipe()
    require_fit(labels)
    known = labels.loc[labels[PREDICTAND.name].notna(), "date"]
    first, last = known.min().date(), known.max().date()
    held_out_days = min(MOST_HELD_OUT_DAYS, (last - first).days + 1 - LEAST_DAYS)
    if held_out_days < LEAST_HELD_OUT_DAYS:
        raise UnfitTrainingData(
            f"beyond a year to learn from, only {held_out_days} days are left to score a model on: "
            f"it takes {LEAST_HELD_OUT_DAYS}"
        )
    cut = last - timedelta(days=held_out_days - 1)

    # Two fits side by side on one thread each: XGBoost's own threads wait for each other by spinning, which
    # made a fit nine times slower on a machine that does anything else (see docs/decisions).
    with ThreadPoolExecutor(2) as pool:
        twin = pool.submit(
            backtest, features, labels, train_before=cut, first=cut, last=last, issue=issue, recipe=recipe
        )
        final = pool.submit(fit, features, labels, issue=issue, recipe=recipe)
        held_out, model = twin.result(), final.result()
    scores = score(
        wet=held_out["wet"].to_numpy(),
        chance=held_out["p_gt_1_0"].to_numpy(),
        climatology=held_out["climatology_gt_1_0"].to_numpy(),
        markov=held_out["markov_gt_1_0"].to_numpy(),
        wet_today=held_out["wet_today"].to_numpy(),
    )
    return Trained(model, scores, held_out)


def backtest(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    train_before: date,
    first: date,
    last: date,
    issue: Issue = Issue.EVENING,
    recipe: Recipe | None = None,
) -> pd.DataFrame:
    """Forecast the labelled days `first`..`last` by a model that saw only days before `train_before`.

    Gives the columns of `RainModel.forecast` with `wet` (0 or 1) and `wet_today` (0, 1 or NaN).
    """
    if first < train_before:
        raise ValueError(f"the test begins on {first}, before training ends on {train_before}")
    before = pd.Timestamp(train_before)
    model = fit(
        features[features["date"] < before], labels[labels["date"] < before], issue=issue, recipe=recipe
    )

    start = pd.Timestamp(first) - pd.Timedelta(days=PREDICTOR_LOOK_BACK_DAYS)
    window = features[(features["date"] >= start) & (features["date"] <= pd.Timestamp(last))]
    forecasts = model.forecast(window)
    forecasts = forecasts[forecasts["date"] >= pd.Timestamp(first)]
    outcomes = labels[["station", "date"]].assign(wet=as_float(labels[PREDICTAND.name]))
    today = window[["station", "date", "rain_today"]].rename(columns={"rain_today": "wet_today"})
    return (
        forecasts.merge(outcomes.dropna(subset=["wet"]), on=["station", "date"])
        .merge(today, on=["station", "date"])
        .sort_values(["date", "station"], ignore_index=True)
    )


def fit(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    issue: Issue = Issue.EVENING,
    recipe: Recipe | None = None,
) -> RainModel:
    """Fit predictors, trees and references on every labelled day given."""
    recipe = recipe or Recipe()
    require_fit(labels)
    _require_one_definition(features)
    predictors = Predictors.fit(features, issue)
    full = predictors.transform(features, Variant.FULL)
    wet = as_float(
        full.keys.merge(labels[["station", "date", PREDICTAND.name]], on=["station", "date"], how="left")[
            PREDICTAND.name
        ]
    )
    known = ~np.isnan(wet)

    boosters = {}
    for variant in Variant:
        names = predictors.names(variant)
        matrix = xgb.QuantileDMatrix(
            full.matrix[known, : len(names)], wet[known], feature_names=list(names), max_bin=recipe.bins
        )
        boosters[variant] = xgb.train(recipe.for_xgboost(variant), matrix, recipe.trees)

    keys = full.keys[known]
    wet_today = full.matrix[known, full.names.index("rain_today")].astype(float)
    card = {
        "issue": issue.value,
        "predictand": f"{PREDICTAND.words} between 9 am of the date and 9 am of the next, station time",
        "trained_from": str(keys["date"].min().date()),
        "trained_until": str(keys["date"].max().date()),
        "rows": int(known.sum()),
        "base_rate": float(wet[known].mean()),
        "stations": len(predictors.stations),
        "predictors": {variant.value: len(predictors.names(variant)) for variant in Variant},
        "recipe": asdict(recipe),
        "training_set_sha256": _training_set_hash(full, wet, known),
    }
    return RainModel(predictors, boosters, References.fit(keys, wet[known], wet_today), card)


def require_fit(labels: pd.DataFrame) -> None:
    """Refuse data without both outcomes or without a whole year; raises `UnfitTrainingData`."""
    known = labels.dropna(subset=[PREDICTAND.name])
    if known.empty:
        raise UnfitTrainingData("there is no labelled day to train on: materialize labels first")
    days = (known["date"].max() - known["date"].min()).days + 1
    if days < LEAST_DAYS:
        raise UnfitTrainingData(f"{days} labelled days are too few: a model needs {LEAST_DAYS}, a whole year")
    if known[PREDICTAND.name].nunique() < 2:
        raise UnfitTrainingData("every labelled day has the same outcome: there is nothing to tell apart")


def _require_one_definition(features: pd.DataFrame) -> None:
    versions = sorted(features["feature_version"].unique())
    if versions != [FEATURE_VERSION]:
        raise UnfitTrainingData(
            f"the features are of version {', '.join(map(str, versions)) or 'none'}, this code makes version "
            f"{FEATURE_VERSION}: materialize features over the whole record"
        )


def _training_set_hash(full: Design, wet: NDArray[np.float64], known: NDArray[np.bool_]) -> str:
    """Hash of what the trees were grown on: stations, days, predictors and outcomes, in order."""
    digest = hashlib.sha256()
    parts: Sequence[NDArray] = (
        pd.util.hash_pandas_object(full.keys[known], index=False).to_numpy(),
        np.ascontiguousarray(full.matrix[known]),
        wet[known],
    )
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()

"""A twin fitted on the days before the last year, and what it makes of that year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.features.predictor_table import Variant
from meteo_core.labels import PREDICTAND, as_float
from meteo_core.model.blend import RULES, Blend
from meteo_core.model.fitting import (
    LEAST_DAYS,
    LabelledRows,
    fit_members,
    labelled_rows,
    require_known,
    side_by_side,
)
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY, MARKOV, RainModel
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Outcomes, Record, UnfitTrainingData
from meteo_core.model.trees import Grow, grow_here
from meteo_core.verification import Scores, score

MOST_HELD_OUT_DAYS: Final = 365
LEAST_HELD_OUT_DAYS: Final = 28
FOLD_DAYS: Final = 28
"""Held-out days are scored by weights fitted on the other half of them, taken by turns of this many days."""


@dataclass(frozen=True)
class HeldOut:
    """What a twin, fitted on the days before the last year, makes of that year."""

    first: date
    last: date
    blends: Mapping[Variant, Blend]
    """Fitted on all of the year."""
    by_variant: Mapping[Variant, pd.DataFrame]
    """Forecasts of each variant as `Trained.held_out`, each half by weights fitted on the other."""

    @property
    def held_out(self) -> pd.DataFrame:
        """Forecasts with the whole day known."""
        return self.by_variant[Variant.FULL]


def hold_out(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    issue: Issue = Issue.EVENING,
    recipe: Recipe | None = None,
    variants: Sequence[Variant] | None = None,
) -> HeldOut:
    """Fit a twin on the days before the last year (or what a shorter record has beyond its first year).

    It forecasts the days kept out, by all variants or by those named. Raises `UnfitTrainingData`.
    """
    with side_by_side() as pool:
        record = Record.of(features, labels)
        return pool.submit(hold_out_of, record, issue, recipe or Recipe(), variants).result()


def hold_out_of(
    record: Record,
    issue: Issue,
    recipe: Recipe,
    variants: Sequence[Variant] | None = None,
    *,
    grow: Grow = grow_here,
) -> HeldOut:
    """`hold_out` of a record that need not be in memory, in the thread that asks."""
    outcomes = record.outcomes()
    require_known(outcomes)
    first, last = _held_out_window(outcomes)
    before = pd.Timestamp(first)
    twin = fit_members(record.before(before), issue, recipe, variants, grow=grow)
    rows = labelled_rows(twin.predictors, record, since=before)
    everything = np.ones(len(rows.own), dtype=bool)
    folds = (rows.own["date"] - before).dt.days.to_numpy() // FOLD_DAYS % 2
    blends, by_variant = {}, {}
    for variant in twin.members:
        logits = twin.logits(variant, rows.design, everything, twin.local_of(rows.own))
        blends[variant] = Blend.fit(*logits, rows.outcomes)
        chances = _cross_fitted(logits, rows.outcomes, folds)
        by_variant[variant] = _held_out_forecasts(twin, variant, rows, chances)
    return HeldOut(first, last, blends, by_variant)


def with_outcomes(forecasts: pd.DataFrame, features: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Forecasts with the outcome of each threshold and `wet_today`: 0, 1, or NaN for unknown."""
    outcomes = labels[["station", "date"]].assign(**{rule: as_float(labels[rule]) for rule in RULES})
    today = features[["station", "date", "rain_today"]].rename(columns={"rain_today": "wet_today"})
    return forecasts.merge(outcomes, on=["station", "date"], how="left").merge(
        today, on=["station", "date"], how="left"
    )


def scores_of(forecasts: pd.DataFrame, rule: str = PREDICTAND.name) -> Scores:
    """Scores at one threshold of forecasts with outcomes, as `with_outcomes` gives them, where known."""
    forecasts = forecasts.dropna(subset=[rule])
    return score(
        wet=forecasts[rule].to_numpy(),
        chance=forecasts[f"p_{rule}"].to_numpy(),
        climatology=forecasts[f"climatology_{rule}"].to_numpy(),
        markov=forecasts[f"markov_{rule}"].to_numpy(),
        wet_today=forecasts["wet_today"].to_numpy(),
    )


def _held_out_window(known: Outcomes) -> tuple[date, date]:
    """First and last of the days that a training keeps out; raises `UnfitTrainingData` for too few."""
    first, last = known.first.date(), known.last.date()
    held_out_days = min(MOST_HELD_OUT_DAYS, (last - first).days + 1 - LEAST_DAYS)
    if held_out_days < LEAST_HELD_OUT_DAYS:
        raise UnfitTrainingData(
            f"beyond a year to learn from, only {held_out_days} days are left to score a model on: "
            f"it takes {LEAST_HELD_OUT_DAYS}"
        )
    return last - timedelta(days=held_out_days - 1), last


def _cross_fitted(
    logits: tuple[NDArray[np.float64], NDArray[np.float64]],
    outcomes: NDArray[np.float64],
    folds: NDArray[np.integer],
) -> NDArray[np.float64]:
    """Chances of each fold by weights fitted on the other: no day is scored by what it taught."""
    trees, networks = logits
    chances = np.empty_like(networks)
    for fold in (0, 1):
        here, other = folds == fold, folds != fold
        blend = Blend.fit(trees[other], networks[other], outcomes[other])
        chances[here] = blend.chances(trees[here], networks[here])
    return chances


def _held_out_forecasts(
    twin: RainModel, variant: Variant, rows: LabelledRows, chances: NDArray[np.float64]
) -> pd.DataFrame:
    keys, wet_today = rows.design.keys, rows.own["rain_today"].to_numpy(float)
    columns = dict(zip(CHANCES, chances.T, strict=True))
    columns |= dict(zip(CLIMATOLOGY, twin.references.climatology_of(keys).T, strict=True))
    columns |= dict(zip(MARKOV, twin.references.markov_of(keys, wet_today).T, strict=True))
    columns |= dict(zip(RULES, rows.outcomes.T, strict=True))
    return keys.assign(issue=twin.issue.value, **columns, route=variant.value, wet_today=wet_today)


def skill_at(held_out: pd.DataFrame, rule: str) -> float | None:
    """Brier skill over climatology at a threshold, or None where its outcomes are of one kind."""
    return scores_of(held_out, rule).skill_over_climatology if held_out[rule].nunique() == 2 else None

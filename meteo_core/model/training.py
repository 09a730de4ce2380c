"""Training: members fitted on the past, blended on days that a twin of them had not seen."""

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.labels import PREDICTAND
from meteo_core.model.blend import RULES
from meteo_core.model.fitting import fit_members, side_by_side
from meteo_core.model.held_out import hold_out_of, scores_of, skill_at, with_outcomes
from meteo_core.model.rain_model import RainModel
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Record
from meteo_core.model.trees import Grow, grow_here
from meteo_core.verification import Scores


@dataclass(frozen=True)
class Trained:
    """A model whose members saw every day, and how good its twin was on days that it had not seen."""

    model: RainModel
    scores: Scores
    """Of the whole day known, at the main threshold."""
    held_out: pd.DataFrame
    """Forecasts of the held-out days: the columns of `RainModel.forecast`, `issue`, the outcome of each
    threshold (0 or 1) and `wet_today` (0, 1 or NaN)."""


def train(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    *,
    issue: Issue = Issue.EVENING,
    recipe: Recipe | None = None,
    grow: Grow = grow_here,
) -> Trained:
    """Train on all labelled days given.

    A twin is fitted on the days before the last year (or what a shorter record has beyond its first year);
    the members are blended, and scored, on that year. The members of the model given are then fitted on all
    days. `grow` makes the trees. Raises `UnfitTrainingData`.
    """
    return train_on(Record.of(features, labels), issue=issue, recipe=recipe, grow=grow)


def train_on(
    record: Record, *, issue: Issue = Issue.EVENING, recipe: Recipe | None = None, grow: Grow = grow_here
) -> Trained:
    """`train` on a record that need not be in memory: its windows are gone through one by one."""
    recipe = recipe or Recipe()
    # A record that does not fit into memory is not to be gone through by two at once.
    with side_by_side(1 if record.days_at_once else 2) as pool:
        # Two fits, one thread each: XGBoost's own threads wait for each other by spinning, which made a fit
        # nine times slower on a machine that does anything else (see docs/decisions).
        holding_out = pool.submit(hold_out_of, record, issue, recipe, grow=grow)
        fitting = pool.submit(fit_members, record, issue, recipe, grow=grow)
        twin, model = holding_out.result(), fitting.result()

    scores = {variant: scores_of(forecasts).as_dict() for variant, forecasts in twin.by_variant.items()}
    card = {
        **model.card,
        "held_out_from": str(twin.first),
        "held_out_until": str(twin.last),
        "scores": scores,
        "skill_by_threshold": {rule: skill_at(twin.held_out, rule) for rule in RULES},
    }
    return Trained(replace(model, blends=twin.blends, card=card), scores_of(twin.held_out), twin.held_out)


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
    """Forecast the days `first`..`last` by a model that saw only days before `train_before`.

    One row for each station and day observed: the columns of `RainModel.forecast` with `issue`, the outcome
    of each threshold (0, 1 or NaN for unknown), `wet` (that of the main one) and `wet_today` (likewise).
    """
    if first < train_before:
        raise ValueError(f"the test begins on {first}, before training ends on {train_before}")
    before = pd.Timestamp(train_before)
    trained = train(
        features[features["date"] < before], labels[labels["date"] < before], issue=issue, recipe=recipe
    )
    start = pd.Timestamp(first) - pd.Timedelta(days=PREDICTOR_LOOK_BACK_DAYS)
    window = features[(features["date"] >= start) & (features["date"] <= pd.Timestamp(last))]
    made = with_outcomes(trained.model.forecast(window, since=first), window, labels)
    made = made.assign(issue=issue.value, wet=made[PREDICTAND.name])
    return made.sort_values(["date", "station"], ignore_index=True)

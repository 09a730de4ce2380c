"""Training: members fitted on the past, blended on days that a twin of them had not seen."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS, OWN_VALUES
from meteo_core.features.predictor_table import Variant
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, DatedDesign, Predictors
from meteo_core.labels import PREDICTAND, THRESHOLDS, as_float
from meteo_core.memory import give_back_memory
from meteo_core.model.blanking import blank_some, keep_best_known
from meteo_core.model.blend import MAIN, RULES, Blend
from meteo_core.model.members import Members
from meteo_core.model.networks import Networks
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY, MARKOV, RainModel, variants_of
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Outcomes, Record, UnfitTrainingData
from meteo_core.model.training_set import record_sha256
from meteo_core.model.trees import Grow, grow_here
from meteo_core.references import References, count_outcomes
from meteo_core.verification import Scores, score

LEAST_DAYS: Final = 365
"""A model that has not seen every season knows nothing of the missing ones."""
MOST_HELD_OUT_DAYS: Final = 365
LEAST_HELD_OUT_DAYS: Final = 28
TEACHING_STATIONS: Final = 512
"""Stations whose days the members are fitted on, at most, spread evenly over the map: a year of them is as
many rows as ten years of 49. More would be more of the same weather, and memory without end. What is usual
where is counted at every station."""
FOLD_DAYS: Final = 28
"""Held-out days are scored by weights fitted on the other half of them, taken by turns of this many days."""


@dataclass(frozen=True)
class Trained:
    """A model whose members saw every day, and how good its twin was on days that it had not seen."""

    model: RainModel
    scores: Scores
    """Of the whole day known, at the main threshold."""
    held_out: pd.DataFrame
    """Forecasts of the held-out days: the columns of `RainModel.forecast`, `issue`, the outcome of each
    threshold (0 or 1) and `wet_today` (0, 1 or NaN)."""


@dataclass(frozen=True)
class _Rows:
    """Labelled station days that members are fitted or blended on."""

    own: pd.DataFrame
    """`station`, `date` and `OWN_VALUES`."""
    design: DatedDesign
    outcomes: NDArray[np.float64]
    """[rows, thresholds], 0 or 1."""
    references: References
    """Counted at every station, not only at those that teach."""


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
    with _side_by_side(1 if record.days_at_once else 2) as pool:
        # Two fits, one thread each: XGBoost's own threads wait for each other by spinning, which made a fit
        # nine times slower on a machine that does anything else (see docs/decisions).
        holding_out = pool.submit(_hold_out, record, issue, recipe, grow=grow)
        fitting = pool.submit(_fit_members, record, issue, recipe, grow=grow)
        twin, model = holding_out.result(), fitting.result()

    scores = {variant: scores_of(forecasts).as_dict() for variant, forecasts in twin.by_variant.items()}
    card = {
        **model.card,
        "held_out_from": str(twin.first),
        "held_out_until": str(twin.last),
        "scores": scores,
        "skill_by_threshold": {rule: _skill(twin.held_out, rule) for rule in RULES},
    }
    return Trained(replace(model, blends=twin.blends, card=card), scores_of(twin.held_out), twin.held_out)


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
    with _side_by_side() as pool:
        record = Record.of(features, labels)
        return pool.submit(_hold_out, record, issue, recipe or Recipe(), variants).result()


def _hold_out(
    record: Record,
    issue: Issue,
    recipe: Recipe,
    variants: Sequence[Variant] | None = None,
    *,
    grow: Grow = grow_here,
) -> HeldOut:
    outcomes = record.outcomes()
    _require_fit(outcomes)
    first, last = _held_out_window(outcomes)
    before = pd.Timestamp(first)
    twin = _fit_members(record.before(before), issue, recipe, variants, grow=grow)
    rows = _labelled_rows(twin.predictors, record, since=before)
    everything = np.ones(len(rows.own), dtype=bool)
    folds = (rows.own["date"] - before).dt.days.to_numpy() // FOLD_DAYS % 2
    blends, by_variant = {}, {}
    for variant in twin.members:
        logits = twin.logits(variant, rows.design, everything, twin.local_of(rows.own))
        blends[variant] = Blend.fit(*logits, rows.outcomes)
        chances = _cross_fitted(logits, rows.outcomes, folds)
        by_variant[variant] = _held_out_forecasts(twin, variant, rows, chances)
    return HeldOut(first, last, blends, by_variant)


@contextmanager
def _side_by_side(threads: int = 2) -> Iterator[ThreadPoolExecutor]:
    """Threads with one core each; scikit-learn's warning that a network stopped in time left out."""
    with (
        threadpool_limits(1, user_api="blas"),
        warnings.catch_warnings(),
        ThreadPoolExecutor(threads) as pool,
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield pool


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
    made = trained.model.forecast(window)
    made = with_outcomes(made[made["date"] >= pd.Timestamp(first)], window, labels)
    made = made.assign(issue=issue.value, wet=made[PREDICTAND.name])
    return made.sort_values(["date", "station"], ignore_index=True)


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


def require_fit(labels: pd.DataFrame) -> None:
    """Refuse data without both outcomes or without a whole year; raises `UnfitTrainingData`."""
    _require_fit(Record.of(labels, labels).outcomes())


def _require_fit(known: Outcomes) -> None:
    if not known.kinds:
        raise UnfitTrainingData("there is no labelled day to train on: materialize labels first")
    days = (known.last - known.first).days + 1
    if days < LEAST_DAYS:
        raise UnfitTrainingData(f"{days} labelled days are too few: a model needs {LEAST_DAYS}, a whole year")
    if len(known.kinds) < 2:
        raise UnfitTrainingData("every labelled day has the same outcome: there is nothing to tell apart")


def _fit_members(
    record: Record,
    issue: Issue,
    recipe: Recipe,
    variants: Sequence[Variant] | None = None,
    *,
    grow: Grow = grow_here,
) -> RainModel:
    """Predictors, members and references on every labelled day given; the blends are the default ones."""
    _require_fit(record.outcomes())
    predictors = Predictors.fit_windows(record.windows(), issue, stations=record.stations())
    rows = _labelled_rows(predictors, record)
    # Two fits side by side, each with hundreds of grids for a moment, held half a gigabyte.
    give_back_memory()
    members = {
        variant: _fit_variant(variant, predictors, rows, recipe, grow)
        for variant in variants or variants_of(issue)
    }

    keys = rows.design.keys
    card = {
        "issue": issue.value,
        "predictand": f"{PREDICTAND.words} between 9 am of the date and 9 am of the next, station time",
        "thresholds": {name: rule.words for name, rule in THRESHOLDS.items()},
        "trained_from": str(keys["date"].min().date()),
        "trained_until": str(keys["date"].max().date()),
        "rows": len(keys),
        "base_rate": float(rows.outcomes[:, MAIN].mean()),
        "stations": len(predictors.stations),
        "predictors": {variant.value: len(predictors.columns(variant)) for variant in members},
        "recipe": asdict(recipe),
        "training_set_sha256": record_sha256(record),
    }
    return RainModel(
        predictors=predictors,
        members=members,
        blends=dict.fromkeys(members, Blend.default()),
        references=rows.references,
        card=card,
    )


def _fit_variant(
    variant: Variant, predictors: Predictors, rows: _Rows, recipe: Recipe, grow: Grow
) -> Members:
    region = predictors.network.region[rows.design.station]
    if variant is Variant.LOCAL:
        own = rows.own
        local_of = predictors.local_of(own)
        matrix, copies = _blanked_copies(local_of, own, predictors.issue, recipe)

        def of_epoch(network: int, epoch: int) -> NDArray[np.float32]:
            if epoch == 0:
                return matrix
            random = np.random.default_rng([recipe.seed, network, epoch])
            return local_of(blank_some(own, predictors.issue, random))
    else:
        matrix, copies = predictors.of_variant(rows.design.matrix, variant), 1

        def of_epoch(network: int, epoch: int) -> NDArray[np.float32]:  # noqa: ARG001 (the same each time)
            return matrix

    names = predictors.names(variant)
    trees = grow(
        matrix,
        np.tile(rows.outcomes[:, MAIN], copies),
        names=names,
        settings=recipe.for_xgboost(variant),
        rounds=recipe.rounds(variant),
    )
    matrix = matrix[: len(rows.outcomes)]
    networks = Networks.fit(
        of_epoch,
        region,
        rows.outcomes > 0,
        # What is missing of the station's own day says something; elsewhere it says where the station is.
        flags=[index for index, name in enumerate(names) if name in DAILY_COLUMNS],
        stations=len(predictors.network.anchors),
        recipe=recipe,
        variant=variant,
    )
    # Two fits side by side, each with hundreds of grids for a moment, held half a gigabyte.
    give_back_memory()
    return Members(trees, networks)


def _blanked_copies(
    local_of: Callable[[pd.DataFrame], NDArray[np.float32]], own: pd.DataFrame, issue: Issue, recipe: Recipe
) -> tuple[NDArray[np.float32], int]:
    """Local predictors of the days as they are, then as they are with values blanked."""
    random = np.random.default_rng([recipe.seed, recipe.networks])
    copies = [own, blank_some(own, issue, random), keep_best_known(own, issue)]
    return np.concatenate([local_of(copy) for copy in copies]), len(copies)


def _labelled_rows(predictors: Predictors, record: Record, *, since: pd.Timestamp | None = None) -> _Rows:
    """Labelled days at the stations that teach; the references are counted at all that predictors know."""
    teaching = np.array(predictors.stations)[predictors.network.spread(TEACHING_STATIONS)]
    own, designs, outcomes, counts = [], [], [], []
    for first, features, labels in record.labelled_windows(since=since, look_back=PREDICTOR_LOOK_BACK_DAYS):
        here = features[features["station"].isin(predictors.stations)]
        known = labels.loc[labels[PREDICTAND.name].notna(), ["station", "date", *RULES]]
        found = here[["station", "date"]].merge(known, on=["station", "date"], how="left")
        labelled = found[PREDICTAND.name].notna().to_numpy() & (here["date"] >= first).to_numpy()
        met = np.column_stack([as_float(found[rule]) for rule in RULES])
        wet_today = here["rain_today"].to_numpy(float)
        counts.append(
            count_outcomes(here.loc[labelled, ["station", "date"]], met[labelled], wet_today[labelled])
        )

        wanted = labelled & here["station"].isin(teaching).to_numpy()
        own.append(here.loc[wanted, ["station", "date", *OWN_VALUES]])
        designs.append(predictors.transform(here, wanted=wanted))
        outcomes.append(met[wanted])
    return _Rows(
        own=pd.concat(own, ignore_index=True),
        design=DatedDesign.joined(designs),
        outcomes=np.concatenate(outcomes),
        references=References.of_counts(counts),
    )


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
    twin: RainModel, variant: Variant, rows: _Rows, chances: NDArray[np.float64]
) -> pd.DataFrame:
    keys, wet_today = rows.design.keys, rows.own["rain_today"].to_numpy(float)
    columns = dict(zip(CHANCES, chances.T, strict=True))
    columns |= dict(zip(CLIMATOLOGY, twin.references.climatology_of(keys).T, strict=True))
    columns |= dict(zip(MARKOV, twin.references.markov_of(keys, wet_today).T, strict=True))
    columns |= dict(zip(RULES, rows.outcomes.T, strict=True))
    return keys.assign(issue=twin.issue.value, **columns, route=variant.value, wet_today=wet_today)


def _skill(held_out: pd.DataFrame, rule: str) -> float | None:
    """Brier skill over climatology at a threshold, or None where its outcomes are of one kind."""
    return scores_of(held_out, rule).skill_over_climatology if held_out[rule].nunique() == 2 else None

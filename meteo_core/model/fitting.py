"""Members of a model fitted on every labelled day of a record."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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
from meteo_core.model.rain_model import RainModel, variants_of
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Outcomes, Record, UnfitTrainingData
from meteo_core.model.training_set import record_sha256
from meteo_core.model.trees import Grow, grow_here
from meteo_core.references import References, count_outcomes

LEAST_DAYS: Final = 365
"""A model that has not seen every season knows nothing of the missing ones."""
TEACHING_STATIONS: Final = 512
"""Stations whose days the members are fitted on, at most, spread evenly over the map: a year of them is as
many rows as ten years of 49. More would be more of the same weather, and memory without end. What is usual
where is counted at every station."""


@dataclass(frozen=True)
class LabelledRows:
    """Labelled station days that members are fitted or blended on."""

    own: pd.DataFrame
    """`station`, `date` and `OWN_VALUES`."""
    design: DatedDesign
    outcomes: NDArray[np.float64]
    """[rows, thresholds], 0 or 1."""
    references: References
    """Counted at every station, not only at those that teach."""


@contextmanager
def side_by_side(threads: int = 2) -> Iterator[ThreadPoolExecutor]:
    """Threads with one core each; scikit-learn's warning that a network stopped in time left out."""
    with (
        threadpool_limits(1, user_api="blas"),
        warnings.catch_warnings(),
        ThreadPoolExecutor(threads) as pool,
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield pool


def require_fit(labels: pd.DataFrame) -> None:
    """Refuse data without both outcomes or without a whole year; raises `UnfitTrainingData`."""
    require_known(Record.of(labels, labels).outcomes())


def require_known(known: Outcomes) -> None:
    """`require_fit` of outcomes that are counted already."""
    if not known.kinds:
        raise UnfitTrainingData("there is no labelled day to train on: materialize labels first")
    days = (known.last - known.first).days + 1
    if days < LEAST_DAYS:
        raise UnfitTrainingData(f"{days} labelled days are too few: a model needs {LEAST_DAYS}, a whole year")
    if len(known.kinds) < 2:
        raise UnfitTrainingData("every labelled day has the same outcome: there is nothing to tell apart")


def fit_members(
    record: Record,
    issue: Issue,
    recipe: Recipe,
    variants: Sequence[Variant] | None = None,
    *,
    grow: Grow = grow_here,
) -> RainModel:
    """Predictors, members and references on every labelled day given; the blends are the default ones."""
    require_known(record.outcomes())
    predictors = Predictors.fit_windows(record.windows(), issue, stations=record.stations())
    rows = labelled_rows(predictors, record)
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
    variant: Variant, predictors: Predictors, rows: LabelledRows, recipe: Recipe, grow: Grow
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


def labelled_rows(
    predictors: Predictors, record: Record, *, since: pd.Timestamp | None = None
) -> LabelledRows:
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
    return LabelledRows(
        own=pd.concat(own, ignore_index=True),
        design=DatedDesign.joined(designs),
        outcomes=np.concatenate(outcomes),
        references=References.of_counts(counts),
    )

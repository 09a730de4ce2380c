"""The tables of features and of labels, made anew for a range of days, window by window."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd

from meteo_core.compute.engine import Engine
from meteo_core.compute.windows import days_at_once, split, with_look_back
from meteo_core.errors import MeteoError
from meteo_core.features.daily import LOOK_BACK_DAYS, OBSERVED, OWN_VALUES, features_since
from meteo_core.labels import LABELLED_FROM, PREDICTAND, label_days
from meteo_core.warehouse import Warehouse

RELABELLED_DAYS: Final = 1
"""Days before a range that are labelled and verified again: their outcome is the rain of the next day."""


class NothingObserved(MeteoError):
    """There are no observations of the days to be made."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"no observations of {first}..{last}: materialize raw_observations first")


@dataclass(frozen=True, slots=True)
class FeaturesMade:
    """What came of making features."""

    station_days: int
    missing_share: float
    """Of the values of the days themselves."""


@dataclass(frozen=True, slots=True)
class LabelsMade:
    """What came of making labels."""

    station_days: int
    known: int
    wet: int
    """Of the known, by the rule of the predictand."""


def make_features(
    warehouse: Warehouse, first: date, last: date, *, stations: int, compute: Engine
) -> FeaturesMade:
    """Features of every day observed, `first`..`last`, in place of those that were there.

    Each window is a transaction; windows are as long as memory allows for so many stations. Raises
    `NothingObserved`.
    """
    windows = list(split(first, last, days=days_at_once(stations, least=LOOK_BACK_DAYS)))
    observed = with_look_back(
        lambda begin, end: warehouse.read("raw.observations", begin, end, columns=OBSERVED),
        windows,
        days=LOOK_BACK_DAYS,
    )
    made, rows, missing = compute.map(_features_of, observed), 0, 0.0
    for window in windows:
        built = next(made)
        if window.last == last and not rows and built.empty:
            raise NothingObserved(first, last)
        warehouse.replace("features.daily", built, window.first, window.last, whole=(first, last))
        rows += len(built)
        missing += float(built[list(OWN_VALUES)].isna().mean(axis=1).sum())
        del built  # hundreds of megabytes, and the next are made before the name is theirs
    return FeaturesMade(rows, missing / rows if rows else 0.0)


def _features_of(observed: tuple[pd.DataFrame, date]) -> pd.DataFrame:
    return features_since(*observed)


def make_labels(warehouse: Warehouse, first: date, last: date, *, stations: int) -> LabelsMade:
    """Outcomes of every day observed, `first` less `RELABELLED_DAYS` to `last`, in place of those before.

    Each window is a transaction. Raises `NothingObserved`.
    """
    first -= timedelta(days=RELABELLED_DAYS)
    rows = known = wet = 0
    for window in split(first, last, days=days_at_once(stations)):
        observations = warehouse.read(
            "raw.observations", window.first, window.last + timedelta(days=1), columns=LABELLED_FROM
        )
        outcomes = label_days(observations)
        outcomes = outcomes[outcomes["date"].dt.date <= window.last]
        rows += len(outcomes)
        if window.last == last and not rows:
            raise NothingObserved(first, last)
        warehouse.replace("labels.daily", outcomes, window.first, window.last)
        outcome = outcomes[PREDICTAND.name].dropna()
        known, wet = known + len(outcome), wet + int(outcome.sum())
    return LabelsMade(rows, known, wet)

"""Forecasts beside outcomes: the rows of `verification.daily`."""

from typing import Final

import numpy as np
import pandas as pd

from meteo_core.forecasting import HINDCAST, ISSUED
from meteo_core.labels import THRESHOLDS, as_float

KEY: Final = ["station", "date", "issue", "kind", "model_version"]
PAIR_COLUMNS: Final = [
    *KEY,
    "threshold",
    "chance",
    "climatology",
    "markov",
    "outcome",
    "squared_error",
    "squared_error_climatology",
    "squared_error_markov",
]


def pair(forecasts: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """A row for each forecast that may be scored and each threshold, in the columns of `verification.daily`.

    A forecast may be scored where it was issued on its day, or is a hindcast by a model that was not trained
    on the outcome. `forecasts` has the columns of `forecasts.daily`, `labels` those of `labels.daily`. Left
    out is what has no known outcome or no chance at a threshold; a reference that is not known stays NaN.
    Squared errors are (probability - outcome)^2, 0 to 1, and their mean is the Brier score.
    """
    wide = forecasts[may_be_scored(forecasts)].merge(
        labels[["station", "date", *THRESHOLDS]], on=["station", "date"]
    )
    pairs = pd.concat([_of_threshold(wide, rule) for rule in THRESHOLDS], ignore_index=True)

    pairs = pairs[pairs["chance"].notna() & pairs["wet"].notna()]
    for forecast, error in (
        ("chance", "squared_error"),
        ("climatology", "squared_error_climatology"),
        ("markov", "squared_error_markov"),
    ):
        pairs[error] = (pairs[forecast] - pairs["wet"]) ** 2
    return pairs.assign(outcome=pairs["wet"] == 1)[PAIR_COLUMNS].reset_index(drop=True)


def held_out_pairs(held_out: pd.DataFrame) -> pd.DataFrame:
    """Pairs, one for each threshold, of what a twin forecast of held-out days at one issue time."""
    forecasts = held_out.assign(kind="hindcast", in_sample=False, model_version=0)
    outcomes = forecasts[["station", "date"]].assign(
        **{rule: forecasts[rule].astype("boolean") for rule in THRESHOLDS}
    )
    return pair(forecasts.drop(columns=list(THRESHOLDS)), outcomes)


def may_be_scored(forecasts: pd.DataFrame) -> pd.Series:
    """Whether each was issued on its day, or is a hindcast by a model that had not seen the outcome."""
    unseen = (forecasts["kind"] == HINDCAST) & ~forecasts["in_sample"].astype(bool)
    return (forecasts["kind"] == ISSUED) | unseen


def _of_threshold(wide: pd.DataFrame, rule: str) -> pd.DataFrame:
    """The chances and outcomes of one threshold."""
    return wide[KEY].assign(
        threshold=rule,
        chance=wide[f"p_{rule}"].to_numpy(np.float64),
        climatology=wide[f"climatology_{rule}"].to_numpy(np.float64),
        markov=wide[f"markov_{rule}"].to_numpy(np.float64),
        wet=as_float(wide[rule]),
    )

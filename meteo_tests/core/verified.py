"""Pairs of forecast and outcome that show only what a test is about."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from meteo_core.labels import THRESHOLDS
from meteo_core.verification.pairs import PAIR_COLUMNS
from meteo_tests.core.days import JUNE_1


def pairs_of(
    outcome: ArrayLike,
    chance: ArrayLike,
    *,
    climatology: float = 0.25,
    markov: float = 0.25,
    **columns: object,
) -> pd.DataFrame:
    """Pairs on consecutive days of one station; each keyword is a column."""
    wet = np.asarray(outcome, dtype=bool)
    pairs = pd.DataFrame({"outcome": wet, "chance": np.asarray(chance, float)}).assign(
        station="Sydney",
        date=pd.date_range(JUNE_1, periods=len(wet)),
        issue="evening",
        kind="issued",
        model_version=1,
        threshold="gt_1_0",
        climatology=climatology,
        markov=markov,
    )
    pairs = pairs.assign(**columns)
    for forecast, error in (
        ("chance", "squared_error"),
        ("climatology", "squared_error_climatology"),
        ("markov", "squared_error_markov"),
    ):
        pairs[error] = (pairs[forecast] - pairs["outcome"]) ** 2
    return pairs[PAIR_COLUMNS]


def held_out(*, summer: float, other: float) -> pd.DataFrame:
    """A year at one station, wet every other day: how far off chances were in summer and in other seasons."""
    days = pd.date_range("2019-01-01", "2019-12-31")
    wet = (np.arange(365) % 2 == 0).astype(float)
    off = np.where(days.month.isin([12, 1, 2]), summer, other)
    columns = {
        column: values
        for rule in THRESHOLDS
        for column, values in {
            rule: wet,
            f"p_{rule}": np.abs(wet - off),
            f"climatology_{rule}": 0.5,
            f"markov_{rule}": 0.5,
        }.items()
    }
    return pd.DataFrame({"station": "Sydney", "date": days, "issue": "evening", **columns})

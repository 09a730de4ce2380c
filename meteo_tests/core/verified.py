"""Pairs of forecast and outcome that show only what a test is about."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

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

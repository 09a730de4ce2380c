"""Hard alarms: what the quality rules say of the newest days, as alarms.

The rules themselves are in `meteo_core.quality`: spells of identical values, gauges that catch nothing, and
values that are impossible or in another unit.
"""

from datetime import date

import numpy as np
import pandas as pd

from meteo_core.drift.alarms import HARD, alarm_table
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.quality.suspicions import suspect_days
from meteo_core.quality.units import HIGHEST_FRACTION, HIGHEST_MEDIAN


def spell_alarms(observations: pd.DataFrame, *, first: date) -> pd.DataFrame:
    """An alarm on each day, from `first` on, of a stuck sensor or a blocked gauge.

    The score is the length of the spell so far, the threshold the longest that is no suspicion, both in days.
    `observations` as `suspect_days` wants them.
    """
    found = suspect_days(observations, first=first)
    return alarm_table(
        [found.assign(kind=HARD, score=found["days"].astype(float), threshold=found["limit"] - 1.0)]
    )


def rejection_alarms(findings: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """An alarm on each day on which a value was rejected and none has taken its place.

    `findings` are rows of `raw.quarantine`, `observations` hold the days that are wanted. The score is the
    value, the threshold the limit that it passed: of a single value, or of the column where that looked like
    another unit.
    """
    rejected = findings[(findings["verdict"] == "rejected") & findings["parameter"].isin(NUMBERS)]
    value = pd.to_numeric(rejected["value"], errors="coerce")
    rejected = rejected.assign(kind=HARD, score=value)[np.isfinite(value)]
    if rejected.empty:
        return alarm_table([])
    missing = observations[["station", "date", *NUMBERS]].melt(["station", "date"], var_name="parameter")
    missing = missing[missing["value"].isna()].drop(columns="value")
    still = rejected.merge(missing, on=["station", "date", "parameter"])
    limits = [_limit(name, score) for name, score in zip(still["parameter"], still["score"], strict=True)]
    return alarm_table([still.assign(threshold=limits)])


def _limit(name: str, value: float) -> float:
    """The limit that this value passed, in its own unit."""
    parameter = PARAMETERS[name]
    if value > parameter.maximum:
        return parameter.maximum
    if value < parameter.minimum:
        return parameter.minimum
    return HIGHEST_MEDIAN.get(name, HIGHEST_FRACTION)

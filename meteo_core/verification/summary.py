"""Scores of groups of pairs: by issue time, threshold, station, season."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.verification.intervals import brier_skill_by_group
from meteo_core.verification.reliability import calibration_errors

SEASONS: Final = ("summer", "autumn", "winter", "spring")
DECISION_THRESHOLD: Final = 0.5
"""Chance from which a yes/no user calls the day wet."""
SUMMARY_COLUMNS: Final = (
    "rows",
    "days",
    "base_rate",
    "mean_chance",
    "brier_score",
    "brier_climatology",
    "brier_markov",
    "skill_over_climatology",
    "skill_over_climatology_low",
    "skill_over_climatology_high",
    "skill_over_markov",
    "skill_over_markov_low",
    "skill_over_markov_high",
    "log_loss",
    "roc_area",
    "calibration_error",
    "probability_of_detection",
    "false_alarm_ratio",
    "equitable_threat_score",
    "heidke_skill_score",
    "frequency_bias",
    "accuracy",
)

Array = NDArray[np.float64]


def season_of(date: pd.Series) -> pd.Series:
    """Southern season of each date: summer is December to February."""
    return pd.Series(np.array(SEASONS, dtype=object)[date.dt.month % 12 // 3], index=date.index)


def month_of(date: pd.Series) -> pd.Series:
    """Calendar month of each date, such as 2016-06."""
    return date.dt.strftime("%Y-%m")


_DERIVED: Final = {"season": season_of, "month": month_of}


def summarise(
    pairs: pd.DataFrame, by: Sequence[str], *, decision_threshold: float = DECISION_THRESHOLD
) -> pd.DataFrame:
    """Scores of each group of pairs, one row for each group, in its order.

    `pairs` has the columns of `verification.daily`; `by` names columns of it, `season` or `month`, and may be
    empty. Definitions follow CAWCR and WWRP, https://www.cawcr.gov.au/projects/verification. No score has a
    unit; NaN says that it is not defined for the group.

    `rows`, `days`: forecasts, and days with any. `base_rate`: share of outcomes that came, 0 to 1.
    `mean_chance`: perfect where it is the base rate.
    `brier_score`: mean of (chance - outcome)^2, 0 to 1, perfect 0 (Brier 1950); the same for the references,
    over the forecasts that have them.
    `skill_over_*`: Brier skill score, 1 - brier_score / that of the reference: perfect 1, 0 no better,
    without lower limit; `_low` and `_high` bound its interval of 95 % by block bootstrap over days.
    `log_loss`: mean of -ln(chance given to what came), from 0, perfect 0 (Good 1952); 0 and 1 count as the
    nearest number between.
    `roc_area`: chance that a wet day was given more than a dry one, 0 to 1, perfect 1, 0.5 no discrimination
    (Mason and Graham 2002); NaN where outcomes are of one kind.
    `calibration_error`: see `reliability.calibration_error`.

    For the call "wet" where the chance is at least `decision_threshold`:
    `probability_of_detection`: hits / (hits + misses), 0 to 1, perfect 1; NaN where no day was wet.
    `false_alarm_ratio`: false alarms / (hits + false alarms), 0 to 1, perfect 0; NaN where none was called.
    `equitable_threat_score`: threat score less the hits of chance, -1/3 to 1, perfect 1, 0 no skill.
    `heidke_skill_score`: right calls beyond those of chance, -1 to 1, perfect 1, 0 no skill.
    `frequency_bias`: days called wet / wet days, from 0, perfect 1; NaN where no day was wet.
    `accuracy`: share of right calls, 0 to 1, perfect 1; "always dry" already gives 1 - base rate.
    """
    keyed = pairs.assign(
        **{name: derive(pairs["date"]) for name, derive in _DERIVED.items() if name in by}
    ).reset_index(drop=True)
    keys, group = _numbered(keyed, list(by))
    if keyed.empty:
        return keys.assign(**{name: pd.Series(dtype=float) for name in SUMMARY_COLUMNS})

    wet, chance = keyed["outcome"].to_numpy(float), keyed["chance"].to_numpy(float)
    error = keyed["squared_error"].to_numpy(float)
    scored = {
        "rows": np.bincount(group),
        "days": keyed.groupby(group)["date"].nunique().to_numpy(),
        "base_rate": _means(wet, group),
        "mean_chance": _means(chance, group),
        "brier_score": _means(error, group),
    }
    for reference in ("climatology", "markov"):
        error_of_reference = keyed[f"squared_error_{reference}"].to_numpy(float)
        skill = brier_skill_by_group(keyed["date"], error, error_of_reference, group)
        scored |= {
            f"brier_{reference}": _means(error_of_reference, group),
            f"skill_over_{reference}": skill.value,
            f"skill_over_{reference}_low": skill.low,
            f"skill_over_{reference}_high": skill.high,
        }
    scored |= {
        "log_loss": _means(_surprise(wet, chance), group),
        "roc_area": _roc_areas(wet, chance, group),
        "calibration_error": calibration_errors(wet, chance, group),
    }
    scored |= _calls(wet == 1, chance >= decision_threshold, group)
    return keys.assign(**{name: scored[name] for name in SUMMARY_COLUMNS})


def _numbered(keyed: pd.DataFrame, by: list[str]) -> tuple[pd.DataFrame, NDArray[np.intp]]:
    """The groups in order, and the number of each row's group."""
    if not by:
        return pd.DataFrame(index=range(min(len(keyed), 1))), np.zeros(len(keyed), dtype=np.intp)
    group = keyed.groupby(by, observed=True, sort=True).ngroup().to_numpy().astype(np.intp)
    _, first = np.unique(group, return_index=True)
    return keyed.loc[first, by].reset_index(drop=True), group


def _means(values: Array, group: NDArray[np.intp]) -> Array:
    """Mean of each group over its known values; NaN where it has none."""
    known = ~np.isnan(values)
    number = int(group.max()) + 1
    total = np.bincount(group[known], values[known], number)
    count = np.bincount(group[known], minlength=number)
    return np.divide(total, count, out=np.full(number, np.nan), where=count > 0)


def _surprise(wet: Array, chance: Array) -> Array:
    smallest = np.finfo(float).eps
    given = np.where(wet == 1, chance, 1 - chance)
    return -np.log(np.clip(given, smallest, 1 - smallest))


def _roc_areas(wet: Array, chance: Array, group: NDArray[np.intp]) -> Array:
    """Mann-Whitney statistic of each group: the ranks of its wet days among all of its days."""
    rank = pd.Series(chance).groupby(group).rank(method="average").to_numpy(float)
    number = int(group.max()) + 1
    came, stayed_away = np.bincount(group, wet, number), np.bincount(group, 1 - wet, number)
    above = np.bincount(group, rank * wet, number) - came * (came + 1) / 2
    possible = came * stayed_away
    return np.divide(above, possible, out=np.full(number, np.nan), where=possible > 0)


def _calls(came: NDArray[np.bool_], called: NDArray[np.bool_], group: NDArray[np.intp]) -> dict[str, Array]:
    """Scores of the contingency table of each group."""
    # The service reads summaries and makes none: it need not wait a second for these.
    import xarray as xr
    from scores.categorical import BasicContingencyManager

    number = int(group.max()) + 1
    counts = {
        "tp_count": came & called,
        "tn_count": ~came & ~called,
        "fp_count": ~came & called,
        "fn_count": came & ~called,
        "total_count": np.ones_like(came),
    }
    table = BasicContingencyManager(
        {name: xr.DataArray(np.bincount(group, cell, number), dims="group") for name, cell in counts.items()}
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        scored = {
            "probability_of_detection": table.probability_of_detection(),
            "false_alarm_ratio": table.false_alarm_ratio(),
            "equitable_threat_score": table.equitable_threat_score(),
            "heidke_skill_score": table.heidke_skill_score(),
            "frequency_bias": table.frequency_bias(),
            "accuracy": table.accuracy(),
        }
    return {name: np.where(np.isfinite(score), score, np.nan) for name, score in scored.items()}

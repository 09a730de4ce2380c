"""Whether chances are frequencies: of the days given 30 %, three in ten should be wet."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from meteo_core.verification.intervals import paired_difference_by_group

BINS: Final = 10
"""Bins of the reliability table, of equal width: 0 to under 0.1, and so on; the last holds 1 too."""
CALIBRATION_GROUPS: Final = 15
"""Groups of the calibration error, of equal size."""
LEAST_IN_BIN: Final = 50
"""A bin with fewer forecasts says nothing of their reliability."""
TOLERABLE_GAP: Final = 0.05
"""Gap between chance and frequency that nobody who acts on the chance would notice."""

Array = NDArray[np.float64]


def reliability_table(days: ArrayLike, wet: ArrayLike, chance: ArrayLike) -> pd.DataFrame:
    """Ten bins of chance, each with what was said and what came.

    One value of each argument for each forecast; `wet` is 0 or 1. Columns `bin` (0 to 9), `chance_from`,
    `chance_to`, `count` (forecasts), `mean_chance`, `observed_frequency`, and `gap` = observed frequency less
    mean chance, perfect 0, with `gap_low` and `gap_high` by block bootstrap over days. Means are NaN in an
    empty bin, bounds in one with forecasts on too few days.
    """
    one_group = np.zeros(len(np.asarray(wet)), dtype=np.intp)
    return reliability_by_group(days, wet, chance, one_group, groups=1).drop(columns="group")


def reliability_by_group(
    days: ArrayLike, wet: ArrayLike, chance: ArrayLike, group: NDArray[np.intp], *, groups: int
) -> pd.DataFrame:
    """`reliability_table` of each of so many groups, one below the other; `group` is a column, from 0."""
    wet, chance = np.asarray(wet, float), np.asarray(chance, float)
    number = group * BINS + np.minimum((chance * BINS).astype(np.intp), BINS - 1)
    size = groups * BINS
    count = np.bincount(number, minlength=size)

    gap = paired_difference_by_group(days, wet, chance, number)
    bins = np.tile(np.arange(BINS), groups)
    table = pd.DataFrame(
        {
            "group": np.repeat(np.arange(groups), BINS),
            "bin": bins,
            "chance_from": bins / BINS,
            "chance_to": (bins + 1) / BINS,
            "count": count,
            "mean_chance": _share(np.bincount(number, chance, size), count),
            "observed_frequency": _share(np.bincount(number, wet, size), count),
        }
    )
    # The bins up to the highest that holds a forecast have a gap.
    bounds = pd.DataFrame({"gap": gap.value, "gap_low": gap.low, "gap_high": gap.high})
    return table.join(bounds)


def unsound_bins(table: pd.DataFrame) -> pd.DataFrame:
    """Bins of a reliability table whose gap is more than `TOLERABLE_GAP`, beyond what sampling explains."""
    beyond = (table["gap_low"] > TOLERABLE_GAP) | (table["gap_high"] < -TOLERABLE_GAP)
    return table[beyond & (table["count"] >= LEAST_IN_BIN)]


def calibration_error(wet: Array, chance: Array) -> float:
    """Expected calibration error, 0 to 1: 0 perfect (Naeini and others 2015).

    Mean absolute gap between chance and frequency over `CALIBRATION_GROUPS` groups of equal size, from the
    lowest chances to the highest. Groups are small where forecasts are few: a perfect forecast then has one
    above 0 too.
    """
    return float(calibration_errors(wet, chance, np.zeros(len(wet), dtype=np.intp))[0])


def calibration_errors(wet: Array, chance: Array, groups: NDArray[np.intp]) -> Array:
    """`calibration_error` of each group; `groups` numbers the forecasts' groups from 0."""
    size = np.bincount(groups)
    order = np.lexsort((chance, groups))
    group = groups[order]
    place = np.arange(len(order)) - np.concatenate([[0], np.cumsum(size)[:-1]])[group]

    # As np.array_split would: the first groups hold one more where the number does not divide.
    parts = np.minimum(size, CALIBRATION_GROUPS)
    small, larger = np.divmod(size, np.maximum(parts, 1))
    in_larger = larger[group] * (small[group] + 1)
    part = np.where(
        place < in_larger,
        place // (small[group] + 1),
        larger[group] + (place - in_larger) // np.maximum(small[group], 1),
    )
    cell = group * CALIBRATION_GROUPS + part
    gaps = np.abs(
        np.bincount(cell, wet[order] - chance[order], len(size) * CALIBRATION_GROUPS).reshape(
            -1, CALIBRATION_GROUPS
        )
    )
    return _share(gaps.sum(axis=1), size)


def _share(total: NDArray, count: NDArray) -> Array:
    """Total over count; NaN where there is nothing to count."""
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)

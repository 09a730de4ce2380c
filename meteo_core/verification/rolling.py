"""Skill over time: scores of the last weeks and months, as they would have been told each week."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.forecasting import ISSUED
from meteo_core.labels import THRESHOLDS
from meteo_core.verification.intervals import brier_skill_by_group, mean_by_group
from meteo_core.verification.pairs import may_be_scored

WINDOWS: Final = (30, 90)
"""Days of each kind of window."""
STEP_DAYS: Final = 7
"""From the end of one window to that of the next."""
LEAST_SHARE: Final = 0.6
"""A window with outcomes on fewer of its days than this share is not told."""
_REFERENCES: Final = ("climatology", "markov")
_KEY: Final = ["issue", "threshold"]
DUE_COLUMNS: Final = (*_KEY, "date", "due")
ROLLING_COLUMNS: Final = (
    *(*_KEY, "window_days", "first", "last", "due", "rows", "issued", "days", "coverage"),
    *("base_rate", "mean_chance", "gap", "gap_low", "gap_high", "brier_score"),
    *(
        column
        for reference in _REFERENCES
        for column in (
            f"brier_{reference}",
            f"skill_over_{reference}",
            f"skill_over_{reference}_low",
            f"skill_over_{reference}_high",
        )
    ),
)


def due_forecasts(forecasts: pd.DataFrame, by: datetime) -> pd.DataFrame:
    """How many forecasts of each issue time, threshold and day should have an outcome `by` then.

    Those that may be scored and whose window is over. `forecasts` has the columns of `forecasts.daily`.
    """
    over = forecasts[may_be_scored(forecasts) & (forecasts["valid_to"] <= by)]
    counts = [
        over[over[f"p_{rule}"].notna()].groupby(["issue", "date"]).size().rename("due").reset_index()
        for rule in THRESHOLDS
    ]
    tables = [table.assign(threshold=rule) for table, rule in zip(counts, THRESHOLDS, strict=True)]
    return pd.concat(tables, ignore_index=True)[list(DUE_COLUMNS)]


def rolling(pairs: pd.DataFrame, due: pd.DataFrame | None = None) -> pd.DataFrame:
    """Scores of every window of `WINDOWS` days, for each issue time and threshold: `ROLLING_COLUMNS`.

    `pairs` are rows of `verification.daily`. The newest window ends with the newest day of either table,
    those before it each `STEP_DAYS` earlier. `first` and `last` bound a window, both included; `rows` counts
    its forecasts with an outcome, `issued` those of them that were issued on their day and are no hindcasts,
    `days` the days with any. `coverage` is `rows` / `due`, 0 to 1: low where outcomes are late, and NaN where
    `due_forecasts` were not given. `gap` is `base_rate` less `mean_chance` with its interval of 95 %, perfect
    0. Other scores are those of `summary.summarise`.
    """
    if pairs.empty:
        return windows_ending(pairs, (), due)
    newest = pairs["date"].max()
    if due is not None and not due.empty:
        newest = max(newest, due["date"].max())
    lasts = pd.date_range(pairs["date"].min(), newest, freq="D")[::-1][::STEP_DAYS]
    return windows_ending(pairs, lasts, due)


def windows_ending(
    pairs: pd.DataFrame, lasts: Iterable[pd.Timestamp], due: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The windows that end on these days, as `rolling` gives them; a day without enough outcomes has none."""
    tables = list(_windows(_daily_sums(pairs), lasts, due)) if not pairs.empty else []
    if not tables:
        return _typed(pd.DataFrame(columns=list(ROLLING_COLUMNS)))
    return _typed(pd.concat(tables, ignore_index=True)).sort_values(
        [*_KEY, "window_days", "last"], ignore_index=True
    )


def _daily_sums(pairs: pd.DataFrame) -> pd.DataFrame:
    """Sums of each issue time, threshold and day: a score of a window is a ratio of them."""
    terms = pairs[[*_KEY, "date"]].assign(
        rows=1,
        issued=(pairs["kind"] == ISSUED).astype(int),
        wet=pairs["outcome"].astype(float),
        chance=pairs["chance"],
        error=pairs["squared_error"],
    )
    for reference in _REFERENCES:
        known = pairs[f"squared_error_{reference}"].notna()
        terms[f"error_beside_{reference}"] = pairs["squared_error"].where(known)
        terms[f"error_of_{reference}"] = pairs[f"squared_error_{reference}"]
        terms[f"rows_beside_{reference}"] = known.astype(int)
    return terms.groupby([*_KEY, "date"], sort=True).sum(min_count=1).reset_index()


def _windows(
    daily: pd.DataFrame, lasts: Iterable[pd.Timestamp], due: pd.DataFrame | None
) -> Iterator[pd.DataFrame]:
    for last in lasts:
        for window in WINDOWS:
            first = last - pd.Timedelta(days=window - 1)
            inside = daily[daily["date"].between(first, last)]
            enough = inside.groupby(_KEY)["date"].transform("size") >= LEAST_SHARE * window
            if enough.any():
                due_inside = None if due is None else due[due["date"].between(first, last)]
                yield _scored(inside[enough], due_inside).assign(window_days=window, first=first, last=last)


def _scored(inside: pd.DataFrame, due: pd.DataFrame | None) -> pd.DataFrame:
    """Scores of one window by issue time and threshold, without its bounds."""
    groups = inside.groupby(_KEY, sort=True)
    group, total = groups.ngroup().to_numpy().astype(np.intp), groups.sum(numeric_only=True)
    scored = pd.DataFrame(
        {
            "rows": total["rows"],
            "issued": total["issued"],
            "days": groups.size(),
            "base_rate": total["wet"] / total["rows"],
            "mean_chance": total["chance"] / total["rows"],
            "brier_score": total["error"] / total["rows"],
        }
    )
    gap = mean_by_group(inside["date"], inside["wet"] - inside["chance"], inside["rows"], group)
    scored["gap"], scored["gap_low"], scored["gap_high"] = gap
    for reference in _REFERENCES:
        error, of_reference = inside[f"error_beside_{reference}"], inside[f"error_of_{reference}"]
        skill = brier_skill_by_group(inside["date"], error, of_reference, group)
        beside = total[f"rows_beside_{reference}"]
        scored[f"brier_{reference}"] = total[f"error_of_{reference}"] / beside.where(beside > 0)
        scored[f"skill_over_{reference}"] = skill.value
        scored[f"skill_over_{reference}_low"] = skill.low
        scored[f"skill_over_{reference}_high"] = skill.high
    scored["due"] = np.nan if due is None else due.groupby(_KEY)["due"].sum()
    scored["coverage"] = scored["rows"] / scored["due"]
    return scored.reset_index()


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    counts = {"window_days": np.int64, "rows": np.int64, "issued": np.int64, "days": np.int64}
    days = {"first": "datetime64[ns]", "last": "datetime64[ns]"}
    keys = dict.fromkeys(_KEY, object)
    scores = {name: float for name in ROLLING_COLUMNS if name not in {**counts, **days, **keys}}
    return table[list(ROLLING_COLUMNS)].astype({**counts, **days, **keys, **scores})

"""Verification as the service shows it: tables over the last year, small enough to be read whole."""

from typing import Final

import numpy as np
import pandas as pd

from meteo_core.verification.pairs import PAIR_COLUMNS
from meteo_core.verification.reliability import reliability_by_group, reliability_table
from meteo_core.verification.summary import SUMMARY_COLUMNS, month_of, summarise

VERIFIED_DAYS: Final = 400
"""Days of pairs behind the tables: a year, and the month that one compares with last year's."""
MONTHS: Final = 12
GROUPINGS: Final = {
    "overall": [],
    "kind": ["kind"],
    "station": ["station"],
    "season": ["season"],
    "month": ["month"],
}
"""What each `group` of the summaries tells apart, beside issue time and threshold."""
GROUP_COLUMNS: Final = ("group", "issue", "threshold", "kind", "station", "season", "month")

_BIN_COLUMNS: Final = (
    *("bin", "chance_from", "chance_to", "count", "mean_chance", "observed_frequency"),
    *("gap", "gap_low", "gap_high"),
)


def summaries(pairs: pd.DataFrame) -> pd.DataFrame:
    """Scores of every grouping in one long table: `GROUP_COLUMNS`, then those of `summarise`.

    `group` names the grouping; columns that it does not tell apart are null. Months are the last `MONTHS`.
    """
    tables = []
    for group, by in GROUPINGS.items():
        chosen = _last_months(pairs) if group == "month" else pairs
        table = summarise(chosen, ["issue", "threshold", *by]).assign(group=group)
        tables.append(table.reindex(columns=[*GROUP_COLUMNS, *SUMMARY_COLUMNS]))
    return _typed(pd.concat([table for table in tables if not table.empty] or tables[:1], ignore_index=True))


def reliabilities(pairs: pd.DataFrame) -> pd.DataFrame:
    """Reliability table of each issue time and threshold, of all stations and of each.

    `issue`, `threshold`, `station` (null for all of them), and the columns of `reliability_table`.
    """
    tables = []
    for (issue, threshold), rows in pairs.groupby(["issue", "threshold"]):
        wet, chance = rows["outcome"].to_numpy(float), rows["chance"].to_numpy(float)
        column, names = pd.factorize(rows["station"], sort=True)
        by_station = reliability_by_group(rows["date"], wet, chance, column, groups=len(names))
        for table, station in (
            (reliability_table(rows["date"], wet, chance), None),
            (by_station, pd.Index(names)[by_station["group"]].to_numpy(object)),
        ):
            tables.append(table.assign(issue=str(issue), threshold=str(threshold), station=station))
    none = reliability_table([], [], []).iloc[:0].assign(issue="", threshold="", station=None)
    table = pd.concat(tables or [none], ignore_index=True)[["issue", "threshold", "station", *_BIN_COLUMNS]]
    return table.astype({"issue": object, "threshold": object, "station": object})


def no_pairs() -> pd.DataFrame:
    """Pairs of a pipeline that has verified nothing yet."""
    return pd.DataFrame(columns=PAIR_COLUMNS).astype(
        {"date": "datetime64[ns]", "chance": float, "outcome": bool, "squared_error": float}
    )


def _last_months(pairs: pd.DataFrame) -> pd.DataFrame:
    if pairs.empty:
        return pairs
    newest = pairs["date"].max().to_period("M")
    return pairs[month_of(pairs["date"]) >= str(newest - MONTHS + 1)]


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Text for the keys, whole numbers for counts, floating point for scores, whatever groups there are."""
    keys = table[list(GROUP_COLUMNS)].astype(object)
    counts = {"rows": np.int64, "days": np.int64}
    scores = table[list(SUMMARY_COLUMNS)].astype(float).astype(counts)
    return pd.concat([keys.replace({np.nan: None}), scores], axis=1)

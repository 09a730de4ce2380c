"""What an alarm is: one row for each day on which it is active, whatever kind it is of."""

from collections.abc import Iterable
from typing import Final

import pandas as pd

ALARM_COLUMNS: Final = ("date", "kind", "station", "parameter", "score", "threshold")
"""`date` the day on which it is active; `kind` of `KINDS`; `station` a key, empty for all stations;
`parameter` a name of the parameter table, or what was scored; `score` beyond `threshold`."""
ALARM_KEY: Final = ("date", "kind", "station", "parameter")
POOLED, STATION, HARD, SKILL = KINDS = ("pooled", "station", "hard", "skill")
EPISODE_GAP_DAYS: Final = 3
"""Days of the same alarm that lie at most so far apart are one episode."""

_TYPES: Final = {
    "date": "datetime64[ns]",
    "kind": "object",
    "station": "object",
    "parameter": "object",
    "score": "float64",
    "threshold": "float64",
}


def no_alarms() -> pd.DataFrame:
    """The table without a row, each column of its type."""
    return pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in _TYPES.items()})


def alarm_table(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All of these alarms, in order, each day of each once: of several the one with the highest score.

    Raises ValueError for a part that lacks a column or is of another kind.
    """
    columns = list(ALARM_COLUMNS)
    # An empty part has columns of no type, and would take theirs from the others.
    parts = [part[columns] for part in parts if not part.empty]
    if not parts:
        return no_alarms()
    rows = pd.concat(parts, ignore_index=True).astype(_TYPES)
    unknown = set(rows["kind"]) - set(KINDS)
    if unknown:
        raise ValueError(
            f"there is no kind of alarm {', '.join(sorted(unknown))}: there are {', '.join(KINDS)}"
        )
    rows = rows.sort_values([*ALARM_KEY, "score"], ascending=[True] * len(ALARM_KEY) + [False])
    return rows.drop_duplicates(list(ALARM_KEY)).reset_index(drop=True)


def begun(alarms: pd.DataFrame) -> pd.DataFrame:
    """The rows with which an alarm begins, one for each of `episodes`, in order of their days."""
    of = list(ALARM_KEY[1:])
    rows = alarms.sort_values([*of, "date"])
    apart = rows.groupby(of)["date"].diff().dt.days
    first = rows[apart.isna() | (apart > EPISODE_GAP_DAYS)]
    return first.sort_values(list(ALARM_KEY)).reset_index(drop=True)


def episodes(alarms: pd.DataFrame) -> pd.DataFrame:
    """Alarms as people count them: `kind`, `station`, `parameter`, `first`, `last`, `days`, highest `score`.

    Days of the same kind, station and parameter at most `EPISODE_GAP_DAYS` apart are one episode.
    """
    of = list(ALARM_KEY[1:])
    rows = alarms.sort_values([*of, "date"]).reset_index(drop=True)
    apart = rows.groupby(of)["date"].diff().dt.days
    rows["episode"] = (apart.isna() | (apart > EPISODE_GAP_DAYS)).cumsum()
    told = rows.groupby(["episode", *of], as_index=False).agg(
        first=("date", "min"), last=("date", "max"), days=("date", "size"), score=("score", "max")
    )
    return told.drop(columns="episode")

"""The forecasts table of a snapshot, as rows by station."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY
from meteo_core.stations import stations

PROBABILITIES: Final = (*CHANCES, *CLIMATOLOGY, "markov_gt_1_0")
ISSUED_COLUMNS: Final = (
    *("station", "date", "issue", "kind", "issued_at", "valid_from", "valid_to"),
    *(*PROBABILITIES, "route", "model_version", "in_sample"),
)
_LATER_IN_THE_DAY: Final = {Issue.MORNING.value: 0, Issue.EVENING.value: 1}


@dataclass(frozen=True, slots=True)
class IssuedForecast:
    """One row of `forecasts.daily`, times on the station's clock."""

    station: str
    date: date
    issue: Issue
    kind: str
    issued_at: datetime
    valid_from: datetime
    valid_to: datetime
    probabilities: Mapping[str, float | None]
    """`PROBABILITIES` by name; None where an older forecast has none, which those of `gt_1_0` never are."""
    route: str
    model_version: int
    in_sample: bool


def issued_by_station(forecasts: pd.DataFrame) -> Mapping[str, tuple[IssuedForecast, ...]]:
    """Forecasts of each station, newest first: by date, and on one date by time of issue.

    Where both of a date were made in one run, the evening's is the newer: it knows more.
    """
    known = forecasts.loc[forecasts["station"].isin(list(stations())), list(ISSUED_COLUMNS)]
    newest_first = known.assign(later=known["issue"].map(_LATER_IN_THE_DAY)).sort_values(
        ["date", "issued_at", "later"], ascending=False
    )
    return {
        str(key): tuple(_row(row) for row in rows.itertuples(index=False))
        for key, rows in newest_first[list(ISSUED_COLUMNS)].groupby("station", sort=True)
    }


def windows_of(forecasts: Mapping[str, Sequence[IssuedForecast]]) -> tuple[datetime, ...]:
    """Moments at which the window of any of them starts or ends, in order."""
    moments = {
        moment for rows in forecasts.values() for row in rows for moment in (row.valid_from, row.valid_to)
    }
    return tuple(sorted(moments))


def _row(row: tuple) -> IssuedForecast:
    stored = dict(zip(ISSUED_COLUMNS, row, strict=True))
    zone = stations()[stored["station"]].zone
    for name in ("issued_at", "valid_from", "valid_to"):
        moment = stored[name].to_pydatetime()
        stored[name] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    probabilities = {name: _known(stored.pop(name)) for name in PROBABILITIES}
    return IssuedForecast(
        **stored
        | {
            "date": stored["date"].date(),
            "issue": Issue(stored["issue"]),
            "probabilities": probabilities,
            "model_version": int(stored["model_version"]),
            "in_sample": bool(stored["in_sample"]),
        }
    )


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)

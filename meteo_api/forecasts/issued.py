"""The forecasts table of a snapshot, as rows by station."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import pandas as pd

from meteo_core.stations import stations

ISSUED_COLUMNS: Final = (
    *("station", "date", "issue", "kind", "issued_at", "valid_from", "valid_to"),
    *("p_gt_1_0", "climatology_gt_1_0", "markov_gt_1_0", "route", "model_version", "in_sample"),
)


@dataclass(frozen=True, slots=True)
class IssuedForecast:
    """One row of `forecasts.daily`, times on the station's clock."""

    station: str
    date: date
    issue: str
    kind: str
    issued_at: datetime
    valid_from: datetime
    valid_to: datetime
    p_gt_1_0: float
    climatology_gt_1_0: float
    markov_gt_1_0: float
    route: str
    model_version: int
    in_sample: bool


def issued_by_station(forecasts: pd.DataFrame) -> Mapping[str, tuple[IssuedForecast, ...]]:
    """Forecasts of each station, newest first: by date, and on one date by time of issue."""
    known = forecasts.loc[forecasts["station"].isin(list(stations())), list(ISSUED_COLUMNS)]
    newest_first = known.sort_values(["date", "issued_at"], ascending=False)
    return {
        str(key): tuple(_row(row) for row in rows.itertuples(index=False))
        for key, rows in newest_first.groupby("station", sort=True)
    }


def _row(row: tuple) -> IssuedForecast:
    stored = dict(zip(ISSUED_COLUMNS, row, strict=True))
    zone = stations()[stored["station"]].zone
    for name in ("issued_at", "valid_from", "valid_to"):
        moment = stored[name].to_pydatetime()
        stored[name] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    return IssuedForecast(
        **stored
        | {
            "date": stored["date"].date(),
            "model_version": int(stored["model_version"]),
            "in_sample": bool(stored["in_sample"]),
        }
    )

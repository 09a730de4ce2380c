"""Alarms that last on a day, as whoever tells people of them wants to know them."""

from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from meteo_core.drift.alarms import EPISODE_GAP_DAYS, episodes

ACTIVE_ALARMS: Final = "active_alarms"
"""Name under which the asset `drift_alarms` gives them to others."""
ONE_EPISODE: Final = timedelta(days=60)
"""Looked back for the first day of an alarm; one that lasts longer is said to be so old."""


def active_alarms(alarms: pd.DataFrame, day: date) -> list[dict[str, Any]]:
    """Episodes among these days of alarms (`ALARM_COLUMNS`) that are not over on `day`, as plain values.

    An episode is over once `EPISODE_GAP_DAYS` days have passed without it.
    """
    until = pd.Timestamp(day)
    told = episodes(alarms[alarms["date"] <= until])
    lasting = told[told["last"] >= until - pd.Timedelta(days=EPISODE_GAP_DAYS)]
    newest = alarms.sort_values("date").groupby(["kind", "station", "parameter"], as_index=False).last()
    rows: Any = lasting.merge(newest[["kind", "station", "parameter", "threshold"]])
    return [
        {
            "kind": row.kind,
            "station": row.station,
            "parameter": row.parameter,
            "first": f"{row.first:%Y-%m-%d}",
            "last": f"{row.last:%Y-%m-%d}",
            "days": int(row.days),
            "score": float(row.score),
            "threshold": float(row.threshold),
        }
        for row in rows.itertuples()
    ]

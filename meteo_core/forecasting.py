"""Stage 4 of 7: from a champion and the day's features to forecasts with their windows."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from meteo_core.calendar import NINE_AM, Issue
from meteo_core.model.rain_model import RainModel
from meteo_core.parameters import PARAMETERS, KnownAt
from meteo_core.stations import stations

ISSUED, HINDCAST = "issued", "hindcast"
AFTERNOON = tuple(
    name for name, p in PARAMETERS.items() if p.known_at is KnownAt.THREE_PM and p.kind.value == "number"
)


def make_forecasts(
    model: RainModel, features: pd.DataFrame, *, version: int, issued_at: datetime | None = None
) -> pd.DataFrame:
    """Forecasts of every station and day in `features`, in the columns of `forecasts.daily`.

    A forecast made on its own day, by the station's calendar, is `issued`; one made later is a `hindcast`,
    `in_sample` where the model was trained on the day's outcome. An evening forecast waits for the 3 pm
    observation: days without any are left out.
    """
    issued_at = issued_at or datetime.now(UTC)
    if model.issue is Issue.EVENING:
        observed = features[list(AFTERNOON)].notna().any(axis=1)
        ready = features.loc[observed, ["station", "date"]]
    else:
        ready = features[["station", "date"]]
    forecasts = model.forecast(features).merge(ready, on=["station", "date"])
    valid_from, valid_to, today = _windows(forecasts, issued_at)
    return forecasts.assign(
        issue=model.issue.value,
        kind=np.where(forecasts["date"].to_numpy() == today.to_numpy(), ISSUED, HINDCAST),
        issued_at=pd.Timestamp(issued_at),
        valid_from=valid_from,
        valid_to=valid_to,
        model_version=version,
        in_sample=forecasts["date"] <= model.trained_until,
    )


def _windows(rows: pd.DataFrame, moment: datetime) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Start and end of each window (UTC), and the station's date at this moment."""
    start = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns, UTC]")
    end, today = start.copy(), pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]")
    zones = rows["station"].map({key: station.timezone for key, station in stations().items()})
    nine = pd.Timedelta(hours=NINE_AM.hour)
    for zone, group in rows.groupby(zones):
        morning = group["date"] + nine
        start[group.index] = morning.dt.tz_localize(zone).dt.tz_convert("UTC")
        end[group.index] = (morning + pd.Timedelta(days=1)).dt.tz_localize(zone).dt.tz_convert("UTC")
        today[group.index] = pd.Timestamp(moment).tz_convert(zone).tz_localize(None).normalize()
    return start, end, today

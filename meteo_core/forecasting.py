"""Stage 4 of 7: from a champion and the day's features to forecasts with their windows."""

from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.calendar import NINE_AM, Issue
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY, MARKOV, RainModel
from meteo_core.model.rain_models import RainModels
from meteo_core.parameters import NUMBERS, PARAMETERS, KnownAt
from meteo_core.stations import stations

ISSUED: Final = "issued"
HINDCAST: Final = "hindcast"
WAITS_FOR: Final = {
    Issue.MORNING: tuple(name for name in NUMBERS if PARAMETERS[name].known_at is KnownAt.NINE_AM),
    Issue.EVENING: tuple(name for name in NUMBERS if PARAMETERS[name].known_at is KnownAt.THREE_PM),
}
"""A forecast waits until one of these has been observed."""
ISSUED_UNTIL_HOUR: Final = {Issue.MORNING: 15, Issue.EVENING: 24}
"""Hour of the station's day from which a forecast of this issue time comes too late to be one."""


def make_forecasts(
    models: RainModels,
    features: pd.DataFrame,
    *,
    version: int,
    since: date | None = None,
    issued_at: datetime | None = None,
    held_out: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Forecasts of every station, day and issue time in `features`, in the columns of `forecasts.daily`.

    Given `since`, only of the days from then on: the day before has its say in them.
    A forecast made on its own day, by the station's calendar and in time, is `issued`; one made later is a
    `hindcast`, `in_sample` where the model was trained on the day's outcome. For those the forecasts of the
    twin that had not seen the day are taken where `held_out` has them, and are not in sample. A forecast
    waits for the observation that it is named after: days without any are left out.
    """
    issued_at = issued_at or datetime.now(UTC)
    made = pd.concat([_of_issue(model, features, since) for model in models], ignore_index=True)
    valid_from, valid_to, today, hour = _windows(made, issued_at)
    in_time = hour.to_numpy() < made["issue"].map(ISSUED_UNTIL_HOUR).to_numpy()
    issued = (made["date"].to_numpy() == today.to_numpy()) & in_time
    trained_until = made["issue"].map({model.issue.value: model.trained_until for model in models})
    made = made.assign(
        kind=np.where(issued, ISSUED, HINDCAST),
        issued_at=pd.Timestamp(issued_at),
        valid_from=valid_from,
        valid_to=valid_to,
        model_version=version,
        in_sample=made["date"] <= trained_until,
    )
    return made if held_out is None else _as_the_twin_saw_it(made, held_out)


def _of_issue(model: RainModel, features: pd.DataFrame, since: date | None) -> pd.DataFrame:
    observed = features[list(WAITS_FOR[model.issue])].notna().any(axis=1)
    ready = features.loc[observed, ["station", "date"]]
    made = model.forecast(features, since=since).merge(ready, on=["station", "date"])
    return made.assign(issue=model.issue.value)


def _as_the_twin_saw_it(made: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    """Forecasts in sample replaced by those of the twin, where it made any."""
    key, columns = ["station", "date", "issue"], [*CHANCES, *CLIMATOLOGY, *MARKOV, "route"]
    honest = made[key].merge(held_out[[*key, *columns]], on=key, how="left").set_index(made.index)
    known = made["in_sample"] & honest["route"].notna()
    replaced = made.copy()
    replaced.loc[known, columns] = honest.loc[known, columns]
    replaced.loc[known, "in_sample"] = False
    return replaced


def _windows(rows: pd.DataFrame, moment: datetime) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Start and end of each window (UTC); the station's date and hour at this moment."""
    start = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns, UTC]")
    end, today = start.copy(), pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]")
    hour = pd.Series(0, index=rows.index)
    zones = rows["station"].map({key: station.timezone for key, station in stations().items()})
    nine = pd.Timedelta(hours=NINE_AM.hour)
    for zone, group in rows.groupby(zones):
        morning, now = group["date"] + nine, pd.Timestamp(moment).tz_convert(zone)
        start[group.index] = morning.dt.tz_localize(zone).dt.tz_convert("UTC")
        end[group.index] = (morning + pd.Timedelta(days=1)).dt.tz_localize(zone).dt.tz_convert("UTC")
        today[group.index] = now.tz_localize(None).normalize()
        hour[group.index] = now.hour
    return start, end, today, hour

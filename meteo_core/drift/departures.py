"""How far values are from what is usual at their station at the time of year."""

import pandas as pd

from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.station_days import StationDays
from meteo_core.parameters import NUMBERS


def departures(past: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Values of `rows` less the station's yearly course, which is fitted to `past`.

    Both hold `station`, `date` and the numeric parameters; several rows may be of the same station and day.
    NaN where the value is missing, or the station reported it on too few days. Rows of stations without any
    past are left out: what is given has fewer rows then, and an index of its own.
    """
    here = past[past["station"].isin(rows["station"])]
    rows = rows[rows["station"].isin(here["station"])]
    if rows.empty:
        return pd.DataFrame(columns=list(NUMBERS), dtype=float)
    days = StationDays.from_frame(here, NUMBERS)
    climatology = HarmonicClimatology.fit(days, NUMBERS)
    at = pd.Index(days.stations).get_indexer(pd.Index(rows["station"]))
    when = pd.DatetimeIndex(rows["date"])
    return pd.DataFrame(
        {name: rows[name].to_numpy(float) - climatology.normal_at(name, when, at) for name in NUMBERS}
    )

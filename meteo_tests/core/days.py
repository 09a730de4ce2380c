"""Small observation tables that show only what a test is about."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from meteo_core.features.daily import build_features
from meteo_core.labels import label_days, rain_today
from meteo_core.parameters import PARAMETERS
from meteo_core.sources.observations import OBSERVATION_COLUMNS
from meteo_core.sources.simulator.weather import WeatherGenerator

JUNE_1 = date(2020, 6, 1)


def days_of(station: str = "Sydney", first: date = JUNE_1, status: str = "final", **columns) -> pd.DataFrame:
    """Consecutive days of one station; each keyword is a parameter and its values, None for missing."""
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame(index=range(count), columns=list(OBSERVATION_COLUMNS), dtype=object)
    frame["station"] = station
    frame["date"] = pd.to_datetime([first + timedelta(days=i) for i in range(count)])
    for name, parameter in PARAMETERS.items():
        if parameter.sql_type == "DOUBLE":
            frame[name] = np.nan
        else:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    for name, values in columns.items():
        frame[name] = pd.Series(values, dtype=float if PARAMETERS[name].sql_type == "DOUBLE" else object)
    if "rainfall" in columns:
        frame["rain_today"] = rain_today(frame["rainfall"])
    frame["status"] = status
    return frame


def simulated(first: date, last: date, *, stations: int | None = None, seed: int = 1) -> pd.DataFrame:
    """Simulated weather as the raw table would give it."""
    frame = WeatherGenerator(seed).days(first, last)
    if stations is not None:
        frame = frame[frame["station"].isin(sorted(frame["station"].unique())[:stations])]
    return frame.assign(rain_today=rain_today(frame["rainfall"]), status="final").reset_index(drop=True)


def simulated_training(
    days: int = 500, *, stations: int = 12, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and labels of some simulated stations."""
    observations = simulated(JUNE_1, JUNE_1 + timedelta(days=days - 1), stations=stations, seed=seed)
    return build_features(observations), label_days(observations)

"""Inputs of the tests of sources; each shows only what matters to it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from meteo_core.parameters import PARAMETERS, Kind
from meteo_core.sources.bureau_cells import BUREAU_PARAMETERS
from meteo_core.sources.observations import observation_frame
from meteo_core.stations import find_station

REAL_DATA = Path(__file__).parents[2].parent / "shared" / "data"
WITHOUT_REAL_DATA = f"the real files are the Bureau's and not part of the project: {REAL_DATA} is absent"

MELBOURNE = find_station("Melbourne")
MAY_2024 = date(2024, 5, 1)
PREPARED_AT = datetime(2024, 6, 7, 13, 3, tzinfo=UTC)

HEADING = (
    '"Daily Weather Observations for Melbourne, Victoria for May 2024"',
    '"Prepared at 13:03 UTC on Friday  7 June 2024   IDCJDW3050.202405"',
    '"Made for a test {station 086071}"',
    "",
)
COLUMN_NAMES = (
    ',"Date","Minimum temperature (°C)","Maximum temperature (°C)","Rainfall (mm)","Evaporation (mm)",'
    '"Sunshine (hours)","Direction of maximum wind gust ","Speed of maximum wind gust (km/h)",'
    '"Time of maximum wind gust","9am Temperature (°C)","9am relative humidity (%)",'
    '"9am cloud amount (oktas)","9am wind direction","9am wind speed (km/h)","9am MSL pressure (hPa)",'
    '"3pm Temperature (°C)","3pm relative humidity (%)","3pm cloud amount (oktas)",'
    '"3pm wind direction","3pm wind speed (km/h)","3pm MSL pressure (hPa)"'
)
FIRST_OF_MAY = ",2024-05-1,8.2,18.8,0.2,2.2,9.4,SSE,28,14:25,12.5,75,1,SSE,7,1033.4,18.3,49,2,SE,9,1030.7"
SECOND_OF_MAY = ",2024-05-2,8.3,16.6,0,1.6,5.7,S,19,00:20,10.3,91,7,NNE,6,1033.4,16.2,64,1,SW,6,1030.6"


def month_file(
    *days: str,
    heading: Sequence[str] = HEADING,
    column_names: str = COLUMN_NAMES,
    line_end: str = "\r\n",
    encoding: str = "latin-1",
) -> bytes:
    """A monthly file of Melbourne, May 2024, with these lines of days; the first stands on line 6."""
    return line_end.join([*heading, column_names, *days]).encode(encoding)


def day_line(**changes: str) -> str:
    """Line of 1 May 2024 with other texts for these parameters, or for `date`."""
    fields = FIRST_OF_MAY.split(",")
    for name, text in changes.items():
        fields[1 if name == "date" else 2 + BUREAU_PARAMETERS.index(name)] = text
    return ",".join(fields)


def observations(days: Sequence[str], station: str = "Melbourne", **values: Sequence) -> pd.DataFrame:
    """Frame of one station with these days and values; what is not named is missing."""
    columns = {
        name: np.array(value, dtype=float if PARAMETERS[name].kind is Kind.NUMBER else object)
        for name, value in values.items()
    }
    return observation_frame(station, np.array(days, dtype="datetime64[D]"), columns)

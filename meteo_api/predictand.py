"""What is forecast, in words that stand beside every number."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

from meteo_core.calendar import valid_window
from meteo_core.labels import PREDICTAND
from meteo_core.stations import Station

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
"""A probability, 0 to 1."""
CLIMATOLOGY: Final = "Reference: share of such days at the station in the month, 0 to 1"
MARKOV: Final = "Reference: the same share after a day as wet or dry as this one, 0 to 1"


def window(station: Station, day: date) -> tuple[datetime, datetime]:
    """Start and end of the window of a day's forecast on the station's clock."""
    start, end = valid_window(day, station.zone)
    return start.astimezone(station.zone), end.astimezone(station.zone)


def words(day: date) -> str:
    """The event whose chance is given."""
    return f"{PREDICTAND.words} of rain from 9 am on {day} to 9 am on {day + timedelta(days=1)}, station time"

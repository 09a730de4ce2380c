"""What is forecast, in words that stand beside every number."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta

from meteo_core.calendar import valid_window
from meteo_core.labels import PREDICTAND
from meteo_core.stations import Station

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
"""A probability, 0 to 1."""
Threshold = Literal["ge_0_2", "gt_1_0", "ge_5_0", "ge_10_0", "ge_25_0"]
"""Names of the rules for calling a day wet, as in `meteo_core.labels.THRESHOLDS`."""
Route = Literal["full", "afternoon", "local", "climatology"]
ROUTE: Final = (
    "What it rests on: full, the whole day at other stations too; afternoon, the same without maximum, "
    "sunshine and gusts, which are complete at midnight only; local, the station's own day alone; "
    "climatology, the season alone"
)
ISSUE: Final = "evening: all of the day may be known; morning: what is known at 9 am, and the day before"
CLIMATOLOGY: Final = "Reference: share of such days at the station in the month, 0 to 1"
MARKOV: Final = "Reference: the same share after a day as wet or dry as this one, 0 to 1"


def window(station: Station, day: date) -> tuple[datetime, datetime]:
    """Start and end of the window of a day's forecast on the station's clock."""
    start, end = valid_window(day, station.zone)
    return start.astimezone(station.zone), end.astimezone(station.zone)


def words(day: date) -> str:
    """The event whose chance is given."""
    return f"{PREDICTAND.words} of rain from 9 am on {day} to 9 am on {day + timedelta(days=1)}, station time"


def percent(chance: float) -> str:
    """A chance for people: what may still happen is never "0 %", what may still not is never "100 %"."""
    rounded = round(100 * chance)
    if rounded == 0 and chance > 0:
        return "<1 %"
    if rounded == 100 and chance < 1:
        return ">99 %"
    return f"{rounded} %"

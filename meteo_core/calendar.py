"""Station days, issue times and the window for which a forecast is valid."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from meteo_core.parameters import PARAMETERS, KnownAt

NINE_AM = time(9)


class Issue(StrEnum):
    """When on day D a forecast is issued."""

    MORNING = "morning"
    """After the 9 am observation: a true forecast."""
    EVENING = "evening"
    """After the day: part forecast, part nowcast, for the window began at 9 am of D."""


def allowed_parameters(issue: Issue) -> frozenset[str]:
    """Parameters of day D itself that may be used at this issue time; the others only from the day before."""
    if issue is Issue.EVENING:
        return frozenset(PARAMETERS)
    return frozenset(name for name, p in PARAMETERS.items() if p.known_at is KnownAt.NINE_AM)


def valid_window(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end, UTC, of the window of day D's forecast: 9 am of D to 9 am of D+1, station time.

    23 or 25 hours long across a change of daylight saving.
    """
    start = datetime.combine(day, NINE_AM, zone)
    end = datetime.combine(day + timedelta(days=1), NINE_AM, zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """Date on the station's calendar at this moment."""
    return moment.astimezone(zone).date()


def last_complete_day(moment: datetime, zone: ZoneInfo) -> date:
    """Newest day whose row is complete at this moment: yesterday from 9 am on, the day before until then.

    The maximum temperature of a day is read at 9 am of the next.
    """
    local = moment.astimezone(zone)
    return local.date() - timedelta(days=1 if local.time() >= NINE_AM else 2)

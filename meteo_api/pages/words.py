"""Numbers, days and windows as people read them: one way of writing each, for every page."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from meteo_api import predictand

NARROW: Final = "\u202f"
"""Narrow space that does not break, between a number and its unit."""
MINUS: Final = "\u2212"
DASH: Final = "\u2013"
"""Between two bounds, and where nothing is known."""
UNKNOWN: Final = "unknown"
_LEVEL_FROM: Final = (5, 15, 30, 50, 70, 85)
"""Percent from which the next level of the scale of chances begins; below the first it is level 0."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def percent(chance: float | None) -> str:
    """A chance, 0 to 1, in whole percent; 0 and 100 only where that is counted, which no forecast is."""
    return UNKNOWN if chance is None else predictand.percent(chance).replace(" ", NARROW)


def percent_short(chance: float | None) -> str:
    """The same without its sign, for the map, whose legend says percent."""
    return DASH if chance is None else percent(chance).removesuffix(f"{NARROW}%")


def points(difference: float | None) -> str:
    """A difference of two chances in percentage points, with its sign."""
    if difference is None:
        return UNKNOWN
    size = abs(difference) * 100
    if size < 0.05:
        return f"0{NARROW}points"
    sign = "+" if difference > 0 else MINUS
    written = f"{size:.1f}" if size < 0.95 else f"{size:.0f}"
    return f"{sign}{written}{NARROW}{'point' if written == '1' else 'points'}"


def points_short(difference: float | None) -> str:
    """The same in a table whose head says points."""
    return points(difference).partition(NARROW)[0]


def level(chance: float | None) -> str:
    """Step of the colour scale, `0` to `6`, or `none`: a class in the style sheet."""
    if chance is None:
        return "none"
    return str(sum(round(chance * 100) >= lowest for lowest in _LEVEL_FROM))


def levels() -> list[tuple[str, str]]:
    """Every step of the colour scale with its bounds in percent."""
    bounds = [0, *_LEVEL_FROM, 100]
    names = [f"{low}{DASH}{high - (high < 100)}" for low, high in pairwise(bounds)]
    return [(str(step), name) for step, name in enumerate(names)]


def number(value: float | None, decimals: int = 0) -> str:
    """A plain number with a proper minus."""
    if value is None:
        return UNKNOWN
    return f"{value:.{decimals}f}".replace("-", MINUS)


def quantity(value: float | None, unit: str, decimals: int = 0) -> str:
    """A measured value with its unit."""
    return UNKNOWN if value is None else f"{number(value, decimals)}{NARROW}{unit}"


def day(when: date) -> str:
    """A date: Thu 25 June."""
    return f"{when:%a} {when.day} {when:%B}"


def day_short(when: date) -> str:
    """A date in a table: 25 Jun."""
    return f"{when.day} {when:%b}"


def weekday_short(when: date) -> str:
    """A date at the head of a column: Thu 25 Jun."""
    return f"{when:%a} {day_short(when)}"


def day_with_year(when: date) -> str:
    """A date: Thu 25 June 2026."""
    return f"{day(when)} {when.year}"


def clock(when: datetime) -> str:
    """Time of day: 9 am, 7:35 pm."""
    hour, half = (when.hour + 11) % 12 + 1, "am" if when.hour < 12 else "pm"
    return f"{hour}{NARROW}{half}" if when.minute == 0 else f"{hour}:{when.minute:02}{NARROW}{half}"


def moment(when: datetime) -> str:
    """A moment on the clock that it is given in: 7:35 pm Thu 25 June."""
    return f"{clock(when)} {day(when)}"


def moment_utc(when: datetime) -> str:
    """A moment in UTC, by 24 hours: 10:46 UTC, Thu 25 June 2026."""
    return f"{when:%H:%M} UTC, {day_with_year(when)}"


def clock_utc(when: datetime) -> str:
    """Time of day in UTC, to the second: 10:46:07."""
    return f"{when:%H:%M:%S}"


def window(start: datetime, end: datetime) -> str:
    """The window of a forecast, on the station's clock."""
    return f"from {moment(start)} to {moment(end)}, station time"


def window_of(day_of_issue: date) -> str:
    """The window of forecasts of a date, on the clock of each station."""
    end = day_of_issue + timedelta(days=1)
    return f"from 9{NARROW}am {day(day_of_issue)} to 9{NARROW}am {day(end)}, station time"


def age(seconds: float) -> str:
    """How long ago: 3 minutes, 5 hours, 2 days."""
    if seconds < _MINUTE:
        return "less than a minute"
    for size, one, name in ((_DAY, 2 * _DAY, "days"), (_HOUR, 2 * _HOUR, "hours"), (_MINUTE, 0, "minutes")):
        if seconds >= one:
            count = round(seconds / size)
            return f"{count} {name if count != 1 else name.removesuffix('s')}"
    return UNKNOWN


def duration(seconds: float) -> str:
    """How long something took: 8 s, 1 min 12 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}{NARROW}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}{NARROW}min {whole % _MINUTE}{NARROW}s"
    return f"{whole // _HOUR}{NARROW}h {whole % _HOUR // _MINUTE}{NARROW}min"


def count(number_of: int, one: str, many: str | None = None) -> str:
    """So many of them: 1 day, 14 days, 12,345 forecasts."""
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


def capitalize_first(text: str) -> str:
    """The text as a sentence begins; Jinja's own filter would make names small."""
    return text[:1].upper() + text[1:]


FILTERS: Final = {
    each.__name__: each
    for each in (
        *(
            percent,
            percent_short,
            points,
            points_short,
            level,
            number,
            quantity,
            day,
            day_short,
            weekday_short,
            day_with_year,
        ),
        *(clock, moment, moment_utc, window, window_of, age, duration, count, capitalize_first),
    )
}
"""What templates may write after a bar."""

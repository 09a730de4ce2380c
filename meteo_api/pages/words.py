"""Numbers, days and windows as people read them, in the language of the page: one way of writing each."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from babel.dates import format_date, format_time

from meteo_api import predictand
from meteo_api.language.spoken import spoken
from meteo_api.language.texts import N_, _, in_figures, ngettext, pgettext, plain
from meteo_core.calendar import Issue
from meteo_core.forecasting import ISSUED
from meteo_core.labels import THRESHOLDS, RainThreshold
from meteo_core.parameters import PARAMETERS

NARROW: Final = "\u202f"
"""Narrow space that does not break, between a number and its unit."""
MINUS: Final = "\u2212"
DASH: Final = "\u2013"
"""Between two bounds, and where nothing is known."""
_UNKNOWN: Final = N_("unknown")
_LEVEL_FROM: Final = (5, 15, 30, 50, 70, 85)
"""Percent from which the next level of the scale of chances begins; below the first it is level 0."""
_MADE_FROM: Final = {
    "full": N_("the whole day at this station and at the others"),
    "afternoon": N_(
        "the day until 3 pm at this station and at the others; maximum temperature, sunshine and gusts are "
        "complete at midnight only"
    ),
    "local": N_("this station's own day alone: nothing is known of the others"),
    "climatology": N_("the season alone: too little is known of the day"),
}
_MADE_IN_THE_MORNING_FROM: Final = _MADE_FROM | {
    "full": N_("the 9 am observation and the day before, at this station and at the others"),
    "local": N_("this station's own 9 am observation alone: nothing is known of the others"),
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def unknown() -> str:
    """What stands where nothing is known."""
    return _(_UNKNOWN)


def percent(chance: float | None) -> str:
    """A chance, 0 to 1, in whole percent; 0 and 100 only where that is counted, which no forecast is."""
    return unknown() if chance is None else predictand.percent(chance).replace(" ", NARROW)


def percent_short(chance: float | None) -> str:
    """The same without its sign, for the map, whose legend says percent."""
    return DASH if chance is None else percent(chance).removesuffix(f"{NARROW}%")


def points(difference: float | None) -> str:
    """A difference of two chances in percentage points, with its sign."""
    written = points_short(difference)
    if difference is None:
        return written
    is_one = written.lstrip(f"+{MINUS}") == "1"
    return (
        _("%(number)s\u202fpoint", number=written) if is_one else _("%(number)s\u202fpoints", number=written)
    )


def points_short(difference: float | None) -> str:
    """The same in a table whose head says points."""
    if difference is None:
        return unknown()
    size = abs(difference) * 100
    if size < 0.05:
        return "0"
    sign = "+" if difference > 0 else MINUS
    return in_figures(f"{sign}{size:.1f}" if size < 0.95 else f"{sign}{size:.0f}")


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
        return unknown()
    return in_figures(f"{value:.{decimals}f}").replace("-", MINUS)


def whole(number_of: int) -> str:
    """How many of something, thousands apart."""
    return in_figures(f"{number_of:,}")


def quantity(value: float | None, unit: str, decimals: int = 0) -> str:
    """A measured value with its unit."""
    return unknown() if value is None else f"{number(value, decimals)}{NARROW}{plain(unit)}"


def interval(low: float | None, high: float | None, decimals: int) -> str:
    """An interval; a dash where there is none."""
    if low is None or high is None:
        return DASH
    return _("%(low)s to %(high)s", low=number(low, decimals), high=number(high, decimals))


def made_from(route: str, issue: Issue) -> str:
    """What a forecast that took this route rests on."""
    return _((_MADE_IN_THE_MORNING_FROM if issue is Issue.MORNING else _MADE_FROM)[route])


def event(rule: RainThreshold | str) -> str:
    """A rule for calling a day wet, or the one of this name: more than 1 mm."""
    rule = THRESHOLDS[rule] if isinstance(rule, str) else rule
    amount = in_figures(f"{rule.millimetres:g}")
    if rule.strict:
        return _("more than %(amount)s mm", amount=amount)
    return _("at least %(amount)s mm", amount=amount)


def issue(name: str) -> str:
    """Morning or evening, as it stands before "forecast"."""
    return pgettext("forecast", "morning") if name == "morning" else pgettext("forecast", "evening")


def kind(name: str) -> str:
    """Whether a forecast was issued on its day or made afterwards."""
    return pgettext("forecast", "issued") if name == ISSUED else pgettext("forecast", "hindcast")


def label(parameter: str) -> str:
    """What people call a parameter."""
    return plain(PARAMETERS[parameter].label)


def scored(parameter: str) -> str:
    """A parameter, or what was scored instead of one: `skill_evening_30`."""
    if parameter in PARAMETERS:
        return label(parameter)
    match parameter.split("_"):
        case ["skill", when, days]:
            return _("Skill of %(issue)s forecasts, %(days)s days", issue=issue(when), days=days)
        case ["calibration", when, days]:
            return _("Chances of %(issue)s forecasts, %(days)s days", issue=issue(when), days=days)
    return parameter


def compass(point: str) -> str:
    """A compass point: WNW is ONO in French."""
    return pgettext("compass", point)


def day(when: date) -> str:
    """A date: Thu 25 June."""
    return _written(when, pgettext("pattern of a date", "EEE d MMMM"), spoken().value)


def day_short(when: date) -> str:
    """A date in a table: 25 Jun."""
    return _written(when, pgettext("pattern of a date", "d MMM"), spoken().value)


def day_short_with_year(when: date) -> str:
    """The same with its year: 25 Jun 2026."""
    return _written(when, pgettext("pattern of a date", "d MMM y"), spoken().value)


def weekday_short(when: date) -> str:
    """A date at the head of a column: Thu 25 Jun."""
    return _written(when, pgettext("pattern of a date", "EEE d MMM"), spoken().value)


def day_with_year(when: date) -> str:
    """A date: Thu 25 June 2026."""
    return _written(when, pgettext("pattern of a date", "EEE d MMMM y"), spoken().value)


@lru_cache(maxsize=4096)
def _written(when: date, pattern: str, language: str) -> str:
    written = format_date(when, pattern, locale=language)
    # French begins a month with an ordinal, which the tables of Unicode leave out.
    return written.replace("1 ", "1er ", 1) if language == "fr" and when.day == 1 else written


def clock(when: datetime) -> str:
    """Time of day: 9 am, 7:35 pm."""
    # The half of the day in small letters, as in Australia.
    return format_time(when.time(), _clock_pattern(when), locale=spoken().tag.replace("-", "_"))


def _clock_pattern(when: datetime) -> str:
    if when.minute == 0:
        return pgettext("pattern of a time", "h\u202fa")
    return pgettext("pattern of a time", "h:mm\u202fa")


def moment(when: datetime) -> str:
    """A moment on the clock that it is given in: 7:35 pm Thu 25 June."""
    return pgettext("moment", "%(clock)s %(day)s", clock=clock(when), day=day(when))


def moment_utc(when: datetime) -> str:
    """A moment in UTC, by 24 hours: 10:46 UTC, Thu 25 June 2026."""
    time_of_day = f"{when:%H:%M}"
    return pgettext("moment", "%(clock)s UTC, %(day)s", clock=time_of_day, day=day_with_year(when))


def clock_utc(when: datetime) -> str:
    """Time of day in UTC, to the second: 10:46:07."""
    return f"{when:%H:%M:%S}"


def window(start: datetime, end: datetime, *, with_year: bool = False) -> str:
    """The window of a forecast, on the station's clock."""
    first, last = _bound(start, with_year=with_year), _bound(end, with_year=with_year)
    return _("from %(start)s to %(end)s, station time", start=first, end=last)


def window_of(day_of_issue: date) -> str:
    """The window of forecasts of a date, on the clock of each station."""
    start = datetime(day_of_issue.year, day_of_issue.month, day_of_issue.day, 9)  # noqa: DTZ001 (of each station)
    return window(start, start + timedelta(days=1))


def _bound(when: datetime, *, with_year: bool) -> str:
    said = day_with_year(when) if with_year else day(when)
    return pgettext("bound of a window", "%(clock)s %(day)s", clock=clock(when), day=said)


def span(first: date, last: date) -> str:
    """The days from one to another, both included."""
    return _("%(first)s to %(last)s", first=day_with_year(first), last=day_with_year(last))


def age(seconds: float) -> str:
    """How long ago: 3 minutes, 5 hours, 2 days."""
    if seconds < _MINUTE:
        return _("less than a minute")
    if seconds >= 2 * _DAY:
        return ngettext("%(num)s day", "%(num)s days", round(seconds / _DAY))
    if seconds >= 2 * _HOUR:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / _HOUR))
    return ngettext("%(num)s minute", "%(num)s minutes", round(seconds / _MINUTE))


def duration(seconds: float) -> str:
    """How long something took: 8 s, 1 min 12 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}{NARROW}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}{NARROW}min {whole % _MINUTE}{NARROW}s"
    return f"{whole // _HOUR}{NARROW}h {whole % _HOUR // _MINUTE}{NARROW}min"


def forecasts_on_days(forecasts: int, days: int) -> str:
    """How many forecasts, on how many days."""
    return _(
        "%(forecasts)s on %(days)s",
        forecasts=ngettext("%(num)s forecast", "%(num)s forecasts", forecasts),
        days=ngettext("%(num)s day", "%(num)s days", days),
    )


def capitalize_first(text: str) -> str:
    """The text as a sentence begins; Jinja's own filter would make names small."""
    return text[:1].upper() + text[1:]


FILTERS: Final = {
    each.__name__: each
    for each in (
        *(percent, percent_short, points, points_short, level, number, whole, interval),
        *(issue, kind, label, scored),
        *(day, day_short, day_short_with_year, weekday_short, day_with_year),
        *(moment_utc, age, capitalize_first),
    )
}
"""What templates may write after a bar."""

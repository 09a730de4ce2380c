"""The newest issued forecasts of all stations, told apart from hindcasts and from what is over."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.forecasts.service import newest_issued, of_issue, speaks_of_now
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.stations import stations


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest issued forecast of a station and whether it still speaks of the present."""

    station: str
    issued: IssuedForecast | None
    """None where none was ever issued."""
    current: bool

    @property
    def forecast(self) -> IssuedForecast | None:
        """The forecast, where it may be shown as one."""
        return self.issued if self.current else None


def newest_of(world: World, key: str, moment: datetime, *, issue: Issue | None = None) -> Newest:
    """Newest issued forecast of a station, of an issue time or of any. Hindcasts do not count."""
    issued = newest_issued(of_issue(world.forecasts.get(key, ()), issue))
    return Newest(key, issued, issued is not None and speaks_of_now(issued, moment))


def newest_of_all(world: World, moment: datetime, *, issue: Issue | None = None) -> tuple[Newest, ...]:
    """The same for every station."""
    return tuple(newest_of(world, key, moment, issue=issue) for key in stations())


def newest_issue(world: World, moment: datetime) -> Issue:
    """Issue time of what was issued last, among forecasts that still speak of the present."""
    every = {issue: newest_of_all(world, moment, issue=issue) for issue in Issue}
    held = {
        issue: max((each.forecast.date, each.forecast.issued_at) for each in newest if each.forecast)
        for issue, newest in every.items()
        if any(each.forecast for each in newest)
    }
    # Where both were made in one run, the evening's is the newer: it knows more.
    return max(held, key=lambda issue: (held[issue], issue is Issue.EVENING)) if held else Issue.EVENING


def dates_of(forecasts: Iterable[IssuedForecast]) -> list[tuple[date, int]]:
    """Dates of the forecasts and how many are of each, the most common first."""
    return Counter(each.date for each in forecasts).most_common()

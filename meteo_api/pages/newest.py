"""The newest issued forecasts of all stations, told apart from hindcasts and from what is over."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.forecasts.service import newest_issued, of_issue, speaks_of_now
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.forecasting import ISSUED
from meteo_core.stations import stations


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest forecast of a station and whether it still speaks of the present."""

    station: str
    issued: IssuedForecast | None
    """None where none was ever issued."""
    current: bool
    late: bool = False
    """Whether it was made after its day because none had been issued; the page says so."""

    @property
    def forecast(self) -> IssuedForecast | None:
        """The forecast, where it may be shown as one."""
        return self.issued if self.current else None


def newest_of(world: World, key: str, moment: datetime, *, issue: Issue | None = None) -> Newest:
    """Newest forecast of a station, of an issue time or of any: issued, or else late. No hindcast."""
    published = of_issue(world.forecasts.get(key, ()), issue)
    issued = newest_issued(published)
    if issued is not None and speaks_of_now(issued, moment):
        return Newest(key, issued, current=True)
    late = next((forecast for forecast in published if is_late(forecast, moment)), None)
    return Newest(key, late or issued, current=late is not None, late=late is not None)


def is_late(forecast: IssuedForecast, moment: datetime) -> bool:
    """Whether a forecast was made after its day, and before its window was over, which still lasts.

    So it is where the pipeline first ran at night. What comes is as unknown as it was to a forecast of the
    evening; a hindcast that was made once the window was over stays one.
    """
    return (
        forecast.kind != ISSUED
        and not forecast.in_sample
        and forecast.issued_at.date() > forecast.date
        and forecast.issued_at <= moment < forecast.valid_to
    )


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

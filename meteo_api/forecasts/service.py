"""Forecasts of the snapshot, told apart by whether their window is now."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from meteo_api import predictand
from meteo_api.clock import Clock
from meteo_api.date_range import require_order
from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.forecasts.schemas import (
    Forecast,
    NewestForecast,
    NewestForecasts,
    StationForecasts,
    Status,
)
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.forecasting import ISSUED
from meteo_core.stations import Station, find_station, stations

SHOWN_DAYS: Final = 14
"""Days of forecasts that are given where no dates are asked for."""


class ForecastService:
    """Looks forecasts up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore, *, now: Clock) -> None:
        self._snapshots = snapshots
        self._now = now

    def newest(self, *, issue: Issue | None = None) -> NewestForecasts:
        """The newest forecast of every station, of an issue time or of both."""
        world, moment = self._snapshots.require(), self._now()
        return NewestForecasts(
            snapshot=world.described(),
            forecasts=[
                _newest_of(place, world, of_issue(world.forecasts.get(key, ()), issue), moment)
                for key, place in stations().items()
            ],
        )

    def of_station(
        self, key: str, *, first: date | None = None, last: date | None = None, issue: Issue | None = None
    ) -> StationForecasts:
        """Forecasts of a station with dates from `first` to `last`, both included, and of an issue time.

        The last `SHOWN_DAYS` days that there are where neither is given. Raises `UnknownStation`, and
        `InvalidRequest` where the dates are the wrong way round.
        """
        place = find_station(key)
        require_order(first, last)
        world, moment = self._snapshots.require(), self._now()
        published = of_issue(world.forecasts.get(key, ()), issue)
        if first is None and last is None and published:
            first = published[0].date - timedelta(days=SHOWN_DAYS - 1)
        newest = _newest_of(place, world, published, moment)
        return StationForecasts(
            station=newest.station,
            stale=newest.stale,
            words=newest.words,
            newest_observation=newest.newest_observation,
            newest=newest.newest,
            snapshot=world.described(),
            forecasts=[
                as_seen(forecast, moment)
                for forecast in published
                if (first or date.min) <= forecast.date <= (last or date.max)
            ],
        )


def status(forecast: IssuedForecast, moment: datetime) -> Status:
    """Where the window lies at this moment; its end belongs to the next window."""
    if moment < forecast.valid_from:
        return Status.UPCOMING
    return Status.VALID if moment < forecast.valid_to else Status.EXPIRED


def newest_issued(published: Sequence[IssuedForecast]) -> IssuedForecast | None:
    """The newest that was issued on its day; hindcasts do not count. `published` are newest first."""
    return next((forecast for forecast in published if forecast.kind == ISSUED), None)


def speaks_of_now(forecast: IssuedForecast, moment: datetime) -> bool:
    """Whether it may be shown as a forecast: issued on its day, and its window is not over."""
    return forecast.kind == ISSUED and status(forecast, moment) is not Status.EXPIRED


def of_issue(published: tuple[IssuedForecast, ...], issue: Issue | None) -> tuple[IssuedForecast, ...]:
    """Those of an issue time, or all."""
    if issue is None:
        return published
    return tuple(forecast for forecast in published if forecast.issue is issue)


def as_seen(forecast: IssuedForecast, moment: datetime) -> Forecast:
    """A forecast as clients see it at this moment."""
    return Forecast(
        station=forecast.station,
        date=forecast.date,
        issue=forecast.issue,
        kind=forecast.kind,  # pyright: ignore[reportArgumentType] (the warehouse allows two values only)
        issued_at=forecast.issued_at,
        valid_from=forecast.valid_from,
        valid_to=forecast.valid_to,
        status=status(forecast, moment),
        predictand=predictand.words(forecast.date),
        **forecast.probabilities,  # pyright: ignore[reportArgumentType] (those that may not be null never are)
        route=forecast.route,  # pyright: ignore[reportArgumentType] (from `RainModel.forecast`)
        model_version=forecast.model_version,
        in_sample=forecast.in_sample,
    )


def _newest_of(
    place: Station, world: World, published: Sequence[IssuedForecast], moment: datetime
) -> NewestForecast:
    # Clients are told of a hindcast where nothing was issued: it is never taken for a forecast.
    newest = newest_issued(published) or next(iter(published), None)
    return NewestForecast(
        station=place.station,
        stale=newest is None or not speaks_of_now(newest, moment),
        words=_words(place, newest, moment),
        newest_observation=world.newest.get(place.station),
        newest=None if newest is None else as_seen(newest, moment),
    )


def _words(place: Station, newest: IssuedForecast | None, moment: datetime) -> str:
    if newest is None:
        return f"No forecast for {place.name} has been published."
    chance = f"{predictand.percent(newest.probabilities['p_gt_1_0'] or 0.0)} chance of "
    chance += predictand.words(newest.date)
    if speaks_of_now(newest, moment):
        return f"{place.name}: {chance}."
    what = (
        "The newest is over" if newest.kind == ISSUED else "A hindcast, made afterwards for comparison, says"
    )
    return f"There is no forecast for {place.name} now. {what}: {chance}."

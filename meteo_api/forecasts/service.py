"""Forecasts of the snapshot, told apart by whether their window is now."""

from datetime import date, datetime

from meteo_api import predictand
from meteo_api.clock import Clock
from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.forecasts.schemas import (
    Forecast,
    NewestForecast,
    NewestForecasts,
    StationForecasts,
    Status,
)
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.calendar import Issue
from meteo_core.stations import Station, find_station, stations


class ForecastService:
    """Looks forecasts up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore, *, now: Clock) -> None:
        self._snapshots = snapshots
        self._now = now

    def newest(self) -> NewestForecasts:
        """The newest forecast of every station."""
        world, moment = self._snapshots.require(), self._now()
        return NewestForecasts(
            snapshot=world.age(self._now),
            forecasts=[
                NewestForecast(
                    station=key,
                    stale=_is_stale(issued := world.forecasts.get(key, ()), moment),
                    words=_words(place, issued, moment),
                    newest_observation=world.newest.get(key),
                    newest=_as_seen(issued[0], moment) if issued else None,
                )
                for key, place in stations().items()
            ],
        )

    def of_station(
        self, key: str, *, first: date | None = None, last: date | None = None, issue: Issue | None = None
    ) -> StationForecasts:
        """Forecasts of a station with dates from `first` to `last`, both included, and of an issue time.

        Raises `UnknownStation`, and `InvalidRequest` where the dates are the wrong way round.
        """
        place = find_station(key)
        if first and last and first > last:
            raise InvalidRequest(
                [FieldError(pointer="/from", detail=f"{first} is after to, {last}", place="query")]
            )
        world, moment = self._snapshots.require(), self._now()
        issued = world.forecasts.get(key, ())
        return StationForecasts(
            station=key,
            stale=_is_stale(issued, moment),
            words=_words(place, issued, moment),
            newest_observation=world.newest.get(key),
            newest=_as_seen(issued[0], moment) if issued else None,
            snapshot=world.age(self._now),
            forecasts=[
                _as_seen(forecast, moment)
                for forecast in issued
                if (first or date.min) <= forecast.date <= (last or date.max)
                and issue in (None, forecast.issue)
            ],
        )


def status(forecast: IssuedForecast, moment: datetime) -> Status:
    """Where the window lies at this moment; its end belongs to the next window."""
    if moment < forecast.valid_from:
        return Status.UPCOMING
    return Status.VALID if moment < forecast.valid_to else Status.EXPIRED


def _is_stale(issued: tuple[IssuedForecast, ...], moment: datetime) -> bool:
    return not issued or status(issued[0], moment) is Status.EXPIRED


def _words(place: Station, issued: tuple[IssuedForecast, ...], moment: datetime) -> str:
    if not issued:
        return f"No forecast for {place.name} has been published."
    newest = issued[0]
    chance = f"{newest.probabilities['p_gt_1_0']:.0%} chance of {predictand.words(newest.date)}"
    if status(newest, moment) is Status.EXPIRED:
        return f"There is no forecast for {place.name} now. The newest is over: {chance}."
    return f"{place.name}: {chance}."


def _as_seen(forecast: IssuedForecast, moment: datetime) -> Forecast:
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

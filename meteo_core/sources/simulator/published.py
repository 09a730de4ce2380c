"""What the simulated Bureau has published of a month by a given moment."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pandas as pd

from meteo_core.parameters import PARAMETERS, Kind, KnownAt
from meteo_core.stations import Station

_TIMES: Final = {KnownAt.NINE_AM: time(9), KnownAt.THREE_PM: time(15)}
_LATER: Final = {
    KnownAt.NINE_AM: (KnownAt.THREE_PM, KnownAt.MIDNIGHT),
    KnownAt.THREE_PM: (KnownAt.MIDNIGHT,),
    KnownAt.MIDNIGHT: (),
}


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a month is published: all days before `day`, and of that day what is known at `stage`."""

    day: date
    """First day that is not complete; the first of the next month once the month is whole."""
    stage: KnownAt | None
    """None: nothing of `day` yet."""
    since: datetime
    """UTC, aware; when this extent was reached, so that the document did not change between."""


def next_month(month: date) -> date:
    """First day of the month after the one that holds this day."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def extent_of_month(station: Station, month: date, now: datetime) -> Extent | None:
    """Extent at `now` (aware) by the station's clock; None for a month that has not begun."""

    def at(day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, tzinfo=station.zone).astimezone(UTC)

    now = now.astimezone(UTC)
    end = next_month(month)
    if now < at(month, time(0)):
        return None
    if now >= at(end, time(0)):
        return Extent(end, None, at(end, time(0)))
    today = now.astimezone(station.zone).date()
    for stage in (KnownAt.THREE_PM, KnownAt.NINE_AM):
        if now >= at(today, _TIMES[stage]):
            return Extent(today, stage, at(today, _TIMES[stage]))
    return Extent(today, None, at(today, time(0)))


def published_part(days: pd.DataFrame, extent: Extent) -> pd.DataFrame:
    """Rows of complete days, and of the last day only the parameters known by then."""
    last = pd.Timestamp(extent.day)
    part = days[days["date"] < last if extent.stage is None else days["date"] <= last].reset_index(drop=True)
    if extent.stage is None:
        return part
    unknown = [name for name, p in PARAMETERS.items() if p.known_at in _LATER[extent.stage]]
    on_last = part["date"] == last
    for name in unknown:
        part.loc[on_last, name] = float("nan") if PARAMETERS[name].kind is Kind.NUMBER else None
    return part

"""The last days of a station: what was said, and what came."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.language.texts import N_
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.forecasting import ISSUED
from meteo_core.labels import PREDICTAND

DAYS: Final = 14
COLUMN: Final = 72
TOP: Final = 24
BARS: Final = 120
"""Units of the drawing: width of a day, room above the bars, height of 100 %."""


class Outcome(StrEnum):
    """What came, by the rule of the predictand."""

    WET = N_("wet")
    DRY = N_("dry")
    UNKNOWN = N_("unknown")
    TO_COME = N_("to come")


@dataclass(frozen=True, slots=True)
class PastDay:
    """One day: its forecast and its outcome."""

    date: date
    chance: float | None
    """Of the predictand; None where there is no forecast."""
    kind: str | None
    in_sample: bool
    outcome: Outcome
    rain_mm: float | None
    """From 9 am of the date to 9 am of the next."""
    provisional: bool
    """Whether the reading may still change."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the drawing, in its units."""

    day: PastDay
    x: int
    middle: int
    top: float
    height: float


def past_days(world: World, key: str, issue: Issue, moment: datetime, *, last: date) -> tuple[PastDay, ...]:
    """The days up to `last`, the newest last, each with the forecast of this issue time."""
    of_issue = [each for each in world.forecasts.get(key, ()) if each.issue is issue]
    by_date: dict[date, IssuedForecast] = {}
    for forecast in of_issue:  # the newest first; what was issued on its day before what was made afterwards
        held = by_date.get(forecast.date)
        if held is None or (held.kind != ISSUED and forecast.kind == ISSUED):
            by_date[forecast.date] = forecast
    days = [last - timedelta(days=back) for back in range(DAYS)][::-1]
    return tuple(_day(world, key, day, by_date.get(day), moment) for day in days)


def _day(world: World, key: str, day: date, forecast: IssuedForecast | None, moment: datetime) -> PastDay:
    rain_mm, provisional = rain_of(world, key, day)
    if rain_mm is not None:
        outcome = Outcome.WET if PREDICTAND.holds(rain_mm) else Outcome.DRY
    else:
        waits = forecast is not None and moment < forecast.valid_to
        outcome = Outcome.TO_COME if waits else Outcome.UNKNOWN
    return PastDay(
        date=day,
        chance=forecast.probabilities[f"p_{PREDICTAND.name}"] if forecast else None,
        kind=forecast.kind if forecast else None,
        in_sample=forecast.in_sample if forecast else False,
        outcome=outcome,
        rain_mm=rain_mm,
        provisional=provisional,
    )


def rain_of(world: World, key: str, day: date) -> tuple[float | None, bool]:
    """Rain (mm) from 9 am of the day to 9 am of the next, and whether that is provisional.

    Unknown where the day's own reading is missing: the next may be a total of several days. The rule is that
    of `meteo_core.labels.label_days`, which waits for final readings.
    """
    column = world.stations.index(key)
    days = np.array([day, day + timedelta(days=1)], dtype="datetime64[D]")
    own, following = world.day_index(days)
    rain = world.observed["rainfall"]
    if np.isnan(rain[own, column]) or np.isnan(rain[following, column]):
        return None, False
    return float(rain[following, column]), not bool(world.final[following, column])


def bars(days: tuple[PastDay, ...]) -> tuple[Bar, ...]:
    """The drawing of the days: a bar as high as the chance."""
    return tuple(
        Bar(
            day,
            x=number * COLUMN + 12,
            middle=number * COLUMN + COLUMN // 2,
            top=round(TOP + BARS * (1 - (day.chance or 0.0)), 1),
            height=round(BARS * (day.chance or 0.0), 1),
        )
        for number, day in enumerate(days)
    )

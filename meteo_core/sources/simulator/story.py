"""Stories: what goes wrong on the simulated site, and when, read from a small TOML file.

    title = "The barometer of Sydney reads two hectopascals too high"

    [[event]]
    kind = "sensor_offset"
    station = "Sydney"
    parameter = "pressure_3pm"
    add = 2.0
    from = -40

Days are dates, or whole numbers of days from today: -40 is forty days ago. `to` is included; without it an
event goes on. The kinds and their fields stand in `KINDS`.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from meteo_core.drift.injection import Injection
from meteo_core.errors import MeteoError
from meteo_core.parameters import NUMBERS
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import stations

OUTAGE_STATUSES: Final = (403, 404, 503)
LOOK_BACK: Final = timedelta(days=30)
"""How far back the value is looked for at which a sensor is stuck."""
LEAST_WETNESS, MOST_WETNESS = 0.2, 5.0


class UnusableStory(MeteoError):
    """A story that cannot be told; the message names the field and what it takes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; without `last` it goes on."""

    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        """Whether the day is in it."""
        return self.first <= day and (self.last is None or day <= self.last)

    def mask(self, days: pd.Series) -> pd.Series:
        """The same for many."""
        begun = days >= pd.Timestamp(self.first)
        return begun if self.last is None else begun & (days <= pd.Timestamp(self.last))


@dataclass(frozen=True, slots=True)
class Closure:
    """A station that reports nothing."""

    station: str
    span: Span


@dataclass(frozen=True, slots=True)
class Outage:
    """Days of the clock on which the site answers requests with an error."""

    status: int
    span: Span


@dataclass(frozen=True, slots=True)
class WetSpell:
    """Days on which it is `wetter` times as likely to rain, and rains as much more."""

    wetter: float
    span: Span


@dataclass(frozen=True)
class Story:
    """Everything that happens."""

    title: str = "Nothing happens"
    injections: tuple[Injection, ...] = ()
    closures: tuple[Closure, ...] = ()
    outages: tuple[Outage, ...] = ()
    wet_spells: tuple[WetSpell, ...] = ()

    def outage_on(self, day: date) -> int | None:
        """Status that the site answers with on a day of the clock; None where it is up."""
        return next((each.status for each in self.outages if each.span.covers(day)), None)

    def wetness(self, days: np.ndarray) -> np.ndarray:
        """How many times as wet as usual each day is, for the weather generator."""
        wetness = np.ones(len(days))
        for spell in self.wet_spells:
            wetness[spell.span.mask(pd.Series(days)).to_numpy()] *= spell.wetter
        return wetness

    def settled(self, weather: WeatherGenerator) -> "Story":
        """The same with the value at which each sensor is stuck, so that it is the same in every year."""
        return replace(self, injections=tuple(_settled(each, weather) for each in self.injections))

    def told(self, observations: pd.DataFrame) -> pd.DataFrame:
        """Observations as they are published in this story; the order of the rows stays."""
        for injection in self.injections:
            observations = injection.apply(observations)
        for closure in self.closures:
            closed = (observations["station"] == closure.station) & closure.span.mask(observations["date"])
            observations = observations[~closed]
        return observations.reset_index(drop=True)


def _settled(injection: Injection, weather: WeatherGenerator) -> Injection:
    if not injection.stuck or injection.stuck_at is not None or injection.station is None:
        return injection
    days = weather.days(injection.first - LOOK_BACK, injection.first)
    known = days[(days["station"] == injection.station) & days[injection.parameter].notna()]
    if known.empty:
        return injection
    return replace(injection, stuck_at=float(known.sort_values("date")[injection.parameter].iloc[-1]))


def read_story(file: Path, *, today: date) -> Story:
    """Read a story; days that are numbers are counted from `today`. Raises `UnusableStory`."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableStory(f"{file} cannot be read: {error}") from error
    return parse_story(text, today=today, origin=str(file))


def parse_story(text: str, *, today: date, origin: str = "the story") -> Story:
    """The same of text."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableStory(f"{origin} is not TOML: {error}") from error
    _refuse_unknown(document, ("title", "event"), where=origin)
    events = document.get("event", [])
    if not isinstance(events, list) or not events:
        raise UnusableStory(f"{origin}: it has no events: begin each with a line [[event]]")
    made = [_event(event, today, f"{origin}: event {number}") for number, event in enumerate(events, start=1)]
    return Story(
        title=str(document.get("title", file_title(origin))),
        injections=tuple(each for each in made if isinstance(each, Injection)),
        closures=tuple(each for each in made if isinstance(each, Closure)),
        outages=tuple(each for each in made if isinstance(each, Outage)),
        wet_spells=tuple(each for each in made if isinstance(each, WetSpell)),
    )


def file_title(origin: str) -> str:
    """Title of a story that has none."""
    return Path(origin).stem


Event = Injection | Closure | Outage | WetSpell
_Fields = Mapping[str, Any]


def _event(event: Any, today: date, where: str) -> Event:
    kind = event.get("kind") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise UnusableStory(f"{where}: kind: {_neither(kind, tuple(KINDS))}")
    where = f"{where} ({kind})"
    fields, make = KINDS[kind]
    _refuse_unknown(event, ("kind", *fields), where=where)
    read = {}
    for name, (reader, required) in fields.items():
        if name not in event:
            if required:
                raise UnusableStory(
                    f"{where}: {name} is missing: add a line such as {name} = {_EXAMPLES[name]}"
                )
            continue
        try:
            read[name] = reader(event[name], today)
        except ValueError as error:
            raise UnusableStory(f"{where}: {name}: {error}") from error
    try:
        return make(read)
    except ValueError as error:
        raise UnusableStory(f"{where}: {error}") from error


def _span(read: _Fields) -> Span:
    first, last = read["from"], read.get("to")
    if last is not None and last < first:
        raise ValueError(f"to: {last} is before from, {first}: exchange them")
    return Span(first, last)


def _of_injection(read: _Fields) -> dict[str, Any]:
    span = _span(read)
    return {"station": read.get("station"), "first": span.first, "last": span.last}


def _offset(read: _Fields) -> Event:
    return Injection(read["parameter"], add=read["add"], **_of_injection(read))


def _stuck(read: _Fields) -> Event:
    return Injection(read["parameter"], stuck=True, stuck_at=read.get("value"), **_of_injection(read))


def _unit(read: _Fields) -> Event:
    return Injection.unit_change(read["parameter"], read["unit"], **_of_injection(read))


def _wet(read: _Fields) -> Event:
    if "year" in read:
        if "from" in read or "to" in read:
            raise ValueError("year: take either year, or from and to")
        span = Span(date(read["year"], 1, 1), date(read["year"], 12, 31))
    elif "from" in read:
        span = _span(read)
    else:
        raise ValueError("year is missing: add a line such as year = 2026, or from and to")
    return WetSpell(read.get("wetter", 1.5), span)


def _day(value: Any, today: date) -> date:
    if isinstance(value, datetime):
        raise ValueError(f"{value} has an hour: write the day alone, such as 2026-11-20")
    if isinstance(value, date):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return today + timedelta(days=value)
    raise ValueError(f"{value!r} is no day: write a date such as 2026-11-20, or days from today such as -20")


def _number(value: Any, _: date) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number: write one such as 2.0, without quotes")
    return float(value)


def _year(value: Any, _: date) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1900 <= value <= 2100:
        raise ValueError(f"{value!r} is no year from 1900 to 2100")
    return value


def _wetness(value: Any, today: date) -> float:
    wetter = _number(value, today)
    if not LEAST_WETNESS <= wetter <= MOST_WETNESS:
        raise ValueError(
            f"{value!r} is not from {LEAST_WETNESS} to {MOST_WETNESS}: 1.5 is half as much again"
        )
    return wetter


def _one_of(known: Callable[[], tuple[Any, ...]]) -> Callable[[Any, date], Any]:
    def read(value: Any, _: date) -> Any:
        if value not in known():
            raise ValueError(_neither(value, known()))
        return value

    return read


def _text(value: Any, _: date) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text: put it between quotes")
    return value


def _neither(value: object, known: tuple[Any, ...]) -> str:
    near = get_close_matches(str(value), [str(each) for each in known], n=1)
    hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(map(str, known))}"
    return f"{'nothing' if value is None else repr(value)} is not known: {hint}"


def _refuse_unknown(given: Mapping[str, Any], known: tuple[str, ...], *, where: str) -> None:
    for name in given:
        if name not in known:
            raise UnusableStory(f"{where}: {_neither(name, known)}")


_STATION = _one_of(lambda: tuple(stations()))
_PARAMETER = _one_of(lambda: tuple(NUMBERS))
_DAYS: Final = {"from": (_day, True), "to": (_day, False)}
_EXAMPLES: Final = {
    "station": '"Sydney"',
    "parameter": '"pressure_3pm"',
    "add": "2.0",
    "unit": '"fahrenheit"',
    "status": "503",
    "from": "-20",
}
KINDS: Final[Mapping[str, tuple[Mapping[str, tuple[Callable[[Any, date], Any], bool]], Callable]]] = {
    "sensor_offset": (
        {"station": (_STATION, False), "parameter": (_PARAMETER, True), "add": (_number, True), **_DAYS},
        _offset,
    ),
    "stuck_sensor": (
        {"station": (_STATION, True), "parameter": (_PARAMETER, True), "value": (_number, False), **_DAYS},
        _stuck,
    ),
    "unit_change": (
        {"station": (_STATION, False), "parameter": (_PARAMETER, True), "unit": (_text, True), **_DAYS},
        _unit,
    ),
    "closed_station": (
        {"station": (_STATION, True), **_DAYS},
        lambda read: Closure(read["station"], _span(read)),
    ),
    "source_outage": (
        {"status": (_one_of(lambda: OUTAGE_STATUSES), True), **_DAYS},
        lambda read: Outage(read["status"], _span(read)),
    ),
    "wet_year": (
        {"year": (_year, False), "wetter": (_wetness, False), "from": (_day, False), "to": (_day, False)},
        _wet,
    ),
}
"""For each kind its fields, how each is read and whether it must be there, and what is made of them."""

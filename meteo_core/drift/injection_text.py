"""Injections as a person writes them: `station=Sydney,parameter=pressure_3pm,add=2,from=2015-01-01`."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.drift.injection import Injection, units_of
from meteo_core.errors import MeteoError
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.stations import nearest_keys, stations

ALL_STATIONS: Final = "all"
FAULTS: Final = ("add", "multiply", "unit", "stuck")
FIELDS: Final = ("station", "parameter", "from", "to", *FAULTS)


class BadInjection(MeteoError):
    """An injection that cannot be made; the message names the field."""


def parse_injection(text: str) -> Injection:
    """Read one; raises `BadInjection`. Exactly one of `FAULTS` is there; without `to` it goes on."""
    fields = _fields(text)
    station = _station(fields["station"])
    name = fields["parameter"]
    if name not in NUMBERS:
        raise BadInjection(f"parameter: there is no {name!r}; there are {', '.join(NUMBERS)}")
    first, last = _day(fields, "from"), _day(fields, "to") if "to" in fields else None
    if last is not None and last < first:
        raise BadInjection(f"to: {last} is before from, {first}")
    if "unit" in fields:
        return Injection.unit_change(name, _unit(fields["unit"], name), first, station=station, last=last)
    return Injection(
        name,
        first,
        station=station,
        last=last,
        add=_number(fields, "add", 0.0),
        multiply=_number(fields, "multiply", 1.0),
        stuck=_stuck(fields),
    )


def inject(observations: pd.DataFrame, injections: Iterable[Injection]) -> pd.DataFrame:
    """Observations (`station`, `date`, parameters) with these faults, one after the other."""
    for injection in injections:
        observations = injection.apply(observations)
    return observations


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in FIELDS:
            raise BadInjection(f"{key or part}: there is no such field; there are {', '.join(FIELDS)}")
        if key in fields:
            raise BadInjection(f"{key}: given twice")
        if not value and key != "stuck":
            raise BadInjection(f"{key}: has no value; write {key}=...")
        fields[key] = value
    missing = [key for key in ("station", "parameter", "from") if key not in fields]
    if missing:
        raise BadInjection(f"{missing[0]}: is missing in {text!r}")
    faults = [key for key in FAULTS if key in fields]
    if len(faults) != 1:
        raise BadInjection(f"{' and '.join(faults) or 'fault'}: give exactly one of {', '.join(FAULTS)}")
    return fields


def _station(key: str) -> str | None:
    if key == ALL_STATIONS:
        return None
    if key not in stations():
        near = ", ".join(nearest_keys(key))
        raise BadInjection(f"station: there is no {key!r}" + (f"; did you mean {near}?" if near else ""))
    return key


def _day(fields: dict[str, str], key: str) -> date:
    try:
        return date.fromisoformat(fields[key])
    except ValueError:
        raise BadInjection(f"{key}: {fields[key]!r} is no date; write 2015-01-31") from None


def _number(fields: dict[str, str], key: str, otherwise: float) -> float:
    if key not in fields:
        return otherwise
    try:
        number = float(fields[key])
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise BadInjection(f"{key}: {fields[key]!r} is no number")
    return number


def _unit(word: str, name: str) -> str:
    there = {unit.casefold(): unit for unit in units_of(name)}
    if word.casefold() not in there:
        known = ", ".join(there.values()) or "none"
        raise BadInjection(f"unit: {name} is in {PARAMETERS[name].unit}, and can be turned into: {known}")
    return there[word.casefold()]


def _stuck(fields: dict[str, str]) -> bool:
    if fields.get("stuck", "yes") not in ("", "yes", "true"):
        raise BadInjection(f"stuck: write stuck or stuck=yes, not {fields['stuck']!r}")
    return "stuck" in fields

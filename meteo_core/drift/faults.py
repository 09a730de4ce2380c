"""Faults put into observations, to see what finds them: an offset, a factor, a unit, a stuck sensor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.errors import MeteoError
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.quality.units import OTHER_UNITS, OtherUnit
from meteo_core.stations import nearest_keys, stations

ALL_STATIONS: Final = "all"
FAULTS: Final = ("add", "multiply", "unit", "stuck")
FIELDS: Final = ("station", "parameter", "from", "to", *FAULTS)
UNITS: Final = MappingProxyType(
    {
        "°C": {"fahrenheit": OTHER_UNITS["°C"][0], "kelvin": OTHER_UNITS["°C"][1]},
        "km/h": {
            "m/s": OtherUnit("m/s", 3.6),
            "knots": OtherUnit("knots", 1.852),
            "mph": OtherUnit("mph", 1.609344),
        },
        "hPa": {"kpa": OTHER_UNITS["hPa"][0], "inhg": OTHER_UNITS["hPa"][2], "mmhg": OTHER_UNITS["hPa"][3]},
        "%": {"fraction": OtherUnit("a fraction", 100.0)},
        "mm": {"inches": OtherUnit("inches", 25.4)},
    }
)
"""By the unit of the parameter, the names of those that its values can be turned into."""


class BadInjection(MeteoError):
    """An injection that cannot be made; the message names the field."""


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault of one parameter, from `first` to `last`; exactly one of `FAULTS` is there."""

    station: str
    """Key, or `ALL_STATIONS`."""
    parameter: str
    first: date
    last: date | None = None
    """None for no end."""
    add: float | None = None
    """In the unit of the parameter."""
    multiply: float | None = None
    unit: OtherUnit | None = None
    """Values are turned into this unit, and said to be in the right one."""
    stuck: bool = False
    """The last value known before `first` is said again on every day that has one."""


def parse_injection(text: str) -> Injection:
    """Read `station=Sydney,parameter=pressure_3pm,add=2,from=2015-01-01`; raises `BadInjection`."""
    fields = _fields(text)
    station = _station(fields["station"])
    name = fields["parameter"]
    if name not in NUMBERS:
        raise BadInjection(f"parameter: there is no {name!r}; there are {', '.join(NUMBERS)}")
    first, last = _day(fields, "from"), _day(fields, "to") if "to" in fields else None
    if last is not None and last < first:
        raise BadInjection(f"to: {last} is before from, {first}")
    return Injection(
        station=station,
        parameter=name,
        first=first,
        last=last,
        add=_number(fields, "add"),
        multiply=_number(fields, "multiply"),
        unit=_unit(fields["unit"], name) if "unit" in fields else None,
        stuck=_stuck(fields),
    )


def inject(observations: pd.DataFrame, injections: Iterable[Injection]) -> pd.DataFrame:
    """Observations with these faults, one after the other; missing values stay missing.

    `observations` holds `station`, `date` and the parameters named. Values are rounded to the decimals of
    the parameter table, as an instrument would say them.
    """
    rows = observations.copy()
    for fault in injections:
        here = (rows["date"] >= pd.Timestamp(fault.first)).to_numpy()
        if fault.last is not None:
            here &= (rows["date"] <= pd.Timestamp(fault.last)).to_numpy()
        if fault.station != ALL_STATIONS:
            here &= (rows["station"] == fault.station).to_numpy()
        name = fault.parameter
        values = rows.loc[here, name].astype(float)
        faulty = _stuck_values(rows, fault, values) if fault.stuck else _changed(values, fault)
        rows.loc[here, name] = faulty.round(max(PARAMETERS[name].decimals, 1))
    return rows


def _changed(values: pd.Series, fault: Injection) -> pd.Series:
    if fault.unit is not None:
        return values / fault.unit.factor + fault.unit.zero
    return values * (1.0 if fault.multiply is None else fault.multiply) + (fault.add or 0.0)


def _stuck_values(rows: pd.DataFrame, fault: Injection, values: pd.Series) -> pd.Series:
    """For each station the value that its sensor sticks at, where there is a reading."""
    known = rows[["station", "date", fault.parameter]].dropna().sort_values("date")
    before = known[known["date"] < pd.Timestamp(fault.first)].groupby("station")[fault.parameter].last()
    after = known[known["date"] >= pd.Timestamp(fault.first)].groupby("station")[fault.parameter].first()
    stuck_at = rows.loc[values.index, "station"].map(before.combine_first(after)).astype(float)
    return stuck_at.where(values.notna(), np.nan)


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


def _station(key: str) -> str:
    if key != ALL_STATIONS and key not in stations():
        near = ", ".join(nearest_keys(key))
        raise BadInjection(f"station: there is no {key!r}" + (f"; did you mean {near}?" if near else ""))
    return key


def _day(fields: dict[str, str], key: str) -> date:
    try:
        return date.fromisoformat(fields[key])
    except ValueError:
        raise BadInjection(f"{key}: {fields[key]!r} is no date; write 2015-01-31") from None


def _number(fields: dict[str, str], key: str) -> float | None:
    if key not in fields:
        return None
    try:
        number = float(fields[key])
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise BadInjection(f"{key}: {fields[key]!r} is no number")
    return number


def _unit(word: str, name: str) -> OtherUnit:
    there = UNITS.get(PARAMETERS[name].unit, {})
    if word.casefold() not in there:
        known = ", ".join(there) or "none"
        raise BadInjection(f"unit: {name} is in {PARAMETERS[name].unit}, and can be turned into: {known}")
    return there[word.casefold()]


def _stuck(fields: dict[str, str]) -> bool:
    if fields.get("stuck", "yes") not in ("", "yes", "true"):
        raise BadInjection(f"stuck: write stuck or stuck=yes, not {fields['stuck']!r}")
    return "stuck" in fields

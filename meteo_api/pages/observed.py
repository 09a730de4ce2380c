"""A station's day as it was observed."""

from datetime import date
from typing import Any

import numpy as np

from meteo_api.language.texts import _
from meteo_api.pages import words
from meteo_api.snapshot.world import World
from meteo_core.parameters import PARAMETERS, Kind, Parameter


def place_of(world: World, key: str, day: date) -> tuple[int, int]:
    """Row and column of a station's day in the grids of a world."""
    row = world.day_index(np.array([day], dtype="datetime64[D]"))[0]
    return int(row), world.stations.index(key)


def is_final(world: World, key: str, day: date) -> bool:
    """Whether the day will not be revised as a matter of course."""
    return bool(world.final[place_of(world, key, day)])


def values_of(world: World, key: str, day: date) -> dict[str, Any]:
    """Every parameter of a station's day, plain values, None for unknown."""
    at = place_of(world, key, day)
    found = {name: world.observed[name][at] for name in PARAMETERS}
    return {name: _plain(PARAMETERS[name], value) for name, value in found.items()}


def written(parameter: Parameter, value: Any) -> str:
    """An observed value as people read it, with its unit."""
    if value is None:
        return words.DASH
    match parameter.kind:
        case Kind.NUMBER:
            return words.quantity(value, parameter.unit, parameter.decimals)
        case Kind.FLAG:
            return _("yes") if value else _("no")
        case Kind.COMPASS:
            return words.compass(value)
        case Kind.CLOCK:
            return str(value)


def _plain(parameter: Parameter, value: Any) -> Any:
    if value is None or value != value:
        return None
    return {Kind.NUMBER: float, Kind.FLAG: bool}.get(parameter.kind, str)(value)

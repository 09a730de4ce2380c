"""The drawn map of Australia: coast, borders, and where each station's circle stands. Made by `draw`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec


@dataclass(frozen=True, slots=True)
class Place:
    """Circle, true place and name of a station on a sheet, in units of the sheet."""

    station: str
    x: float
    y: float
    true_x: float
    true_y: float
    anchor: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on a sheet."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DrawnSheet:
    """One map: its size, how the land is laid on it, and its stations."""

    width: int
    height: int
    transform: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that is drawn and does not change."""

    land: str
    borders: str
    sheets: Mapping[str, DrawnSheet]
    frame: Frame
    """What the sheet of the south-east shows, on the sheet of the country."""


@cache
def outline() -> Outline:
    """What `map.json` holds."""
    return msgspec.json.decode((files(__name__) / "map.json").read_bytes(), type=Outline)

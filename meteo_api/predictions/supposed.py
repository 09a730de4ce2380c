"""The day as it might have been: what was asked, laid over what was observed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meteo_api.predictions.asked import Asked
from meteo_api.predictions.schemas import Fields
from meteo_core.calendar import Issue, allowed_parameters
from meteo_core.features.daily import OWN_VALUES, known_at
from meteo_core.features.own_day import DIRECTIONS, SPEEDS
from meteo_core.features.predictor_table import Variant
from meteo_core.features.quantities import Names
from meteo_core.labels import PREDICTAND
from meteo_core.parameters import PARAMETERS, KnownAt

_OWN: Final = Names(OWN_VALUES)
_SPEEDS, _DIRECTIONS = _OWN.at(SPEEDS), _OWN.at(DIRECTIONS)
_LOWEST, _HIGHEST = _OWN.position["min_temp"], _OWN.position["max_temp"]
_RAINFALL, _RAIN_TODAY = _OWN.position["rainfall"], _OWN.position["rain_today"]
_PARAMETER_BITS: Final = {name: 1 << number for number, name in enumerate(PARAMETERS)}
_OWN_BITS: Final = np.array([_PARAMETER_BITS[name] for name in OWN_VALUES], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Supposed:
    """Days to forecast from, and where each of their values came from."""

    values: NDArray[np.float64]
    """[OWN_VALUES, days], NaN for unknown."""
    from_request: NDArray[np.bool_]
    """Whether each value was given, or derived from what was given."""
    asked: Asked

    @classmethod
    def over(cls, asked: Asked, observed: NDArray[np.float64]) -> "Supposed":
        """Lay the requests over the station's own observations of the day [OWN_VALUES, requests].

        What is observed gives way where a supposed value contradicts it: no calm with a direction, no wet day
        without rain, no minimum above the maximum.
        """
        values, given = np.where(asked.given, asked.values, observed), asked.given.copy()
        _settle_temperatures(values, given)
        _settle_winds(values, given)
        _settle_rain(values, given)
        return cls(values, given, asked)

    def fields(self, issues: Iterable[Issue], routes: Iterable[str]) -> list[Fields]:
        """Where the values of each day came from, and what is missing, given its issue time and its route."""
        known = (_OWN_BITS @ ~np.isnan(self.values)).tolist()
        given = (_OWN_BITS @ self.from_request).tolist()
        return list(map(_fields, issues, routes, known, given, self.asked.known))


@lru_cache(maxsize=4096)
def _fields(issue: Issue, route: str, known: int, given: int, asked_for: int) -> Fields:
    """Fields of one day; each number has a bit for each parameter of the table."""
    usable = usable_parameters(issue, route)
    fields = Fields(from_request=[], from_snapshot=[], missing=[], not_used=[])
    for name, bit in _PARAMETER_BITS.items():
        if name in usable:
            place = fields.from_request if given & bit else fields.from_snapshot
            (place if known & bit else fields.missing).append(name)
        elif asked_for & bit:
            fields.not_used.append(name)
    return fields


@lru_cache
def usable_parameters(issue: Issue, route: str) -> frozenset[str]:
    """Parameters of the day itself that a forecast of this issue time looks at, on its route."""
    allowed = allowed_parameters(issue).intersection(OWN_VALUES)
    if route != Variant.AFTERNOON:
        return allowed
    return frozenset(name for name in allowed if known_at(name) is not KnownAt.MIDNIGHT)


def _settle_temperatures(values: NDArray[np.float64], given: NDArray[np.bool_]) -> None:
    above = values[_LOWEST] > values[_HIGHEST]
    values[_HIGHEST, above & ~given[_HIGHEST]] = np.nan
    values[_LOWEST, above & ~given[_LOWEST]] = np.nan


def _settle_winds(values: NDArray[np.float64], given: NDArray[np.bool_]) -> None:
    speed, direction = values[_SPEEDS], values[_DIRECTIONS]
    calm = (speed == 0) & ~np.isnan(direction)
    if calm.any():
        values[_DIRECTIONS] = np.where(calm & ~given[_DIRECTIONS], np.nan, direction)
        gives_way = calm & given[_DIRECTIONS] & ~given[_SPEEDS]
        values[_SPEEDS] = np.where(gives_way, np.nan, speed)


def _settle_rain(values: NDArray[np.float64], given: NDArray[np.bool_]) -> None:
    """Amount and "rain today" agree again: what was given stands, and the amount decides where both were."""
    amount_given, said = given[_RAINFALL], given[_RAIN_TODAY]
    said_wet, measured = values[_RAIN_TODAY], PREDICTAND.outcome(values[_RAINFALL])
    # An amount that was observed gives way to what was said; not knowing it says that it is unknown.
    gives_way = said & ~amount_given & ((measured != said_wet) & ~np.isnan(measured))
    values[_RAINFALL, gives_way] = np.nan
    measured[gives_way] = np.nan
    otherwise = np.where(amount_given & ~said, np.nan, said_wet)
    values[_RAIN_TODAY] = np.where(np.isnan(measured), otherwise, measured)
    given[_RAIN_TODAY] |= amount_given

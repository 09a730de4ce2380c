"""The day as it might have been: what was asked, laid over what was observed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.predictions.asked import Asked, Mask, contradicts_rain
from meteo_api.predictions.schemas import Fields
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue, allowed_parameters
from meteo_core.features.daily import OWN_VALUES, known_at
from meteo_core.features.predictor_table import Variant
from meteo_core.labels import rain_today
from meteo_core.parameters import PARAMETERS, WIND_PAIRS, KnownAt


@dataclass(frozen=True, eq=False)
class Supposed:
    """Days to forecast from, and where each of their values came from."""

    days: pd.DataFrame
    """`station`, `date`, `issue` and the parameters, one row for each request."""
    from_request: Mapping[str, Mask]
    """Whether each value was given, or derived from what was given."""
    asked: Asked

    @classmethod
    def over(cls, asked: Asked, world: World) -> "Supposed":
        """Lay the requests over the station's own observations of the day.

        What is observed gives way where a supposed value contradicts it: no calm with a direction, no wet day
        without rain.
        """
        requests = asked.requests
        stations = [request.station for request in requests]
        dates = np.array([request.date for request in requests], dtype="datetime64[ns]")
        day, column = world.day_index(dates), pd.Index(world.stations).get_indexer(pd.Index(stations))

        observed = {name: world.observed[name][day, column] for name in PARAMETERS}
        given, asked_for = dict(asked.given), asked.values
        values = {name: np.where(given[name], asked_for[name], observed[name]) for name in PARAMETERS}
        _settle_winds(values, given)
        _settle_rain(values, given)
        issues = [request.issue for request in requests]
        days = pd.DataFrame({"station": stations, "date": dates, "issue": issues, **values})
        return cls(days, given, asked)

    def fields(self, routes: Sequence[str]) -> list[Fields]:
        """Where the values of each day came from, and what is missing, given the route that each went."""
        known = _by_row(self.days[name].notna() for name in PARAMETERS)
        given = _by_row(self.from_request.values())
        asked_for = _by_row(pd.notna(values) for values in self.asked.values.values())
        return [
            _fields(*row) for row in zip(self.days["issue"], routes, known, given, asked_for, strict=True)
        ]


def _by_row(columns: Iterable[NDArray[np.bool_] | pd.Series]) -> list[list[bool]]:
    return np.column_stack(list(columns)).tolist()


def _fields(issue: Issue, route: str, known: list[bool], given: list[bool], asked_for: list[bool]) -> Fields:
    """Fields of one day; each list has a value for each parameter of the table."""
    usable = usable_parameters(issue, route)
    fields = Fields(from_request=[], from_snapshot=[], missing=[], not_used=[])
    for name, is_known, is_given, is_asked_for in zip(PARAMETERS, known, given, asked_for, strict=True):
        if name in usable:
            place = fields.from_request if is_given else fields.from_snapshot
            (place if is_known else fields.missing).append(name)
        elif is_asked_for:
            fields.not_used.append(name)
    return fields


@lru_cache
def usable_parameters(issue: Issue, route: str) -> frozenset[str]:
    """Parameters of the day itself that a forecast of this issue time looks at, on its route."""
    allowed = allowed_parameters(issue).intersection(OWN_VALUES)
    if route != Variant.AFTERNOON:
        return allowed
    return frozenset(name for name in allowed if known_at(name) is not KnownAt.MIDNIGHT)


def _settle_winds(values: dict[str, NDArray], given: Mapping[str, Mask]) -> None:
    for speed, direction in WIND_PAIRS.values():
        calm = (values[speed] == 0) & pd.notna(values[direction])
        values[direction][calm & ~given[direction]] = None
        values[speed][calm & given[direction] & ~given[speed]] = np.nan


def _settle_rain(values: dict[str, NDArray], given: dict[str, Mask]) -> None:
    """Amount and "rain today" agree again: what was given stands, and the amount decides where both were."""
    amount_given, said = given["rainfall"], given["rain_today"]
    said_unknown = said & pd.isna(values["rain_today"])
    gives_way = contradicts_rain(values["rainfall"], values["rain_today"]) | said_unknown
    values["rainfall"][said & ~amount_given & gives_way] = np.nan
    values["rain_today"][amount_given & ~said] = None

    wet = rain_today(pd.Series(values["rainfall"])).fillna(pd.Series(values["rain_today"], dtype="boolean"))
    values["rain_today"] = wet.to_numpy(dtype=object)
    values["rain_today"][wet.isna()] = None
    given["rain_today"] = said | amount_given

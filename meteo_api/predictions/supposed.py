"""The day as it might have been: what was asked, laid over what was observed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.predictions.asked import Asked, Mask, contradicts_rain
from meteo_api.predictions.schemas import Fields
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue, allowed_parameters
from meteo_core.features.daily import OWN_VALUES
from meteo_core.labels import rain_today
from meteo_core.parameters import PARAMETERS, WIND_PAIRS


@dataclass(frozen=True, eq=False)
class Supposed:
    """Days to forecast from, and where each of their values came from."""

    days: pd.DataFrame
    """`station`, `date` and the parameters, one row for each request."""
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
        return cls(pd.DataFrame({"station": stations, "date": dates, **values}), given, asked)

    def fields(self, issue: Issue) -> list[Fields]:
        """Where the values of each day came from, and what is missing."""
        usable = [name for name in PARAMETERS if name in OWN_VALUES and name in allowed_parameters(issue)]
        unused = [name for name in PARAMETERS if name not in usable]
        known = {name: self.days[name].notna().to_numpy() for name in PARAMETERS}
        asked_for = {name: pd.notna(self.asked.values[name]) for name in unused}
        return [
            Fields(
                from_request=[n for n in usable if known[n][row] and self.from_request[n][row]],
                from_snapshot=[n for n in usable if known[n][row] and not self.from_request[n][row]],
                missing=[n for n in usable if not known[n][row]],
                not_used=[n for n in unused if asked_for[n][row]],
            )
            for row in range(len(self.days))
        ]


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

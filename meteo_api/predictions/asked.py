"""What a batch of requests asks, column by column, and what in it contradicts itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from msgspec import UNSET
from numpy.typing import NDArray

from meteo_api.clock import Clock
from meteo_api.errors import MOST_ERRORS, FieldError, InvalidRequest
from meteo_api.predictions.schemas import PredictionRequest
from meteo_core.calendar import local_date
from meteo_core.errors import UnknownStation
from meteo_core.labels import PREDICTAND, rain_today
from meteo_core.parameters import NUMBERS, PARAMETERS, WIND_PAIRS
from meteo_core.quality import FIRST_DAY
from meteo_core.stations import nearest_keys, stations

FIRST_DATE: Final = FIRST_DAY.date()
DAYS_AHEAD: Final = 1
"""A what-if may be about tomorrow: on the day after, nothing that is known today says much."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Asked:
    """Requests as columns: row i of every array is request i."""

    requests: Sequence[PredictionRequest]

    @cached_property
    def given(self) -> Mapping[str, Mask]:
        """Whether each parameter is in the request at all; null counts as given."""
        return {
            name: np.fromiter(
                (getattr(r, name) is not UNSET for r in self.requests), bool, len(self.requests)
            )
            for name in PARAMETERS
        }

    @cached_property
    def values(self) -> Mapping[str, NDArray]:
        """What is given: float with NaN for unknown, or object with None; unknown where it is not given."""
        columns = {}
        for name in PARAMETERS:
            values = [getattr(r, name) for r in self.requests]
            column = np.array([None if value is UNSET else value for value in values], dtype=object)
            columns[name] = column.astype(float) if name in NUMBERS else column
        return columns

    def require_sense(self, now: Clock, *, in_batch: bool) -> None:
        """Raise `InvalidRequest` that names every value which cannot be, up to `MOST_ERRORS`."""
        errors = []
        for row, name, detail in self._senseless(now):
            pointer = f"/{row}/{name}" if in_batch else f"/{name}"
            errors.append(FieldError(pointer=pointer, detail=detail))
            if len(errors) == MOST_ERRORS:
                break
        if errors:
            raise InvalidRequest(errors)

    def _senseless(self, now: Clock) -> Iterator[tuple[int, str, str]]:
        """Row, field and reason of each value that cannot be."""
        moment, places = now(), stations()
        last_of_zone = {
            zone: local_date(moment, ZoneInfo(zone)) + timedelta(days=DAYS_AHEAD)
            for zone in {places[r.station].timezone for r in self.requests if r.station in places}
        }
        for row, request in enumerate(self.requests):
            place = places.get(request.station)
            if place is None:
                yield (
                    row,
                    "station",
                    str(UnknownStation(request.station, nearest=nearest_keys(request.station))),
                )
                continue
            last = last_of_zone[place.timezone]
            if not FIRST_DATE <= request.date <= last:
                reason = (
                    f"{request.date} is outside {FIRST_DATE} to {last}, tomorrow on the station's calendar"
                )
                yield row, "date", reason
        for mask, name, reason in self._contradictions():
            for row in np.flatnonzero(mask):
                yield int(row), name, reason

    def _contradictions(self) -> Iterator[tuple[Mask, str, str]]:
        values = self.values
        yield values["min_temp"] > values["max_temp"], "min_temp", "above max_temp, °C"
        for speed, direction in WIND_PAIRS.values():
            calm = (values[speed] == 0) & pd.notna(values[direction])
            yield calm, direction, f"a calm ({speed} 0 km/h) has no direction: leave it out or say null"
        yield (
            contradicts_rain(values["rainfall"], values["rain_today"]),
            "rain_today",
            f"contradicts rainfall: it means {PREDICTAND.words} in the 24 hours to 9 am",
        )


def contradicts_rain(rainfall_mm: NDArray, said_wet: NDArray) -> Mask:
    """Where an amount and a yes or no are both known and do not agree."""
    contradicts = ~np.isnan(rainfall_mm) & pd.notna(said_wet)
    measured = rain_today(pd.Series(rainfall_mm[contradicts])).to_numpy(dtype=bool)
    contradicts[contradicts] = measured != said_wet[contradicts].astype(bool)
    return contradicts

"""Whether a request makes sense: a known station, a day that can be, values that do not contradict others."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from msgspec import UNSET

from meteo_api.clock import Clock
from meteo_api.errors import MOST_ERRORS, FieldError, InvalidRequest, NoSuchStation
from meteo_api.predictions.schemas import PredictionRequest
from meteo_core.calendar import local_date
from meteo_core.errors import UnknownStation
from meteo_core.labels import PREDICTAND
from meteo_core.parameters import WIND_PAIRS
from meteo_core.quality import EARLIEST_CREDIBLE_DAY
from meteo_core.sentence import Sentence
from meteo_core.stations import nearest_keys, stations

FIRST_DATE: Final = EARLIEST_CREDIBLE_DAY.date()
DAYS_AHEAD: Final = 1
"""A what-if may be about tomorrow: on the day after, nothing that is known today says much."""
_UNKNOWN: Final = (UNSET, None)


def require_sense(requests: Sequence[PredictionRequest], now: Clock, *, in_batch: bool) -> None:
    """Raise `InvalidRequest` that names every value which cannot be, up to `MOST_ERRORS`."""
    last_dates, errors = _last_dates(now().replace(second=0, microsecond=0)), []
    for row, request in enumerate(requests):
        for name, detail in _senseless(request, last_dates):
            pointer = f"/{row}/{name}" if in_batch else f"/{name}"
            kind = NoSuchStation if name == "station" else FieldError
            errors.append(kind(pointer=pointer, detail=detail))
        if len(errors) >= MOST_ERRORS:
            break
    if errors:
        raise InvalidRequest(errors[:MOST_ERRORS])


@lru_cache(maxsize=2)
def _last_dates(minute: datetime) -> Mapping[str, date]:
    """The last day that may be asked about, for each station."""
    ahead = timedelta(days=DAYS_AHEAD)
    return {key: local_date(minute, place.zone) + ahead for key, place in stations().items()}


def _senseless(request: PredictionRequest, last_dates: Mapping[str, date]) -> Iterator[tuple[str, str]]:
    """Field and reason of each value that cannot be."""
    last = last_dates.get(request.station)
    if last is None:
        yield "station", UnknownStation(request.station, nearest=nearest_keys(request.station)).args[0]
    elif not FIRST_DATE <= request.date <= last:
        yield (
            "date",
            Sentence(
                "%(day)s is outside %(first)s to %(last)s, tomorrow on the station's calendar",
                day=request.date,
                first=FIRST_DATE,
                last=last,
            ),
        )

    low, high = request.min_temp, request.max_temp  # pyright: ignore[reportAttributeAccessIssue] (from the table)
    if low not in _UNKNOWN and high not in _UNKNOWN and low > high:
        yield "min_temp", Sentence("above max_temp, °C")
    for speed, direction in WIND_PAIRS.values():
        if getattr(request, speed) == 0 and getattr(request, direction) not in _UNKNOWN:
            yield (
                direction,
                Sentence("a calm (%(speed)s 0 km/h) has no direction: leave it out or say null", speed=speed),
            )
    amount, said = request.rainfall, request.rain_today  # pyright: ignore[reportAttributeAccessIssue]
    if amount not in _UNKNOWN and said not in _UNKNOWN and PREDICTAND.holds(amount) != said:
        yield "rain_today", Sentence("contradicts rainfall: it means more than 1 mm in the 24 hours to 9 am")

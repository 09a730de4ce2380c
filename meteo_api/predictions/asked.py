"""What a batch of requests says, as numbers, a column for each request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from meteo_api.predictions.schemas import PredictionRequest
from meteo_core.features.daily import DEGREES, OWN_VALUES
from meteo_core.parameters import PARAMETERS, Kind

_FIRST: Final = PredictionRequest.__struct_fields__.index(next(iter(PARAMETERS)))
"""Where the parameters begin among the fields of a request."""
_ROWS: Final = tuple(
    OWN_VALUES.index(name) if name in OWN_VALUES else len(OWN_VALUES)
    for name in PredictionRequest.__struct_fields__[_FIRST:]
)
"""Row of each parameter among `OWN_VALUES`; one more for those that no predictor is made of."""
_ROWS_IN_ALL: Final = len(OWN_VALUES) + 1
_AS_NUMBER: Final[Mapping[Kind, Callable[[Any], float]]] = {
    Kind.NUMBER: float,
    Kind.COMPASS: DEGREES.__getitem__,
    Kind.FLAG: float,
    Kind.CLOCK: lambda _: np.nan,
}
_CONVERTED: Final = tuple(_AS_NUMBER[parameter.kind] for parameter in PARAMETERS.values())


@dataclass(frozen=True, eq=False)
class Asked:
    """Requests as numbers: column i of every array is request i."""

    values: NDArray[np.float64]
    """[OWN_VALUES, requests]; NaN where unknown or not given."""
    given: NDArray[np.bool_]
    """[OWN_VALUES, requests]: whether each is in the request at all; null counts as given."""
    known: tuple[int, ...]
    """For each request a bit for each of `PARAMETERS` that it gives a value to."""

    @classmethod
    def of(cls, requests: Sequence[PredictionRequest]) -> Self:
        """Read requests that make sense."""
        count, given, places, numbers, known = len(requests), [], [], [], []
        for column, request in enumerate(requests):
            fields = msgspec.structs.astuple(request)[_FIRST:]
            bits = 0
            for parameter in [number for number, value in enumerate(fields) if value is not UNSET]:
                place, value = _ROWS[parameter] * count + column, fields[parameter]
                given.append(place)
                if value is not None:
                    bits |= 1 << parameter
                    places.append(place)
                    numbers.append(_CONVERTED[parameter](value))
            known.append(bits)
        # Written into one row more than there are values, which is that of parameters without any.
        is_given, values = np.zeros((_ROWS_IN_ALL, count), dtype=bool), np.full((_ROWS_IN_ALL, count), np.nan)
        is_given.ravel()[given] = True
        values.ravel()[places] = numbers
        return cls(values[: len(OWN_VALUES)], is_given[: len(OWN_VALUES)], tuple(known))

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
    OWN_VALUES.index(name) if name in OWN_VALUES else None
    for name in PredictionRequest.__struct_fields__[_FIRST:]
)
"""Row of each parameter among `OWN_VALUES`; None for one that no predictor is made of."""
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
        values = np.full((len(OWN_VALUES), len(requests)), np.nan)
        given = np.zeros(values.shape, dtype=bool)
        known = []
        for column, request in enumerate(requests):
            bits = 0
            for number, value in enumerate(msgspec.structs.astuple(request)[_FIRST:]):
                if value is UNSET:
                    continue
                row = _ROWS[number]
                if row is not None:
                    given[row, column] = True
                if value is not None:
                    bits |= 1 << number
                    if row is not None:
                        values[row, column] = _CONVERTED[number](value)
            known.append(bits)
        return cls(values, given, tuple(known))

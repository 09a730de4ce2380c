"""The shape of observations: columns and types that every source delivers."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from meteo_core.parameters import PARAMETERS, Kind

OBSERVATION_COLUMNS: Final = ("station", "date", *PARAMETERS)


def observation_frame(
    station: str | np.ndarray, days: np.ndarray, values: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Frame in the form of `Delivery.observations`, without copying what is given.

    `days` is datetime64 of any unit, one for each row; `station` is one key for all rows or one for each.
    Parameters that are not among `values` are missing in every row.
    """
    rows = len(days)
    columns: dict[str, Any] = {
        "station": np.full(rows, station, dtype=object) if isinstance(station, str) else station,
        "date": days.astype("datetime64[ns]"),
    }
    for name, parameter in PARAMETERS.items():
        if name in values:
            columns[name] = values[name]
        elif parameter.kind is Kind.NUMBER:
            columns[name] = np.full(rows, np.nan)
        else:
            columns[name] = np.full(rows, None, dtype=object)
    return pd.DataFrame(columns, copy=False)


def empty_observations() -> pd.DataFrame:
    """No rows, with the right columns and types."""
    return observation_frame("", np.empty(0, dtype="datetime64[ns]"), {})


def join_observations(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All rows in one frame, in the order given; an empty frame where there are none."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else empty_observations()

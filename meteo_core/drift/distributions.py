"""How a parameter was distributed of late and in its season: what lies behind a score, to be drawn."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.drift.departures import departures
from meteo_core.drift.pooled import LEAST_ROWS, PooledDrift
from meteo_core.parameters import NUMBERS, PARAMETERS

BINS: Final = 40
TAIL: Final = 0.002
"""Share of values on each side that is counted to the outermost bin."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares of values by their departure from the station's usual value at the time of year."""

    edges: list[float]
    """Bounds of the bins, in the unit of the parameter."""
    current: list[float]
    """Share of the values of late in each bin."""
    reference: list[float]
    """Share of those of the same season of earlier years."""


def distributions(drift: PooledDrift, record: pd.DataFrame) -> dict[str, Distribution]:
    """Distribution of each parameter that has at least `LEAST_ROWS` values on both sides.

    What is usual is fitted to the days of the `record` before the newest of the reference.
    """
    past = record[record["date"] <= drift.reference["date"].max()]
    sides = departures(past, drift.current), departures(past, drift.reference)
    found = {}
    for name in NUMBERS:
        current, reference = (side[name].dropna().to_numpy(float) for side in sides)
        if min(len(current), len(reference)) >= LEAST_ROWS:
            found[name] = _distribution(current, reference)
    return found


def to_json(found: Mapping[str, Distribution]) -> str:
    """Text to keep; `from_json` reads it."""
    return json.dumps({name: asdict(each) for name, each in found.items()})


def from_json(text: str) -> dict[str, Distribution]:
    """What `to_json` gave; raises ValueError for anything else."""
    try:
        return {name: Distribution(**each) for name, each in json.loads(text).items() if name in PARAMETERS}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"these are no distributions: {error}") from error


def _distribution(current: np.ndarray, reference: np.ndarray) -> Distribution:
    bounds = [np.quantile(values, [TAIL, 1 - TAIL]) for values in (current, reference)]
    low, high = min(b[0] for b in bounds), max(b[1] for b in bounds)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    current_share, reference_share = (
        np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
        for values in (current, reference)
    )
    return Distribution(*(np.round(values, 6).tolist() for values in (edges, current_share, reference_share)))

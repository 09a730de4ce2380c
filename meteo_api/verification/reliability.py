"""Whether chances are frequencies: the reliability tables of a snapshot, as rows."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
import pandas as pd
from msgspec import Meta, Struct

from meteo_api.frames import records

TableKey = tuple[str, str, str | None]
"""Issue time, threshold, station or None for all of them."""


class ReliabilityBin(Struct, frozen=True, kw_only=True):
    """What was said and what came, of the forecasts whose chance lay in one tenth."""

    chance_from: Annotated[float, Meta(description="Lower bound of the chances, included, 0 to 1")]
    chance_to: Annotated[float, Meta(description="Upper bound, not included but for 1")]
    count: Annotated[int, Meta(description="Forecasts in the bin")]
    mean_chance: Annotated[float | None, Meta(description="Mean of their chances; null in an empty bin")]
    observed_frequency: Annotated[
        float | None, Meta(description="Share of them that came, perfect where it is the mean chance")
    ]
    gap: Annotated[float | None, Meta(description="Observed frequency less mean chance, perfect 0")]
    gap_low: Annotated[
        float | None,
        Meta(description="Lower bound of its 95 % interval; null with forecasts on fewer than 28 days"),
    ]
    gap_high: Annotated[float | None, Meta(description="Upper bound of its 95 % interval, likewise")]


RELIABILITY_COLUMNS: Final = ("issue", "threshold", "station", *ReliabilityBin.__struct_fields__)


def reliability_tables(table: pd.DataFrame) -> Mapping[TableKey, tuple[ReliabilityBin, ...]]:
    """Bins of each table, from the lowest chances up."""
    tables: dict[TableKey, list[ReliabilityBin]] = {}
    for row in records(table, RELIABILITY_COLUMNS):
        key = (row.pop("issue"), row.pop("threshold"), row.pop("station"))
        tables.setdefault(key, []).append(msgspec.convert(row, ReliabilityBin))
    return {key: tuple(bins) for key, bins in tables.items()}

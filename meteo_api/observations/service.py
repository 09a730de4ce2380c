"""Observations of the snapshot."""

from datetime import date, timedelta
from typing import Final

import msgspec
import pandas as pd

from meteo_api.date_range import require_order
from meteo_api.frames import records
from meteo_api.observations.schemas import ObservedDay, StationObservations
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.stations import find_station

SHOWN_DAYS: Final = 14
"""Days that are given where no dates are asked for."""


class ObservationService:
    """Looks observations up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots

    def of_station(
        self, key: str, *, first: date | None = None, last: date | None = None
    ) -> StationObservations:
        """Days of a station from `first` to `last`, both included; its last `SHOWN_DAYS` without either.

        Raises `UnknownStation`, and `InvalidRequest` where the dates are the wrong way round.
        """
        find_station(key)
        require_order(first, last)
        world = self._snapshots.require()
        rows = world.observations[world.observations["station"] == key]
        days = rows["date"].dt.date
        oldest, newest = (days.min(), days.max()) if len(rows) else (None, None)
        if first is None and last is None and newest:
            first = newest - timedelta(days=SHOWN_DAYS - 1)
        chosen = rows.assign(date=days)[(days >= (first or date.min)) & (days <= (last or date.max))]
        return StationObservations(
            station=key,
            snapshot=world.described(),
            first_day=oldest,
            last_day=newest,
            observations=_observed(chosen.sort_values("date", ascending=False)),
        )


def _observed(rows: pd.DataFrame) -> list:
    return msgspec.convert(records(rows, ObservedDay.__struct_fields__), list[ObservedDay])

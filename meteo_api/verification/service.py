"""Scores of the snapshot, narrowed to what is asked for."""

from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.predictand import Threshold
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.verification.schemas import Verification
from meteo_api.verification.scores import Group
from meteo_core.calendar import Issue
from meteo_core.errors import UnknownStation
from meteo_core.stations import find_station


class VerificationService:
    """Looks scores up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots

    def scores(
        self, *, station: str | None, issue: Issue | None, threshold: Threshold | None, group: Group | None
    ) -> Verification:
        """Rows that agree with all that is asked for; raises `InvalidRequest` for an unknown station."""
        if station is not None:
            _require_station(station)
        world = self._snapshots.require()
        return Verification(
            snapshot=world.described(),
            scores=[
                row
                for row in world.verification
                if station in (None, row.station)
                and issue in (None, row.issue)
                and threshold in (None, row.threshold)
                and group in (None, row.group)
            ],
        )


def _require_station(key: str) -> None:
    try:
        find_station(key)
    except UnknownStation as error:
        raise InvalidRequest([FieldError(pointer="/station", detail=str(error), place="query")]) from error

"""Scores of the snapshot, narrowed to what is asked for."""

from meteo_api.errors import InvalidRequest, NoSuchStation
from meteo_api.predictand import Threshold
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.verification.rolling import WindowDays
from meteo_api.verification.schemas import Reliability, SkillOverTime, Verification
from meteo_api.verification.scores import Group
from meteo_core.calendar import Issue
from meteo_core.errors import UnknownStation
from meteo_core.labels import THRESHOLDS
from meteo_core.stations import find_station


class VerificationService:
    """Looks scores up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots

    def scores(
        self, *, station: str | None, issue: Issue | None, threshold: Threshold | None, group: Group | None
    ) -> Verification:
        """Rows that agree with all that is asked for; raises `InvalidRequest` for an unknown station."""
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

    def reliability(self, *, station: str | None, issue: Issue, threshold: Threshold) -> Reliability:
        """Table of one issue time and threshold; raises `InvalidRequest` for an unknown station."""
        _require_station(station)
        world = self._snapshots.require()
        first, last = world.verified or (None, None)
        return Reliability(
            snapshot=world.described(),
            issue=issue,
            threshold=threshold,
            event=THRESHOLDS[threshold].words,
            station=station,
            first=first,
            last=last,
            bins=list(world.reliability.get((issue.value, threshold, station), ())),
        )

    def over_time(
        self, *, issue: Issue | None, threshold: Threshold | None, window_days: WindowDays | None
    ) -> SkillOverTime:
        """Windows that agree with all that is asked for."""
        world = self._snapshots.require()
        return SkillOverTime(
            snapshot=world.described(),
            windows=[
                window
                for window in world.rolling
                if issue in (None, window.issue)
                and threshold in (None, window.threshold)
                and window_days in (None, window.window_days)
            ],
            expectation=[
                each
                for each in world.expectation
                if issue in (None, each.issue) and threshold in (None, each.threshold)
            ],
        )


def _require_station(key: str | None) -> None:
    if key is None:
        return
    try:
        find_station(key)
    except UnknownStation as error:
        raise InvalidRequest(
            [NoSuchStation(pointer="/station", detail=error.args[0], place="query")]
        ) from error

"""Drift of the snapshot."""

from collections.abc import Sequence
from datetime import date, timedelta

from meteo_api.drift.schemas import Drift, ParameterDrift, RequestDrift, Verdict
from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.drift.pooled import DRIFT, STEADY, WINDOW_DAYS
from meteo_core.sentence import Sentence


class DriftService:
    """Looks drift up in the snapshot in service; raises `NotReady` while there is none."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots

    def of_week(self, week: date | None = None) -> Drift:
        """Scores of a week, of the newest if none is named.

        Raises `InvalidRequest` for a week without a report.
        """
        world = self._snapshots.require()
        weeks = list(world.drift)
        if week is not None and week not in world.drift:
            known = (
                Sentence("there are %(weeks)s", weeks=", ".join(map(str, weeks[:5])))
                if weeks
                else Sentence("there is none yet")
            )
            raise InvalidRequest(
                [
                    FieldError(
                        pointer="/week",
                        detail=Sentence(
                            "no report of the week of %(week)s: %(known)s", week=week, known=known
                        ),
                        place="query",
                    )
                ]
            )
        week = week or next(iter(weeks), None)
        last = week + timedelta(days=6) if week else None
        scores = world.drift[week] if week else ()
        asked = world.request_drift.get(week, ()) if week else ()
        return Drift(
            snapshot=world.described(),
            week=week,
            first=last - timedelta(days=WINDOW_DAYS - 1) if last else None,
            last=last,
            verdict=verdict_of(scores),
            parameters=list(scores),
            requests=RequestDrift(verdict=verdict_of(asked), parameters=list(asked)),
            weeks=weeks,
            alarms=list(world.alarms_told),
        )


def verdict_of(scores: Sequence[ParameterDrift]) -> Verdict:
    """One verdict for all parameters of a week."""
    verdicts = {score.verdict for score in scores}
    return "drift" if DRIFT in verdicts else "steady" if STEADY in verdicts else "insufficient data"

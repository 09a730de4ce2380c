"""What the service knows of the world: a snapshot, laid out once so that a question only has to look up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.clock import Clock
from meteo_api.drift.alarms import alarms_told
from meteo_api.drift.schemas import DRIFT_COLUMNS, Alarm, ParameterDrift, drift_by_week
from meteo_api.forecasts.issued import ISSUED_COLUMNS, IssuedForecast, issued_by_station, windows_of
from meteo_api.snapshot.schemas import SnapshotAge, SnapshotInService
from meteo_api.verification.reliability import (
    RELIABILITY_COLUMNS,
    ReliabilityBin,
    TableKey,
    reliability_tables,
)
from meteo_api.verification.rolling import (
    EXPECTED_COLUMNS,
    WINDOW_COLUMNS,
    ExpectedSkill,
    SkillWindow,
    expected_skill,
    skill_windows,
)
from meteo_api.verification.scores import SCORE_COLUMNS, GroupScores, scores_of_groups
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.serving import Snapshot, UnusableSnapshot
from meteo_core.stations import stations


@dataclass(frozen=True, eq=False)
class World:
    """One snapshot, never changed."""

    name: str
    created_at: datetime
    """UTC."""
    first_day: pd.Timestamp
    days: int
    """Calendar days from first to last observation."""
    stations: tuple[str, ...]
    observed: Mapping[str, NDArray]
    """Each parameter as it was observed, [days + 1, stations]; nothing is known of the last day."""
    final: NDArray[np.bool_]
    """Whether a day's row will not change any more, [days + 1, stations]."""
    newest: Mapping[str, date]
    """Date of the newest observation at each station that has any."""
    forecasts: Mapping[str, tuple[IssuedForecast, ...]]
    """Published forecasts of each station, newest first."""
    changes: tuple[datetime, ...]
    """Moments at which the window of any forecast starts or ends, in order."""
    verification: tuple[GroupScores, ...]
    """How good published forecasts have been."""
    reliability: Mapping[TableKey, tuple[ReliabilityBin, ...]]
    """Whether their chances are frequencies."""
    rolling: tuple[SkillWindow, ...]
    """Their skill over time."""
    expectation: tuple[ExpectedSkill, ...]
    """What skill the champion led to expect."""
    verified: tuple[date, date] | None
    """First and last day of the forecasts that were scored."""
    drift: Mapping[date, tuple[ParameterDrift, ...]]
    """Drift of each week that is told, newest first."""
    request_drift: Mapping[date, tuple[ParameterDrift, ...]]
    """The same of what the service was asked."""
    alarms: pd.DataFrame
    """Days of alarms, as in `monitoring.alarms`."""
    alarms_told: tuple[Alarm, ...]
    """The same by alarm, active ones first."""
    observations: pd.DataFrame
    """The observations as they were published, of known stations."""
    cards: Mapping[str, str]
    """Markdown texts by file name."""
    sources: tuple[str, ...]
    """Where its observations come from, by name."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> "World":
        """Lay out a snapshot; raises `UnusableSnapshot` where columns or all observations are missing."""
        _require_columns("observations", snapshot.observations, ("station", "date", *PARAMETERS))
        _require_columns("forecasts", snapshot.forecasts, ISSUED_COLUMNS)
        _require_columns("scores", snapshot.verification, SCORE_COLUMNS)
        _require_columns("reliability tables", snapshot.reliability, RELIABILITY_COLUMNS)
        _require_columns("windows of skill", snapshot.rolling, WINDOW_COLUMNS)
        _require_columns("expected skill", snapshot.expectation, EXPECTED_COLUMNS)
        _require_columns("drift scores", snapshot.drift, DRIFT_COLUMNS)
        _require_columns("drift scores of requests", snapshot.request_drift, DRIFT_COLUMNS)
        rows = snapshot.observations.assign(date=snapshot.observations["date"].astype("datetime64[ns]"))
        rows = rows[rows["station"].isin(list(stations()))].reset_index(drop=True)
        if rows.empty:
            raise UnusableSnapshot(f"snapshot {snapshot.name} holds no observations")

        first, keys = rows["date"].min(), tuple(stations())
        days = (rows["date"].max() - first).days + 1
        day = (rows["date"] - first).dt.days.to_numpy()
        column = pd.Index(keys).get_indexer(pd.Index(rows["station"]))
        forecasts = issued_by_station(snapshot.forecasts)
        return cls(
            name=snapshot.name,
            created_at=snapshot.created_at,
            first_day=first,
            days=days,
            stations=keys,
            observed={name: _grid(rows[name], day, column, (days + 1, len(keys))) for name in PARAMETERS},
            final=_final(rows, day, column, (days + 1, len(keys))),
            newest={str(key): newest.date() for key, newest in rows.groupby("station")["date"].max().items()},
            forecasts=forecasts,
            changes=windows_of(forecasts),
            verification=scores_of_groups(snapshot.verification),
            reliability=reliability_tables(snapshot.reliability),
            rolling=skill_windows(snapshot.rolling),
            expectation=expected_skill(snapshot.expectation),
            verified=snapshot.verified,
            drift=drift_by_week(snapshot.drift),
            request_drift=drift_by_week(snapshot.request_drift),
            alarms=snapshot.alarms,
            alarms_told=alarms_told(snapshot.alarms, rows["date"].max().date()),
            observations=rows,
            cards=snapshot.cards,
            sources=tuple(sorted(rows["source"].dropna().unique())) if "source" in rows else (),
        )

    def day_index(self, days: NDArray[np.datetime64]) -> NDArray[np.intp]:
        """Row of each day in `observed`; the row of which nothing is known for days outside the snapshot."""
        # In days: nanoseconds reach to the year 2262, and begin again behind it.
        first = self.first_day.to_datetime64().astype("datetime64[D]")
        index = (days.astype("datetime64[D]") - first).astype(np.intp)
        return np.where((index >= 0) & (index < self.days), index, self.days)

    def described(self) -> SnapshotInService:
        """What an answer says of where it is from."""
        return SnapshotInService(
            name=self.name, created_at=self.created_at, newest_observation=max(self.newest.values())
        )

    def age(self, now: Clock) -> SnapshotAge:
        """The same, and how old it is: for answers that are made for each request."""
        return SnapshotAge(
            name=self.name,
            created_at=self.created_at,
            newest_observation=max(self.newest.values()),
            age_seconds=round((now() - self.created_at).total_seconds()),
        )


def _require_columns(table: str, frame: pd.DataFrame, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise UnusableSnapshot(f"the {table} of the snapshot have no column {', '.join(missing)}")


def _final(
    rows: pd.DataFrame, day: NDArray[np.intp], column: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    grid = np.zeros(shape, dtype=bool)
    grid[day, column] = rows["status"] == "final" if "status" in rows else True
    return grid


def _grid(
    values: pd.Series, day: NDArray[np.intp], column: NDArray[np.intp], shape: tuple[int, int]
) -> NDArray:
    """Values by day and station: float with NaN for numbers, else object with None."""
    grid = np.full(shape, np.nan) if values.name in NUMBERS else np.full(shape, None, dtype=object)
    known = values.notna().to_numpy()
    grid[day[known], column[known]] = values[known].to_numpy(dtype=grid.dtype)
    return grid

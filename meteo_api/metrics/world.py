"""What the snapshot in service says of data, forecasts, skill and drift, read when Prometheus asks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meteo_api.clock import Clock
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_api.verification.rolling import SkillWindow
from meteo_core.calendar import NINE_AM, Issue
from meteo_core.drift.alarms import KINDS
from meteo_core.forecasting import ISSUED
from meteo_core.jobs import ZONE
from meteo_core.labels import PREDICTAND

SILENT_AFTER: Final = timedelta(days=3)
"""A station without an observation on the newest day and the two before it is silent."""
ACTIVE_WITHIN: Final = timedelta(days=1)
"""An alarm of the day before the newest is active: of the newest not everything is observed yet."""
_SCORES: Final = {
    "meteo_skill_over_climatology": "Brier skill score over climatology in the window, 0 no better",
    "meteo_skill_over_climatology_low": "Lower bound of its 95 % interval",
    "meteo_skill_over_climatology_high": "Upper bound of its 95 % interval",
    "meteo_skill_over_markov": "Brier skill score over persistence in the window, 0 no better",
    "meteo_expected_skill": "Skill over climatology that the model's hold-out lets expect of such a window",
    "meteo_verification_brier_score": "Mean squared error of the chances in the window",
    "meteo_verification_mean_chance": "Mean of the chances in the window",
    "meteo_verification_base_rate": "Share of the window's outcomes that were wet",
    "meteo_verification_gap": "Share of wet outcomes less the mean chance in the window, 0 where calibrated",
    "meteo_verification_coverage": "Share of the window's forecasts whose outcome is known",
    "meteo_verification_rows": "Forecasts of the window that were scored",
}
"""Columns of the rolling table, with the prefix of their kind."""
_BELOW: Final = {"below expectation": 1, "as expected": 0}
"""Verdicts on a window; where there are too few data there is none."""


class WorldState(Collector):
    """Gauges of a snapshot; of the same one only ages are reckoned again."""

    def __init__(self, snapshots: SnapshotStore, *, now: Clock) -> None:
        self._snapshots = snapshots
        self._now = now
        self._told: tuple[World | None, list[Metric]] = (None, [])

    def collect(self) -> Iterator[Metric]:
        """Values of this moment; none without a snapshot."""
        world = self._snapshots.current
        if world is None:
            return
        if self._told[0] is not world:
            self._told = world, [*_observations(world), *_skill(world), *_drift(world), _alarms(world)]
        yield from _ages(world, self._now())
        yield from self._told[1]


def _ages(world: World, now: datetime) -> Iterator[Metric]:
    newest = max(world.newest.values())
    yield GaugeMetricFamily(
        "meteo_data_age_seconds",
        "Time since 9 am in Sydney of the newest day with an observation at any station",
        value=(now - _morning(newest)).total_seconds(),
    )
    if world.drift:
        yield GaugeMetricFamily(
            "meteo_drift_age_seconds",
            "Time since the end of the newest week whose drift was scored",
            value=(now - _morning(max(world.drift) + timedelta(days=7))).total_seconds(),
        )
    yield from _forecasts(world, now)


def _forecasts(world: World, now: datetime) -> Iterator[Metric]:
    """Of forecasts that were issued on their day; a hindcast helps nobody tonight."""
    age = GaugeMetricFamily(
        "meteo_forecast_age_seconds", "Time since the newest forecast was issued", labels=("issue",)
    )
    valid = GaugeMetricFamily(
        "meteo_forecast_stations",
        "Stations with an issued forecast whose window is not over",
        labels=("issue",),
    )
    for issue in Issue:
        newest = [
            found
            for rows in world.forecasts.values()
            if (found := next((row for row in rows if row.issue is issue and row.kind == ISSUED), None))
        ]
        valid.add_metric((issue.value,), sum(row.valid_to > now for row in newest))
        if newest:
            issued_at = max(row.issued_at for row in newest)
            age.add_metric((issue.value,), (now - issued_at).total_seconds())
    yield age
    yield valid


def _observations(world: World) -> Iterator[Metric]:
    newest = max(world.newest.values())
    heard = sum(newest - day < SILENT_AFTER for day in world.newest.values())
    yield GaugeMetricFamily(
        "meteo_stations_silent",
        "Stations without an observation on the newest day and the two before it",
        value=len(world.stations) - heard,
    )


def _skill(world: World) -> Iterator[Metric]:
    """Of the predictand, in the newest window of each length; none where too few outcomes are known."""
    families = {
        name: GaugeMetricFamily(name, words, labels=("issue", "window_days"))
        for name, words in _SCORES.items()
    }
    last = GaugeMetricFamily(
        "meteo_verification_last_day_timestamp_seconds",
        "9 am in Sydney of the last day of the window",
        labels=("issue", "window_days"),
    )
    below = GaugeMetricFamily(
        "meteo_skill_below_expectation",
        "1 where even the upper bound of skill is below what is expected, by more than years differ",
        labels=("issue", "window_days"),
    )
    for window in _newest_windows(world):
        labels = window.issue.value, str(window.window_days)
        last.add_metric(labels, _morning(window.last).timestamp())
        if window.verdict in _BELOW:
            below.add_metric(labels, _BELOW[window.verdict])
        for name, family in families.items():
            value = getattr(window, name.removeprefix("meteo_").removeprefix("verification_"))
            if value is not None:
                family.add_metric(labels, value)
    yield from (last, below, *families.values())


def _newest_windows(world: World) -> list[SkillWindow]:
    newest: dict[tuple[Issue, int], SkillWindow] = {}
    for window in world.rolling:
        key = window.issue, window.window_days
        if window.threshold == PREDICTAND.name and (key not in newest or newest[key].last < window.last):
            newest[key] = window
    return list(newest.values())


def _drift(world: World) -> Iterator[Metric]:
    """Scores of the newest week; none of a parameter with too few values."""
    score = GaugeMetricFamily(
        "meteo_drift_score",
        "Distance of the parameter's anomalies from their season, in standard deviations",
        labels=("parameter",),
    )
    threshold = GaugeMetricFamily(
        "meteo_drift_threshold", "Score beyond which it is drift", labels=("parameter",)
    )
    for drift in world.drift[max(world.drift)] if world.drift else ():
        if drift.score is not None and drift.threshold is not None:
            score.add_metric((drift.parameter,), drift.score)
            threshold.add_metric((drift.parameter,), drift.threshold)
    yield from (score, threshold)


def _alarms(world: World) -> Metric:
    newest = pd.Timestamp(max(world.newest.values()))
    rows = world.alarms
    active = rows[rows["date"] >= newest - ACTIVE_WITHIN].drop_duplicates(["kind", "station", "parameter"])
    family = GaugeMetricFamily(
        "meteo_alarms_active",
        "Drift alarms, by kind, that are active on the newest day of data or the day before",
        labels=("kind",),
    )
    for kind in KINDS:
        family.add_metric((kind,), int((active["kind"] == kind).sum()))
    return family


def _morning(day: date) -> datetime:
    return datetime.combine(day, NINE_AM, ZoneInfo(ZONE)).astimezone(UTC)

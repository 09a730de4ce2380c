"""Alerts of drift, and the retrain in the shadow that they start."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import dagster as dg

from meteo_assets.alerting import Links, alert_store
from meteo_assets.clock import Clock
from meteo_assets.model import GIT_SHA, git_sha
from meteo_assets.schedules import shadow_job
from meteo_assets.sensors.findings import Findings, in_words, put_on_record
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.drift.active import ACTIVE_ALARMS
from meteo_core.drift.alarms import HARD
from meteo_core.jobs import ZONE, last_complete_week, today
from meteo_core.parameters import PARAMETERS

ALARMS: Final = dg.AssetKey("drift_alarms")
MODEL: Final = dg.AssetKey("rain_model")
LOOKED_BACK_DAYS: Final = 7
"""Where no alarms were looked for on any of so many days, nothing is known of them."""
_TITLES: Final = {
    "pooled": "{what} is unlike its season",
    "station": "{what} at {station} is unlike its neighbours",
    "hard": "{what} at {station} cannot be",
    "skill": "The forecasts are worse than expected: {what}",
}


@dg.sensor(
    description="An alert for each episode of drift that drift_alarms finds; all clear when three days have "
    "passed without it. Drift that began today or yesterday starts shadow_retrain, once a day: a challenger "
    "is trained and compared, and never promoted. Faulty sensors start none, and none is started where the "
    "newest model is of the week and the code already.",
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    job=shadow_job,
)
def drift_alerts(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    clock: dg.ResourceParam[Clock],
) -> dg.SkipReason | dg.RunRequest:
    """Look at what the newest day's alarms are."""
    at = clock.now()
    outcome = put_on_record(settings, Kind.DRIFT, drifts(context.instance, Links.of(settings), at), at)
    day = today(at)
    # From the record and not from this tick: a tick that died after it had opened the alert is made up for.
    # Of what stood already when the record began (a first run, an import) nothing is news.
    with alert_store(settings) as store:
        begun = store.opened_since(Kind.DRIFT, _midnight(day), begun_since=_midnight(day - timedelta(days=1)))
    if all(alert.key.startswith(f"{Kind.DRIFT}:{HARD}:") for alert in begun):
        return dg.SkipReason(in_words(outcome))
    week = last_complete_week(day)
    if _is_trained(context.instance, week, settings):
        return dg.SkipReason(
            f"{in_words(outcome)}; no shadow_retrain: the newest model is of the week {week} and this code"
        )
    return dg.RunRequest(run_key=f"shadow-{day}", partition_key=week)


def _midnight(day: date) -> datetime:
    """Its beginning in Sydney."""
    return datetime.combine(day, time.min, ZoneInfo(ZONE)).astimezone(UTC)


def _is_trained(instance: dg.DagsterInstance, week: str, settings: Settings) -> bool:
    """Whether the newest model is of this week and of the code that runs."""
    made = instance.fetch_materializations(MODEL, limit=1).records
    said = made[0].asset_materialization if made else None
    if said is None or said.partition != week or GIT_SHA not in said.metadata:
        return False
    return said.metadata[GIT_SHA].value == git_sha(settings)


def drifts(instance: dg.DagsterInstance, links: Links, at: datetime) -> Findings:
    """Alarms that last on the newest day for which they were looked for."""
    newest = newest_alarms(instance, today(at))
    if newest is None:
        return Findings()
    day, alarms = newest

    def over(_: Alert) -> str:
        return f"it is not among the alarms of {day} any more"

    return Findings([_trouble(alarm, links) for alarm in alarms], over)


def newest_alarms(instance: dg.DagsterInstance, newest: date) -> tuple[str, Sequence[dict[str, Any]]] | None:
    """The newest day with alarms looked for, and those; None where there is none within the last week.

    Read from what the asset said: DuckDB locks readers out while a run writes.
    """
    for offset in range(LOOKED_BACK_DAYS):
        day = (newest - timedelta(days=offset)).isoformat()
        made = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=ALARMS, asset_partitions=[day]), limit=1
        ).records
        said = made[0].asset_materialization if made else None
        if said is not None and ACTIVE_ALARMS in said.metadata:
            active: Any = said.metadata[ACTIVE_ALARMS].value
            return day, active
    return None


def _trouble(alarm: dict[str, Any], links: Links) -> Trouble:
    station, name = alarm["station"], alarm["parameter"]
    what = PARAMETERS[name].label if name in PARAMETERS else name.replace("_", " ")
    return Trouble(
        kind=Kind.DRIFT,
        subject=f"{alarm['kind']}:{station or 'all'}:{name}",
        title=_TITLES[alarm["kind"]].format(what=what, station=station),
        what=f"Score {alarm['score']:.3g}, threshold {alarm['threshold']:.3g}; {alarm['days']} days of alarm "
        f"from {alarm['first']} to {alarm['last']}",
        where=f"station {station}" if station else "all stations",
        since=_midnight(date.fromisoformat(alarm["first"])),
        link=links.drift(),
    )

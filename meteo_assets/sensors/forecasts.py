"""The dead man's handle: an alert when no fresh forecast is there by the deadline."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from meteo_assets.alerting import Links
from meteo_assets.clock import Clock
from meteo_assets.sensors.findings import Findings, in_words, put_on_record
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.calendar import Issue
from meteo_core.jobs import ZONE
from meteo_core.stations import stations

FORECASTS = dg.AssetKey("forecasts")
MOST_RUNS = 40
"""Materializations of a day that are looked at: it is made anew on each of 31 mornings."""


@dg.sensor(
    description="An alert when by the deadline (METEO_MORNING_DEADLINE, METEO_EVENING_DEADLINE, Sydney time) "
    "the day's forecast has not been issued for half of the stations; all clear when the next is.",
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def no_forecast_alerts(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    clock: dg.ResourceParam[Clock],
) -> dg.SkipReason:
    """Compare the clock with the newest issued forecasts."""
    at = clock.now()
    deadlines = {Issue.MORNING: settings.morning_deadline, Issue.EVENING: settings.evening_deadline}
    findings = missing_forecasts(context.instance, Links.of(settings), deadlines, at)
    return dg.SkipReason(in_words(put_on_record(settings, Kind.NO_FORECAST, findings, at)))


def missing_forecasts(
    instance: dg.DagsterInstance, links: Links, deadlines: dict[Issue, time], at: datetime
) -> Findings:
    """Issue times whose newest due forecast is not there. Nothing was due before the first ever was made."""
    first_ever = instance.fetch_materializations(FORECASTS, limit=1, ascending=True).records
    if not first_ever:
        return Findings()
    began = datetime.fromtimestamp(first_ever[0].timestamp, UTC)
    today = at.astimezone(ZoneInfo(ZONE)).date()

    troubles, well = [], {}
    for issue, clock_time in deadlines.items():
        due = today if at >= _deadline(today, clock_time) else today - timedelta(days=1)
        deadline = _deadline(due, clock_time)
        fresh = next((day for day in (today, due) if _was_issued(instance, day, issue)), None)
        if fresh is not None:
            well[f"{Kind.NO_FORECAST}:{issue.value}"] = f"the {issue.value}'s forecast of {fresh} is issued"
        elif began < deadline:
            troubles.append(
                Trouble(
                    kind=Kind.NO_FORECAST,
                    subject=issue.value,
                    title=f"No fresh {issue.value} forecast",
                    what=f"The {issue.value}'s forecast of {due} was not issued by {clock_time:%H:%M} Sydney",
                    where="asset forecasts, all stations",
                    since=deadline,
                    link=links.asset("forecasts"),
                )
            )

    def over(alert: Alert) -> str | None:
        return well.get(alert.key)

    return Findings(troubles, over)


def _deadline(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, ZoneInfo(ZONE)).astimezone(UTC)


def _was_issued(instance: dg.DagsterInstance, day: date, issue: Issue) -> bool:
    """Whether some run issued this day's forecast, on the day and in time, for half of the stations."""
    made = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=FORECASTS, asset_partitions=[day.isoformat()]), limit=MOST_RUNS
    ).records
    said = [
        {name: value.value for name, value in record.asset_materialization.metadata.items()}
        for record in made
        if record.asset_materialization
    ]
    return any(_tells_of(metadata, day, issue) for metadata in said)


def _tells_of(metadata: dict[str, Any], day: date, issue: Issue) -> bool:
    # The figures of a range are those of its newest day.
    issued = int(metadata.get(f"issued_{issue.value}") or 0)
    return metadata.get("newest_day") == day.isoformat() and issued * 2 >= len(stations())

"""Alerts of failed asset checks, which do not fail a run."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from meteo_assets.alerting import Links
from meteo_assets.clock import Clock
from meteo_assets.sensors.drift import newest_alarms
from meteo_assets.sensors.findings import Findings, in_words, put_on_record, shortened
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.drift.alarms import POOLED
from meteo_core.jobs import today

TOLD_AS_DRIFT: Final = frozenset({"the_weather_looks_like_its_season"})
"""Checks whose failure is told by the sensor of drift while an alarm of all stations is active.

A record too short for daily thresholds raises no such alarm; then the check is all there is to tell.
"""
_DECIDED: Final = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


@dg.sensor(
    description="An alert when an asset check fails, be it an error or a warning, also where the run "
    "succeeded; all clear when it passes again.",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failed_check_alerts(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    clock: dg.ResourceParam[Clock],
) -> dg.SkipReason:
    """Look at the newest evaluation of each check."""
    at = clock.now()
    if context.repository_def is None:
        raise ValueError("the sensor looks at the checks of its repository")
    keys = context.repository_def.asset_graph.asset_check_keys
    findings = failed_checks(context.instance, keys, Links.of(settings), at)
    return dg.SkipReason(in_words(put_on_record(settings, Kind.FAILED_CHECK, findings, at)))


def failed_checks(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], links: Links, at: datetime
) -> Findings:
    """Checks whose newest evaluation failed, and those that pass again."""
    looked_at = list(keys)
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(looked_at)
    told_elsewhere = TOLD_AS_DRIFT if _all_stations_drift(instance, at) else frozenset()
    troubles, well = [], {}
    for key in looked_at:
        record = _decided(instance, newest.get(key))
        if record is None or record.event is None or record.event.dagster_event is None:
            continue
        subject = f"{key.asset_key.to_user_string()}/{key.name}"
        if record.status is AssetCheckExecutionRecordStatus.SUCCEEDED:
            well[f"{Kind.FAILED_CHECK}:{subject}"] = "it passes again"
            continue
        if key.name in told_elsewhere:
            well[f"{Kind.FAILED_CHECK}:{subject}"] = "it goes on as an alert of drift"
            continue
        evaluation = record.event.dagster_event.asset_check_evaluation_data
        troubles.append(
            Trouble(
                kind=Kind.FAILED_CHECK,
                subject=subject,
                title=f"Check failed: {key.name.replace('_', ' ')}",
                what=_found(evaluation),
                where=f"asset {key.asset_key.to_user_string()}",
                since=datetime.fromtimestamp(record.event.timestamp, UTC),
                link=links.check(key.asset_key.to_user_string(), key.name),
            )
        )
    known = {f"{Kind.FAILED_CHECK}:{key.asset_key.to_user_string()}/{key.name}" for key in looked_at}

    def over(alert: Alert) -> str | None:
        return well.get(alert.key) if alert.key in known else "there is no such check any more"

    return Findings(troubles, over)


def _all_stations_drift(instance: dg.DagsterInstance, at: datetime) -> bool:
    newest = newest_alarms(instance, today(at))
    return newest is not None and any(alarm["kind"] == POOLED for alarm in newest[1])


def _decided(
    instance: dg.DagsterInstance, record: AssetCheckExecutionRecord | None
) -> AssetCheckExecutionRecord | None:
    """The newest evaluation with a verdict: a run that goes on, or broke off, has planned another."""
    if record is None or record.status in _DECIDED:
        return record
    before = instance.event_log_storage.get_asset_check_execution_history(
        record.key, limit=1, status=_DECIDED
    )
    return before[0] if before else None


def _found(evaluation: Any) -> str:
    """Severity, and what the check said beside its verdict."""
    severity = "Warning" if evaluation.severity is dg.AssetCheckSeverity.WARN else "Error"
    said: Mapping[str, Any] = {name: value.value for name, value in evaluation.metadata.items()}
    figures = ", ".join(f"{name}: {_shown(value)}" for name, value in said.items())
    return shortened(f"{severity}. {evaluation.description or ''} {figures}")


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

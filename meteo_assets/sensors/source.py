"""Alerts of a source that refuses us, or gives nothing."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from meteo_assets.alerting import Links
from meteo_assets.clock import Clock
from meteo_assets.sensors.findings import Findings, in_words, put_on_record, shortened
from meteo_assets.sensors.finished_runs import ended_at, failure_of, finished_runs, is_of_source
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.jobs import DAILY_JOB

RAW = dg.AssetKey("raw_observations")


@dg.sensor(
    description="An alert when the source of observations refuses us (403, 429, a challenge page) or gives "
    "no document at all, retries included; all clear when observations arrive again.",
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def source_blocked_alerts(
    context: dg.SensorEvaluationContext,
    settings: dg.ResourceParam[Settings],
    clock: dg.ResourceParam[Clock],
) -> dg.SkipReason:
    """Look at what the newest ingestion got."""
    at = clock.now()
    findings = blocked_source(context.instance, Links.of(settings), at)
    return dg.SkipReason(in_words(put_on_record(settings, Kind.SOURCE_BLOCKED, findings, at)))


def blocked_source(instance: dg.DagsterInstance, links: Links, at: datetime) -> Findings:
    """Whether the newest ingestion was refused, in all or in part."""
    runs = finished_runs(instance, DAILY_JOB, at)
    got = instance.get_latest_materialization_event(RAW)
    got_at = datetime.fromtimestamp(got.timestamp, UTC) if got else None

    refused = [
        (record, failure)
        for record in runs.failed
        if got_at is None or ended_at(record) > got_at
        if is_of_source(failure := failure_of(instance, record.dagster_run))
    ]
    if refused:
        if runs.retried and len(refused) == 1:
            return Findings()
        record, failure = refused[0]
        return Findings(
            [
                _trouble(
                    str(failure.metadata["source"]),
                    blocked=int(failure.metadata.get("documents_blocked", 0)),
                    what=failure.words,
                    since=ended_at(refused[-1][0]),
                    link=links.run(record.dagster_run.run_id),
                )
            ]
        )
    if got is None or got_at is None or got.asset_materialization is None:
        return Findings()
    said: dict[str, Any] = {n: value.value for n, value in got.asset_materialization.metadata.items()}
    blocked, documents = int(said.get("documents_blocked") or 0), int(said.get("documents") or 0)
    if blocked:
        what = f"{blocked} documents were refused, {documents} were had"
        link = links.run(got.run_id)
        source = str(said.get("source", "unknown"))
        return Findings([_trouble(source, blocked=blocked, what=what, since=got_at, link=link)])

    def over(_: Alert) -> str:
        return f"{documents} documents were had"

    return Findings([], over)


def _trouble(source: str, *, blocked: int, what: str, since: datetime, link: str) -> Trouble:
    return Trouble(
        kind=Kind.SOURCE_BLOCKED,
        subject=source,
        title=f"The source {source} refuses us" if blocked else f"The source {source} gives nothing",
        what=shortened(what),
        where=f"source {source}, asset raw_observations",
        since=since,
        link=link,
    )

"""The pipeline in numbers, read from a real Dagster instance."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import httpx
import pytest
from dagster._daemon.types import DaemonHeartbeat
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from meteo_assets.exporter.alerts import AlertState
from meteo_assets.exporter.collector import PipelineState
from meteo_assets.exporter.graph import ON_DEMAND
from meteo_assets.exporter.server import CannotListen, exporting
from meteo_assets.instance import opened_instance
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Kind, Trouble
from meteo_core.alerts.outbox import Outbox
from meteo_core.alerts.store import AlertStore
from meteo_core.service_database import ServiceDatabase
from meteo_tests.api.scraping import Samples, names, value
from meteo_tests.assets.small_pipeline import GRAPH, run_days, run_week, small_instance
from meteo_tests.postgresql import postgresql

MIDNIGHT = datetime(2024, 3, 4, tzinfo=ZoneInfo("Australia/Sydney"))
"""Start of the newest day that was made."""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Two runs of days, the second of earlier days, and a week."""
    with small_instance(tmp_path_factory.mktemp("home")) as instance:
        assert run_days(instance, "2024-03-02", "2024-03-04")
        assert run_week(instance, "2024-02-25")
        assert run_days(instance, "2024-02-01", "2024-02-02")
        yield instance


def told(instance: dg.DagsterInstance, *, now: datetime | None = None) -> Samples:
    """What an exporter that starts at this moment tells."""
    state = PipelineState(instance, GRAPH, now=lambda: now or datetime.now(UTC))
    return samples_of(state)


def samples_of(state: Collector) -> Samples:
    registry = CollectorRegistry()
    registry.register(state)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def test_an_asset_is_as_old_as_its_last_run_and_as_new_as_its_newest_day(instance: dg.DagsterInstance):
    found = told(instance, now=datetime.now(UTC) + timedelta(hours=10))
    # An exporter's own clock is UTC; the day began in Sydney.
    at_noon = told(instance, now=(MIDNIGHT + timedelta(hours=12)).astimezone(UTC))

    age = value(found, "meteo_pipeline_asset_age_seconds", asset="raw_observations", dagster_job="daily")
    assert age is not None
    assert 10 * 3600 <= age < 10 * 3600 + 120
    # The days made last are not the newest.
    newest = "meteo_pipeline_asset_newest_partition_age_seconds"
    assert value(at_noon, newest, asset="forecasts", dagster_job="daily") == 12 * 3600
    assert value(at_noon, newest, asset="rain_model", dagster_job="weekly") == (8 * 24 + 12) * 3600
    assert value(at_noon, newest, asset="serving_snapshot", dagster_job="daily") is None
    assert ON_DEMAND not in {dict(labels).get("dagster_job") for _, labels in found}


def test_figures_are_those_of_the_last_run_and_only_numbers(instance: dg.DagsterInstance):
    found = told(instance)

    figures = {
        (dict(labels)["asset"], dict(labels)["figure"]): number
        for (name, labels), number in found.items()
        if name == "meteo_pipeline_asset_figure"
    }
    assert figures["raw_observations", "station_days"] == 98
    assert figures["features", "missing_share"] == 0.12
    assert figures["rain_model", "partition_row_count"] == 5
    assert ("raw_observations", "source") not in figures
    assert ("raw_observations", "sound") not in figures


def test_runs_are_counted_by_job_and_outcome(tmp_path: Path):
    with small_instance(tmp_path) as instance:
        never = told(instance)
        run_days(instance, "2024-03-01", "2024-03-01")
        well = told(instance)
        run_days(instance, "2024-03-02", "2024-03-02", fails=True)
        badly = told(instance)
        run_days(instance, "2024-03-02", "2024-03-02", sound=False)
        unsound = told(instance)

    def outcomes(found: Samples) -> tuple[float | None, ...]:
        counts = [
            value(found, "meteo_pipeline_runs", dagster_job="daily", status=status)
            for status in ("success", "failure", "canceled", "queued", "in progress")
        ]
        return value(found, "meteo_pipeline_last_run_succeeded", dagster_job="daily"), *counts

    assert outcomes(never) == (None, 0, 0, 0, 0, 0)
    assert outcomes(well) == (1, 1, 0, 0, 0, 0)
    assert outcomes(badly) == (0, 1, 1, 0, 0, 0)
    assert outcomes(unsound) == (1, 2, 1, 0, 0, 0)
    check = {"asset": "raw_observations", "check": "observations_are_sound"}
    assert value(never, "meteo_pipeline_check_passed", **check) is None
    # Never begun in a run that failed before it, the check has no outcome to blame.
    assert value(badly, "meteo_pipeline_check_passed", **check) in (1, None)
    assert value(well, "meteo_pipeline_check_passed", **check) == 1
    assert value(unsound, "meteo_pipeline_check_passed", **check) == 0
    assert (value(well, "meteo_pipeline_last_run_duration_seconds", dagster_job="daily") or 0) > 0
    ended = value(
        badly, "meteo_pipeline_last_run_end_timestamp_seconds", dagster_job="daily", status="failure"
    )
    assert ended == pytest.approx(time.time(), abs=60)


def test_schedules_say_whether_they_are_on_and_daemons_when_they_were_heard(instance: dg.DagsterInstance):
    silent = told(instance)
    now = datetime.now(UTC)
    beat = DaemonHeartbeat((now - timedelta(minutes=9)).timestamp(), "SCHEDULER", "one", [])
    instance.add_daemon_heartbeat(beat)

    found = told(instance, now=now)

    running = "meteo_pipeline_instigator_running"
    assert value(found, running, name="every_morning", kind="schedule") == 1
    assert value(found, running, name="never_on", kind="sensor") == 0
    age = "meteo_pipeline_daemon_heartbeat_age_seconds"
    assert value(silent, age, daemon="scheduler") is None
    assert value(found, age, daemon="scheduler") == pytest.approx(9 * 60, abs=1)
    assert value(found, "meteo_pipeline_daemon_errors", daemon="scheduler") == 0


def test_between_two_readings_the_instance_is_left_alone(instance: dg.DagsterInstance):
    moments = iter(datetime.now(UTC) + timedelta(hours=hour) for hour in range(9))
    kept = PipelineState(instance, GRAPH, now=lambda: next(moments), kept_seconds=3600)
    fresh = PipelineState(instance, GRAPH, now=lambda: next(moments), kept_seconds=0)

    assert samples_of(kept) == samples_of(kept)
    assert samples_of(fresh) != samples_of(fresh)


@pytest.mark.fault("Dagster's state cannot be read by the exporter", "told, no stale figures")
def test_an_instance_that_cannot_be_read_is_told_and_nothing_beside(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
):
    state = PipelineState(instance, GRAPH, kept_seconds=0)
    before = samples_of(state)

    def away(*_: object, **__: object) -> None:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(dg.DagsterInstance, "get_runs_count", away)
        broken = samples_of(state)

    assert value(before, "meteo_pipeline_readable") == 1
    assert value(broken, "meteo_pipeline_readable") == 0
    assert names(broken) == {"meteo_pipeline_readable", "meteo_pipeline_read_seconds"}
    assert value(samples_of(state), "meteo_pipeline_readable") == 1


def test_the_process_answers_with_every_name_of_the_real_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("METEO_HOME", str(tmp_path))

    with exporting(Settings(), port=0) as url:
        answer = httpx.get(url)

    assert answer.status_code == 200
    assert 'meteo_pipeline_runs{dagster_job="weekly",status="success"} 0.0' in answer.text
    assert 'name="every_sunday"' in answer.text
    assert "meteo_pipeline_readable 1.0" in answer.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_taken_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("METEO_HOME", str(tmp_path))
    monkeypatch.setattr("meteo_assets.exporter.server.read_graph", lambda _: GRAPH)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotListen, match=f"port {port}"), exporting(Settings(exporter_port=port)):
            pass


def test_alerts_are_counted_by_kind_and_their_messages_by_channel(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'service.db'}"
    none_yet = samples_of(AlertState(url))
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    trouble = Trouble(Kind.FAILED_RUN, "daily", "a run failed", "what", "daily", an_hour_ago, "http://x")
    database = ServiceDatabase(url)
    store = AlertStore(database, channels=("email:anna@example.org", "email:b@example.org", "webhook"))
    store.report(Kind.FAILED_RUN, [trouble], over=lambda _: None, at=an_hour_ago)

    found = samples_of(AlertState(url))
    Outbox(database, []).deliver(lambda: datetime.now(UTC))
    without_channels = samples_of(AlertState(url))
    store.report(Kind.FAILED_RUN, [], over=lambda _: "it went well", at=datetime.now(UTC))
    over = samples_of(AlertState(url))
    database.close()

    assert value(none_yet, "meteo_pipeline_alerts_open", kind="failed_run") == 0
    assert value(none_yet, "meteo_pipeline_alert_delivery_wait_seconds", channel="email") == 0
    assert value(found, "meteo_pipeline_alerts_open", kind="failed_run") == 1
    assert value(found, "meteo_pipeline_alerts_open", kind="drift") == 0
    assert value(found, "meteo_pipeline_alert_deliveries_waiting", channel="email") == 2
    assert value(found, "meteo_pipeline_alert_deliveries_waiting", channel="webhook") == 1
    waited = value(found, "meteo_pipeline_alert_delivery_wait_seconds", channel="webhook")
    assert waited == pytest.approx(3600, abs=60)
    for channel in ("email", "webhook"):
        assert value(without_channels, "meteo_pipeline_alert_deliveries_waiting", channel=channel) == 0
    assert value(over, "meteo_pipeline_alerts_open", kind="failed_run") == 0
    assert "anna" not in str(found)


def test_where_the_database_of_alerts_is_away_they_have_no_value():
    found = samples_of(AlertState("postgresql+psycopg2://meteo@127.0.0.1:1/meteo"))

    assert names(found) == {"meteo_pipeline_alerts_readable"}
    assert value(found, "meteo_pipeline_alerts_readable") == 0


def test_postgresql_is_read_like_sqlite(instance: dg.DagsterInstance, tmp_path: Path):
    with postgresql() as url, pytest.MonkeyPatch.context() as patch:
        storage = {"storage": {"postgres": {"postgres_url": url}}, "telemetry": {"enabled": False}}
        (tmp_path / "dagster.yaml").write_text(json.dumps(storage))  # YAML holds JSON
        patch.setenv("DAGSTER_HOME", str(tmp_path))
        patch.setenv("METEO_HOME", str(tmp_path))
        with opened_instance(Settings()) as on_server:
            assert run_days(on_server, "2024-03-03", "2024-03-04")
            assert run_week(on_server, "2024-02-25")
            found = told(on_server, now=MIDNIGHT + timedelta(hours=12))
            alerts = samples_of(AlertState(url))

    newest = "meteo_pipeline_asset_newest_partition_age_seconds"
    assert value(found, newest, asset="forecasts", dagster_job="daily") == 12 * 3600
    assert value(found, "meteo_pipeline_runs", dagster_job="daily", status="success") == 1
    assert value(alerts, "meteo_pipeline_alerts_readable") == 1
    # A heartbeat may have been told of by another test.
    assert names(found) == {name for name in names(told(instance)) if "daemon" not in name}

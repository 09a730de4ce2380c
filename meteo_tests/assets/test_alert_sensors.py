"""Each kind of trouble is an alert once, however often it is looked for, and all clear when it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from meteo_assets.alerting import Links
from meteo_assets.pipeline import open_pipeline
from meteo_assets.sensors import SENSORS
from meteo_assets.sensors.drift import drifts
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert
from meteo_core.jobs import last_complete_week
from meteo_tests.assets.test_quality_flags import archive_of, june
from meteo_tests.assets.watched import Behaviour, Watched, materialized, run, small_pipeline, watching

SYDNEY = ZoneInfo("Australia/Sydney")
WORDS = {dg.AssetCheckSeverity.WARN: "Warning", dg.AssetCheckSeverity.ERROR: "Error"}
FINAL = {"dagster/max_retries": "0"}
"""Tags of a run that is not tried again."""


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def watched(tmp_path: Path, behaviour: Behaviour) -> Iterator[Watched]:
    settings = Settings(home_dir=tmp_path, dagster_link="https://ops.example.org/dagster/")
    with watching(settings, small_pipeline(behaviour)) as each:
        yield each


def only(watched: Watched) -> Alert:
    (alert,) = watched.alerts()
    return alert


def test_every_sensor_runs_unless_it_is_stopped_and_says_what_it_is_for():
    for sensor in SENSORS:
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING, sensor.name
        assert len(sensor.description or "") > 60, sensor.name


def test_nothing_wrong_is_said_so_and_leaves_nothing_on_record(watched: Watched):
    run(watched, FINAL)

    said = watched.tick_all()

    assert set(said.values()) == {
        "nothing is wrong",
        "no channel is set up: alerts are on record, and on the page /alerts",
    }
    assert watched.alerts() == []


@pytest.mark.fault("a run fails again and again", "one alert, all clear with the first success")
def test_a_failed_run_is_an_alert_once_and_all_clear_when_the_job_succeeds(
    watched: Watched, behaviour: Behaviour
):
    behaviour.error = ValueError("the disk is full")
    failed = run(watched, FINAL)

    watched.tick("failed_run_alerts")
    watched.tick("failed_run_alerts")
    alert = only(watched)
    run(watched, FINAL)
    watched.tick("failed_run_alerts")
    assert len(watched.alerts()) == 1

    assert alert.key == "failed_run:daily"
    assert alert.what == "raw_observations: the disk is full"
    assert alert.link == f"https://ops.example.org/dagster/runs/{failed.run_id}"
    assert abs(alert.since - datetime.now(UTC)) < timedelta(minutes=2)
    behaviour.error = None
    run(watched, FINAL)
    assert "all clear" in watched.tick("failed_run_alerts")
    assert "succeeded" in str(only(watched).resolution)
    behaviour.error = ValueError("again")
    run(watched, FINAL)
    watched.tick("failed_run_alerts")
    assert [each.is_open for each in watched.alerts()] == [True, False]


def test_a_run_with_a_retry_before_it_is_no_alert_until_the_retry_failed_too(
    watched: Watched, behaviour: Behaviour
):
    behaviour.error = ValueError("the network is away")
    first = run(watched)
    assert watched.instance.get_run_by_id(first.run_id).tags["dagster/will_retry"] == "true"

    assert watched.tick("failed_run_alerts") == "nothing is wrong"
    watched.clock.forward(hours=2)
    assert "alert" in watched.tick("failed_run_alerts"), "a promised retry that does not come is none"


def test_a_retry_that_succeeds_is_all_there_is_to_say(watched: Watched, behaviour: Behaviour):
    behaviour.error = ValueError("the network is away")
    first = run(watched)
    watched.tick("failed_run_alerts")
    behaviour.error = None
    retry = run(watched, {"dagster/parent_run_id": first.run_id, "dagster/retry_number": "1"})
    watched.instance.add_run_tags(first.run_id, {"dagster/auto_retry_run_id": retry.run_id})

    watched.tick("failed_run_alerts")

    assert watched.alerts() == []


@pytest.mark.parametrize("severity", list(dg.AssetCheckSeverity))
def test_a_failed_check_is_an_alert_though_the_run_succeeded(
    watched: Watched, behaviour: Behaviour, severity: dg.AssetCheckSeverity
):
    behaviour.passes, behaviour.severity = False, severity
    assert run(watched, FINAL).success

    said = watched.tick_all()
    watched.tick_all()
    alert = only(watched)

    assert said["failed_run_alerts"] == "nothing is wrong"
    assert alert.key == "failed_check:raw_observations/values_are_plausible"
    assert alert.title == "Check failed: values are plausible"
    assert alert.what == f"{WORDS[severity]}. share: 0.1235, wrong: 3"
    assert alert.link.endswith("/assets/raw_observations?view=checks&checkDetail=values_are_plausible")
    behaviour.passes = True
    run(watched, FINAL)
    watched.tick_all()
    assert only(watched).resolution == "it passes again"


def test_what_a_blocking_check_stopped_is_told_as_the_check_and_not_as_the_run(
    watched: Watched, behaviour: Behaviour
):
    behaviour.blocking_passes = False
    assert not run(watched, FINAL).success

    watched.tick_all()

    assert watched.open_keys() == ["failed_check:raw_observations/the_table_is_whole"]


def test_a_check_that_is_planned_and_not_evaluated_leaves_the_verdict_before(
    watched: Watched, behaviour: Behaviour
):
    behaviour.passes = False
    run(watched, FINAL)
    watched.tick_all()
    behaviour.error = ValueError("broke off before the checks")
    run(watched, FINAL)

    watched.tick_all()

    assert watched.open_keys() == ["failed_check:raw_observations/values_are_plausible", "failed_run:daily"]


def refused(blocked: int) -> dg.Failure:
    return dg.Failure(
        "bom_dwo gave no observations: the site refuses us (status 403)",
        metadata={
            "source": "bom_dwo",
            "documents": 0,
            "documents_refused": 49,
            "documents_blocked": blocked,
        },
    )


@pytest.mark.parametrize(
    ("blocked", "title"),
    [(49, "The source bom_dwo refuses us"), (0, "The source bom_dwo gives nothing")],
)
def test_a_source_that_gives_nothing_is_one_alert_of_the_source_and_none_of_the_run(
    watched: Watched, behaviour: Behaviour, blocked: int, title: str
):
    run(watched, FINAL)
    watched.tick_all()
    behaviour.error = refused(blocked)
    for _ in range(3):
        run(watched, FINAL)
        watched.tick_all()
    alert = only(watched)

    assert (alert.key, alert.title) == ("source_blocked:bom_dwo", title)
    assert "the site refuses us (status 403)" in alert.what
    behaviour.error = None
    run(watched, FINAL)
    watched.tick_all()
    assert only(watched).resolution == "4 documents were had"


def test_a_refusal_that_is_tried_again_waits_for_the_retry(watched: Watched, behaviour: Behaviour):
    behaviour.error = refused(49)
    run(watched)

    watched.tick_all()

    assert watched.alerts() == []


def at(watched: Watched, day: int, hour: int, minute: int = 0) -> None:
    """Set the clock to a moment of the days to come: Dagster stamps its events with the real time."""
    local = (datetime.now(SYDNEY) + timedelta(days=day)).replace(hour=hour, minute=minute)
    watched.clock.moment = local.astimezone(UTC)


def issue(watched: Watched, day: int, **issued: int) -> None:
    date = (datetime.now(SYDNEY) + timedelta(days=day)).date().isoformat()
    metadata = {"newest_day": date, **{f"issued_{name}": count for name, count in issued.items()}}
    materialized(watched, "forecasts", date, metadata)


@pytest.mark.fault("no forecast by the deadline", "one alert until the next is issued")
def test_no_forecast_by_the_deadline_is_an_alert_until_the_next_is_issued(watched: Watched):
    issue(watched, 1, morning=48, evening=48)
    at(watched, 2, 13, 20)
    watched.tick("no_forecast_alerts")
    assert watched.alerts() == []

    at(watched, 2, 13, 31)
    watched.tick("no_forecast_alerts")
    at(watched, 2, 20, 59)
    watched.tick("no_forecast_alerts")
    alert = only(watched)
    assert alert.key == "no_forecast:morning"
    assert alert.since.astimezone(SYDNEY).strftime("%H:%M") == "13:30"
    at(watched, 2, 21, 1)
    watched.tick("no_forecast_alerts")
    assert watched.open_keys() == ["no_forecast:evening", "no_forecast:morning"]

    # Hindcasts of the day after do not count; the morning's forecast is there before its deadline.
    issue(watched, 2, morning=0, evening=0)
    issue(watched, 3, morning=40, evening=0)
    at(watched, 3, 9, 30)  # the day before still, in UTC
    watched.tick("no_forecast_alerts")
    assert watched.open_keys() == ["no_forecast:evening"]
    issue(watched, 3, morning=0, evening=45)
    at(watched, 3, 20, 0)
    watched.tick("no_forecast_alerts")
    assert watched.open_keys() == []
    assert len(watched.alerts()) == 2


def test_a_forecast_of_few_stations_is_none(watched: Watched):
    issue(watched, 1, morning=48, evening=48)
    issue(watched, 2, morning=3, evening=0)
    at(watched, 2, 13, 31)

    watched.tick("no_forecast_alerts")

    assert watched.open_keys() == ["no_forecast:morning"]


def test_nothing_was_due_before_the_first_forecast_ever(watched: Watched):
    at(watched, 5, 22)
    assert watched.tick("no_forecast_alerts") == "nothing is wrong"
    issue(watched, 0, morning=0, evening=0)
    watched.clock.moment = datetime.now(UTC) - timedelta(days=1)

    assert watched.tick("no_forecast_alerts") == "nothing is wrong"


def on(day: int) -> str:
    """A date so many days from today."""
    return (datetime.now(SYDNEY) + timedelta(days=day)).date().isoformat()


def alarm(kind: str, station: str, parameter: str, first: str = "2026-03-01") -> dict[str, Any]:
    return {
        "kind": kind,
        "station": station,
        "parameter": parameter,
        "first": first,
        "last": "2026-03-04",
        "days": 4,
        "score": 7.25,
        "threshold": 4.1,
    }


def alarms(watched: Watched, day: int, *active: dict[str, Any]) -> None:
    materialized(watched, "drift_alarms", on(day), {"active_alarms": list(active)})


OFFSET = alarm("station", "Sydney", "pressure_3pm")


def test_drift_is_one_alert_for_each_episode_and_starts_one_retrain_a_day_in_the_shadow(watched: Watched):
    at(watched, 1, 11)
    alarms(watched, 1, OFFSET | {"first": on(0)})
    first = watched.tick("drift_alerts")
    again = watched.tick("drift_alerts")

    alert = only(watched)
    assert alert.key == "drift:station:Sydney:pressure_3pm"
    assert alert.title == "Mean sea level pressure at 3 pm at Sydney is unlike its neighbours"
    assert alert.what.startswith("Score 7.25, threshold 4.1; 4 days of alarm")
    assert alert.since.astimezone(SYDNEY).isoformat()[:16] == f"{on(0)}T00:00"
    assert alert.link == "http://127.0.0.1:8000/drift"
    (asked,) = first
    assert asked.partition_key == last_complete_week(watched.clock.moment.astimezone(SYDNEY).date())
    # Dagster starts a run key of a sensor once.
    assert [each.run_key for each in again] == [asked.run_key]
    at(watched, 2, 11)
    alarms(watched, 2, OFFSET)
    assert watched.tick("drift_alerts") == "1 open"
    at(watched, 3, 11)
    alarms(watched, 3)
    watched.tick("drift_alerts")
    assert not only(watched).is_open


def test_what_stood_when_the_record_began_is_an_alert_and_no_reason_to_train(watched: Watched):
    at(watched, 1, 11)
    alarms(watched, 1, OFFSET | {"first": on(-1)})

    assert str(watched.tick("drift_alerts")).startswith("alert: Mean sea level pressure")


@pytest.mark.parametrize(
    ("week_off", "code", "starts"), [(0, "abc", False), (0, "abd", True), (7, "abc", True)]
)
def test_what_the_newest_model_has_learnt_is_not_trained_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, week_off: int, code: str, starts: bool
):
    monkeypatch.setattr(watched.settings, "git_sha", "abc")
    at(watched, 1, 11)
    today = watched.clock.moment.astimezone(SYDNEY).date()
    trained = last_complete_week(today - timedelta(days=week_off))
    materialized(watched, "rain_model", trained, {"git_sha": code})
    alarms(watched, 1, OFFSET | {"first": on(1)})

    said = watched.tick("drift_alerts")

    if starts:
        assert [each.partition_key for each in said] == [last_complete_week(today)]
    else:
        assert said.endswith(f"no shadow_retrain: the newest model is of the week {trained} and this code")


def test_weather_unlike_its_season_is_told_as_a_check_unless_an_alarm_of_all_stations_tells_it(
    watched: Watched, behaviour: Behaviour
):
    season = "failed_check:raw_observations/the_weather_looks_like_its_season"
    behaviour.season_passes = False
    run(watched, FINAL)
    at(watched, 1, 11)
    alarms(watched, 1, OFFSET)
    watched.tick_all()
    assert season in watched.open_keys()

    alarms(watched, 1, alarm("pooled", "", "pressure_3pm"))
    watched.tick_all()

    assert watched.open_keys() == ["drift:pooled:all:pressure_3pm"]
    (over,) = [alert for alert in watched.alerts() if alert.key == season]
    assert over.resolution == "it goes on as an alert of drift"


def test_a_faulty_sensor_is_an_alert_and_no_reason_to_train(watched: Watched):
    at(watched, 1, 11)
    alarms(watched, 1, alarm("hard", "Cobar", "temp_3pm", first=on(1)))

    assert "alert: Temperature at 3 pm at Cobar cannot be" in watched.tick("drift_alerts")


def test_days_without_alarms_looked_for_leave_drift_as_it_was(watched: Watched):
    at(watched, 1, 11)
    alarms(watched, 1, OFFSET)
    watched.tick("drift_alerts")

    at(watched, 9, 11)
    watched.tick("drift_alerts")

    assert only(watched).is_open


def test_what_the_asset_of_alarms_finds_is_what_people_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("METEO_HOME", str(tmp_path / "home"))
    stuck = archive_of(tmp_path / "stuck.csv", Pressure3pm=["1009.9"] + ["1013.2"] * 5)
    with open_pipeline(Settings()) as pipeline:
        pipeline.run_days(["raw_observations"], june(1), june(6), archive=stuck)
        pipeline.run_days(["drift_alarms"], june(1), june(6))
        evening = datetime(2020, 6, 6, 21, tzinfo=SYDNEY).astimezone(UTC)

        found = drifts(pipeline.instance, Links.of(pipeline.settings), evening)

    (trouble,) = (each for each in found.troubles if each.subject.startswith("hard:"))
    assert trouble.key == "drift:hard:Hobart:pressure_3pm"
    assert trouble.title == "Mean sea level pressure at 3 pm at Hobart cannot be"
    assert trouble.since == datetime(2020, 6, 5, tzinfo=SYDNEY)

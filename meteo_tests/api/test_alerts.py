"""Alerts over HTTP: what is wrong and what was, and to administrators who was told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from meteo_core.alerts.alert import Kind, Trouble
from meteo_core.alerts.outbox import Outbox
from meteo_core.alerts.store import AlertStore
from meteo_core.service_database import ServiceDatabase
from meteo_tests.api.accounts_service import START, Service, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, USER

ADDRESS = "/api/v1/alerts"
FAILED = Trouble(
    kind=Kind.FAILED_RUN,
    subject="daily",
    title="The run of the job daily failed",
    what="features: <b>no</b> disk",
    where="job daily, 2016-06-25",
    since=START - timedelta(hours=1),
    link="http://127.0.0.1:3000/runs/abc",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("alerts"), alerts_poll_seconds=0.05) as service:
        yield service


def put(url: str, *troubles: Trouble, at: datetime) -> None:
    """As the pipeline puts them on record, from its own process."""
    database = ServiceDatabase(url)
    store = AlertStore(database, channels=["email:ops@example.org"])
    store.report(Kind.FAILED_RUN, troubles, over=lambda alert: "run 1234 succeeded", at=at)
    database.close()


def test_before_the_pipeline_had_any_there_are_none(tmp_path: Path):
    with serving(tmp_path) as fresh:
        answer = fresh.get(fresh.token(), ADDRESS)

    assert answer.json() == {"open": [], "recent": []}


def test_everyone_sees_what_is_wrong_and_administrators_who_was_told(service: Service):
    weekly = replace(FAILED, subject="weekly")
    put(service.url, FAILED, weekly, at=START - timedelta(hours=1))
    put(service.url, FAILED, at=START - timedelta(minutes=30))

    to_user = service.get(service.token(USER), ADDRESS).json()
    to_admin = service.get(service.token(ADMIN), ADDRESS).json()

    (lasting,), (over,) = to_user["open"], to_user["recent"]
    assert (lasting["key"], lasting["kind"]) == ("failed_run:daily", "failed_run")
    assert (lasting["what"], lasting["where"]) == ("features: <b>no</b> disk", "job daily, 2016-06-25")
    assert lasting["opened_at"] == (START - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert (over["key"], over["resolution"]) == ("failed_run:weekly", "run 1234 succeeded")
    assert lasting["deliveries"] is over["deliveries"] is None
    (delivery,) = to_admin["open"][0]["deliveries"]
    assert (delivery["channel"], delivery["state"], delivery["attempts"]) == (
        "email:ops@example.org",
        "queued",
        0,
    )
    assert [each["telling"] for each in to_admin["recent"][0]["deliveries"]] == ["alert", "all_clear"]


def test_what_was_over_a_month_ago_is_not_told(service: Service):
    put(service.url, FAILED, at=START)
    token = service.token()
    before = service.get(token, ADDRESS).json()
    service.clock.forward(days=31)
    after = service.get(service.token(), ADDRESS).json()
    service.clock.moment = START

    assert len(before["recent"]) == 1
    assert after["recent"] == []
    assert len(after["open"]) == 1


def test_what_was_dropped_with_its_channel_waits_no_more(tmp_path: Path):
    with serving(tmp_path) as service:
        put(service.url, FAILED, at=START)
        database = ServiceDatabase(service.url)
        Outbox(database, []).deliver(lambda: START)
        database.close()
        to_admin = service.get(service.token(ADMIN), ADDRESS).json()
        page = service.client.get("/alerts", headers=bearing(service.token(ADMIN)))

    (delivery,) = to_admin["open"][0]["deliveries"]
    assert (delivery["state"], delivery["next_attempt_at"]) == ("dropped", None)
    assert "Alert to email:ops@example.org dropped: it is not set up any more." in page.text


def test_strangers_are_told_nothing(service: Service):
    problem_of(service.client.get(ADDRESS), 401)


@pytest.mark.fault("database of alerts away", "503 there, other pages go on")
def test_a_database_that_is_away_is_said_and_pages_without_alerts_go_on(tmp_path: Path):
    with serving(tmp_path, alerts_poll_seconds=0.05) as away:
        token = away.token(ADMIN)
        assert away.get(token, ADDRESS).status_code == 200
        from meteo_api.alerts.service import AlertService

        broken = AlertService(ServiceDatabase("postgresql://nobody@127.0.0.1:9/none"), now=lambda: START)
        broken.look()

    assert broken.open_count == 0


def test_administrators_are_noticed_on_their_pages_and_others_are_not(service: Service):
    put(service.url, FAILED, at=START)

    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        page = service.client.get("/about", headers=bearing(service.token(ADMIN))).text
        if "1 alert</a>" in page:
            break
        time.sleep(0.05)

    assert '<a href="/alerts">1 alert</a> now' in page
    assert 'href="/alerts">1 alert' not in service.get(service.token(USER), "/about").text


@pytest.mark.fault("XSS: markup in what was found wrong", "shown as text")
def test_the_page_escapes_what_was_found(service: Service):
    put(service.url, FAILED, at=START)

    page = service.get(service.token(ADMIN), "/alerts").text

    assert "features: &lt;b&gt;no&lt;/b&gt; disk" in page
    assert "Alert to email:ops@example.org waits." in page


def test_alerts_are_utc(service: Service):
    put(service.url, FAILED, at=START)

    told = service.get(service.token(), ADDRESS).json()["open"][0]

    assert datetime.fromisoformat(told["since"]).astimezone(UTC) == FAILED.since

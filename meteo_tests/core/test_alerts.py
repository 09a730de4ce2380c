"""Alerts on record: each trouble once, whoever looks, and over once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from meteo_core.alerts.alert import Alert, DeliveryState, Kind, Telling, Trouble
from meteo_core.alerts.store import MOST_LISTED, AlertStore
from meteo_core.service_database import ServiceDatabase

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STUCK = Trouble(
    kind=Kind.DRIFT,
    subject="hard:Sydney:pressure_3pm",
    title="Pressure at Sydney is stuck",
    what="The same value for 6 days",
    where="Sydney",
    since=START - timedelta(days=6),
    link="http://127.0.0.1:8000/drift",
)
CHANNELS = ("email:a@example.org", "webhook")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'service.db'}"
    server = request.getfixturevalue("server")
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS alert_deliveries, alerts"))
    engine.dispose()
    return server


@pytest.fixture
def store(url: str) -> Iterator[AlertStore]:
    database = ServiceDatabase(url)
    yield AlertStore(database, channels=CHANNELS)
    database.close()


def over(_: Alert) -> str:
    return "it is well again"


def test_a_trouble_seen_again_stays_one_alert(store: AlertStore):
    first = store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    again = store.report(Kind.DRIFT, [replace(STUCK, what="for 7 days")], over=over, at=START + MINUTE)

    assert [alert.key for alert in first.opened] == ["drift:hard:Sydney:pressure_3pm"]
    assert (again.opened, again.resolved, again.still_open) == ((), (), 1)
    (alert,) = store.open_alerts()
    assert (alert.what, alert.opened_at, alert.last_seen_at) == ("for 7 days", START, START + MINUTE)
    assert alert.since == START - timedelta(days=6)


def test_recovery_is_one_all_clear_and_what_follows_another_episode(store: AlertStore):
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    ended = store.report(Kind.DRIFT, [], over=over, at=START + MINUTE)
    nothing = store.report(Kind.DRIFT, [], over=over, at=START + 2 * MINUTE)
    store.report(Kind.DRIFT, [STUCK], over=over, at=START + 3 * MINUTE)

    assert [alert.resolution for alert in ended.resolved] == ["it is well again"]
    assert nothing.resolved == ()
    newest, oldest = store.recent(START)
    assert (newest.is_open, oldest.resolved_at) == (True, START + MINUTE)
    told = store.deliveries([newest, oldest])
    assert [(d.telling, d.channel) for d in told[oldest.id]] == [
        (telling, channel) for telling in (Telling.ALERT, Telling.ALL_CLEAR) for channel in CHANNELS
    ]
    assert [d.telling for d in told[newest.id]] == [Telling.ALERT] * 2
    assert {d.state for d in told[newest.id]} == {DeliveryState.QUEUED}


def test_more_troubles_than_a_list_holds_are_each_opened_once_and_ended(store: AlertStore):
    many = [replace(STUCK, subject=f"hard:S{number}:pressure_3pm") for number in range(MOST_LISTED + 50)]

    first = store.report(Kind.DRIFT, many, over=over, at=START)
    again = store.report(Kind.DRIFT, many, over=over, at=START + MINUTE)

    assert len(first.opened) == again.still_open == len(store.open_alerts()) == len(many)
    assert again.opened == ()
    assert len(store.recent(START)) == MOST_LISTED
    ended = store.report(Kind.DRIFT, [], over=over, at=START + 2 * MINUTE)
    assert (len(ended.resolved), ended.still_open) == (len(many), 0)


def test_what_is_not_known_to_be_over_stays_open(store: AlertStore):
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)

    store.report(Kind.DRIFT, [], over=lambda alert: None, at=START + MINUTE)
    store.report(Kind.FAILED_RUN, [], over=over, at=START + MINUTE)

    assert [alert.key for alert in store.open_alerts()] == [STUCK.key]


def test_who_looked_earlier_and_reports_later_changes_nothing(store: AlertStore):
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    store.report(Kind.DRIFT, [], over=over, at=START + 2 * MINUTE)
    late = store.report(Kind.DRIFT, [STUCK], over=over, at=START + MINUTE)
    assert late.opened == ()

    store.report(Kind.DRIFT, [STUCK], over=over, at=START + 4 * MINUTE)
    late = store.report(Kind.DRIFT, [], over=over, at=START + 3 * MINUTE)
    assert late.resolved == ()
    assert len(store.open_alerts()) == 1


@pytest.mark.fault("several sensors see one trouble", "one alert, one all-clear")
def test_several_who_look_at_once_open_one_alert_and_close_it_once(url: str):
    databases = [ServiceDatabase(url) for _ in range(4)]
    stores = [AlertStore(database, channels=CHANNELS) for database in databases]
    outcomes = []

    def at_once(troubles: list[Trouble], at: datetime) -> int:
        outcomes.clear()
        barrier = threading.Barrier(len(stores))

        def look(store: AlertStore) -> None:
            barrier.wait()
            outcomes.append(store.report(Kind.DRIFT, troubles, over=over, at=at))

        threads = [threading.Thread(target=look, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(outcomes)

    assert at_once([STUCK], START) == 4
    assert sum(len(outcome.opened) for outcome in outcomes) == 1
    assert at_once([], START + MINUTE) == 4
    assert sum(len(outcome.resolved) for outcome in outcomes) == 1

    (alert,) = stores[0].recent(START)
    assert len(stores[0].deliveries([alert])[alert.id]) == 2 * len(CHANNELS)
    for database in databases:
        database.close()


def test_the_database_itself_refuses_a_second_open_alert_of_a_trouble(store: AlertStore, url: str):
    store.report(Kind.DRIFT, [STUCK], over=over, at=START)
    engine = sa.create_engine(url)

    columns = "key, open_key, kind, title, what, place, since, link, opened_at, last_seen_at"
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.text(f"INSERT INTO alerts ({columns}) SELECT {columns} FROM alerts"))

    engine.dispose()


def test_without_tables_there_are_no_alerts(store: AlertStore):
    assert store.open_alerts() == []
    assert store.recent(START) == []
    assert store.report(Kind.DRIFT, [], over=over, at=START).still_open == 0

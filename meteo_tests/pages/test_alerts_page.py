"""The page of alerts: readable on a phone and by night, and more of it for administrators."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from meteo_core.alerts.alert import Kind, Trouble
from meteo_core.alerts.store import AlertStore
from meteo_core.home import Home
from meteo_core.service_database import ServiceDatabase
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import ADMIN
from meteo_tests.pages.browsing import Visitor, visiting

OFFSET = Trouble(
    kind=Kind.DRIFT,
    subject="station:Sydney:pressure_3pm",
    title="Mean sea level pressure at 3 pm at Sydney is unlike its neighbours",
    what="Score 7.25, threshold 4.1; 4 days of alarm from 2016-06-20 to 2016-06-23",
    where="station Sydney",
    since=NOW - timedelta(days=5),
    link="http://127.0.0.1:8000/drift",
)
BLOCKED = replace(OFFSET, subject="station:Cobar:temp_3pm", title="Temperature at 3 pm at Cobar cannot be")


@pytest.fixture(scope="module", autouse=True)
def on_record(site: str, served_home: Home) -> Iterator[None]:
    database = ServiceDatabase(f"sqlite:///{served_home.root / 'site.db'}")
    store = AlertStore(database, channels=["email:somebody.with.a.long.name@mail.operations.example.org"])
    store.report(
        Kind.DRIFT, [OFFSET, BLOCKED], over=lambda alert: "three days without it", at=NOW - timedelta(days=2)
    )
    store.report(Kind.DRIFT, [OFFSET], over=lambda alert: "three days without it", at=NOW - timedelta(days=1))
    yield
    # Others look at pages of the same service.
    store.report(Kind.DRIFT, [], over=lambda alert: "the test is over", at=NOW)
    database.close()


def test_the_page_hinders_nobody(visitor: Visitor):
    page = visitor.look("/alerts")

    expect(page.get_by_role("row", name=OFFSET.title)).to_be_visible()
    expect(page.get_by_text("waits")).to_have_count(0)


@pytest.mark.parametrize("way", ["phone dark", "desktop light"])
def test_administrators_see_which_messages_wait(browser: Browser, site: str, way: str):
    with visiting(browser, site, way) as visitor:
        page = visitor.signed_in(ADMIN).look("/alerts")

        expect(page.get_by_text("Alert to email:somebody.with.a.long.name").first).to_be_attached()
        expect(page.get_by_role("row", name=BLOCKED.title)).to_contain_text("over")

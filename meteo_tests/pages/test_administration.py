"""Administration in a browser, over a real Dagster with a small pipeline: runs, users, audit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_tests.api.clients import free_port, listening
from meteo_tests.api.dagster_fixtures import *  # noqa: F403 (fixtures)
from meteo_tests.api.people import ADMIN, PASSWORD, USER, populate
from meteo_tests.pages.browsing import WAYS, Visitor, visiting

A_WHILE = 120_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def address(dagster_url: str, folder: Path) -> Iterator[str]:
    settings = Settings(
        home_dir=folder / "state", dagster_url=dagster_url, mlflow_link="http://127.0.0.1:5000"
    )
    populate(settings.service_database_url)
    with listening(create_app(settings)) as address:
        yield address


@pytest.fixture
def admin(browser: Browser, address: str) -> Iterator[Visitor]:
    with visiting(browser, address) as visitor:
        yield visitor.signed_in(ADMIN)


def started(page: Page, form: str, **days: str) -> None:
    """Fill the form of a job and send it."""
    for name, day in days.items():
        page.locator(f"#{form}-{name.rstrip('_')}").fill(day)
    page.get_by_role("button", name=form.capitalize(), exact=True).click()
    page.wait_for_url("**/administration/runs/*")


def test_a_training_is_started_watched_and_told_to_its_end_without_a_reload(admin: Visitor):
    page = admin.open("/administration")

    started(page, "train", partition="2024-03-06")
    page.evaluate("window.still = true")

    expect(page.get_by_role("heading", level=1)).to_have_text("Training to Sat 9 March 2024")
    expect(page.locator("#run")).to_contain_text("succeeded", timeout=A_WHILE)
    expect(page.locator("#run")).to_contain_text("Version 4 is champion now: better by far.")
    expect(page.locator("#run")).to_contain_text("1 of 1 steps")
    assert page.evaluate("window.still") is True
    assert page.locator("#run[hx-trigger]").count() == 0
    admin.require_sound(page)


def test_a_run_shows_its_step_is_the_same_when_pressed_twice_and_can_be_canceled(
    admin: Visitor, hold: Callable[[], None]
):
    page = admin.open("/administration")
    started(page, "ingest", partition="2024-03-07")
    first = page.url

    expect(page.locator("#run")).to_contain_text("raw observations", timeout=A_WHILE)
    expect(page.locator("#run")).to_contain_text("reading 1 days", timeout=A_WHILE)
    admin.require_sound(page)
    again = admin.open("/administration")
    started(again, "ingest", partition="2024-03-07")
    assert again.url.split("?")[0] == first
    expect(again.locator("#notices")).to_contain_text("this is the same run")

    page.get_by_role("button", name="Cancel this run").click()
    expect(page.locator("#run")).to_contain_text("canceled", timeout=A_WHILE)
    expect(page.locator("#run")).to_contain_text("what it had finished by then stays")


def test_a_range_of_days_is_one_run_without_any_script(browser: Browser, address: str):
    with visiting(browser, address, java_script_enabled=False) as plain:
        page = plain.signed_in(ADMIN).open("/administration")
        started(page, "backfill", from_="2024-03-01", to="2024-03-05")

        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Backfill of Fri 1 March 2024 to Tue 5 March 2024"
        )
        for _ in range(60):
            if page.get_by_role("link", name="Look again").count() == 0:
                break
            page.wait_for_timeout(1000)
            page.get_by_role("link", name="Look again").click()
        expect(page.locator("#run")).to_contain_text("245 station days read")


def test_days_that_cannot_be_are_said_beside_the_field(admin: Visitor):
    page = admin.open("/administration")

    page.evaluate("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
    page.locator("#backfill-from").fill("2024-03-05")
    page.locator("#backfill-to").fill("2024-03-01")
    page.get_by_role("button", name="Backfill", exact=True).click()

    expect(page.locator("#backfill-from-error")).to_contain_text("Must not be after")
    expect(page.locator("#backfill-from")).to_have_value("2024-03-05")
    admin.require_sound(page)


def test_the_pages_hinder_nobody(browser: Browser, address: str):
    for way in WAYS:
        with visiting(browser, address, way) as visitor:
            visitor.signed_in(ADMIN)
            for path in ("/administration", "/administration/users", "/administration/audit"):
                visitor.look(path)


def test_a_user_is_added_made_an_administrator_and_shut_out_at_once(
    admin: Visitor, browser: Browser, address: str
):
    page = admin.open("/administration/users")
    page.get_by_label("Name").fill("carla")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Make an administrator carla").click()

    with visiting(browser, address) as other:
        other.signed_in("carla").open("/administration")
        page.get_by_role("button", name="Shut out carla").click()
        expect(page.locator("main")).to_contain_text("shut out")
        assert "/sign-in" in other.open("/administration").url

    page = admin.open("/administration/audit")
    for act in ("User added: carla", "Role changed: carla", "User disabled: carla"):
        expect(page.locator("table")).to_contain_text(act)


def test_what_cannot_be_done_with_users_is_said(admin: Visitor):
    page = admin.open("/administration/users")

    page.get_by_label("Name").fill("anna")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("there is a user 'anna' already")
    page.get_by_role("button", name=f"Shut out {ADMIN}").click()
    expect(page.get_by_role("alert")).to_contain_text("is the last administrator")
    admin.require_sound(page)


def test_administration_is_for_administrators(browser: Browser, address: str):
    with visiting(browser, address) as visitor:
        visitor.signed_in(USER)
        for path in ("", "/users", "/audit", "/runs/00000000-0000-0000-0000-000000000000"):
            visitor.open(f"/administration{path}", status=403)


def test_without_dagster_the_page_says_so(browser: Browser, tmp_path: Path):
    settings = Settings(home_dir=tmp_path, dagster_url=f"http://127.0.0.1:{free_port()}")
    populate(settings.service_database_url)

    with listening(create_app(settings)) as address, visiting(browser, address) as visitor:
        page = visitor.signed_in(ADMIN).look("/administration")
        expect(page.get_by_role("alert")).to_contain_text("Dagster does not answer")
        page.get_by_role("button", name="Ingest", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The service is not ready")

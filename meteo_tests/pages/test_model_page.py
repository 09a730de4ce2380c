"""The model page: read by everyone, and the way to another champion for administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_tests.api.clients import answers_at, eventually, free_port, listening
from meteo_tests.api.conftest import cached
from meteo_tests.api.people import ADMIN, USER, populate
from meteo_tests.api.versions import (
    FAILING,
    FIRST,
    FOREIGN,
    SECOND,
    champion_of,
    own_registry,
    register_versions,
    registry_of,
)
from meteo_tests.pages.browsing import WAYS, Visitor, visiting

SIDE_BY_SIDE = f"/model?a={FIRST}&b={SECOND}"
REASON = "new gauges <b>in the north</b>"


@pytest.fixture(scope="module")
def registered_home(
    tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels
) -> Home:
    home = Home(tmp_path_factory.mktemp("versions"))
    register_versions(home, weather, models)
    return home


@pytest.fixture
def home(tmp_path: Path, registered_home: Home) -> Home:
    return own_registry(tmp_path, registered_home)


@contextmanager
def service(home: Home, **settings: object) -> Iterator[str]:
    """Address of a service that has taken up the registry's champion, if it can be asked."""
    chosen = Settings(home_dir=home.root, **settings)  # pyright: ignore[reportArgumentType]
    populate(chosen.service_database_url)
    with listening(create_app(chosen)) as address:
        yield address


@pytest.fixture
def address(home: Home) -> Iterator[str]:
    with service(home) as address:
        yield address


@pytest.fixture
def admin(browser: Browser, address: str) -> Iterator[Visitor]:
    with visiting(browser, address) as visitor:
        yield visitor.signed_in(ADMIN)


def test_the_page_and_the_way_to_a_promotion_hinder_nobody(browser: Browser, address: str):
    for way in WAYS:
        with visiting(browser, address, way) as visitor:
            visitor.signed_in(ADMIN)
            visitor.look(SIDE_BY_SIDE)
            page = visitor.look(f"/model/promote/{SECOND}")
            page.get_by_label("Reason").fill("to see the question")
            page.get_by_role("button", name="Go on").click()
            visitor.require_sound(page)


@pytest.mark.fault("XSS: markup in the reason of a promotion", "shown as text, in a browser")
def test_a_promotion_is_confirmed_by_version_reason_and_champion_and_a_rollback_undoes_it(
    admin: Visitor, home: Home
):
    page = admin.open("/model")

    page.get_by_role("link", name=f"Promote version {SECOND}", exact=False).click()
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Go on").click()
    question = page.locator("dl.facts")
    expect(question).to_contain_text(f"version {SECOND}")
    expect(question).to_contain_text(f"version {FIRST}")
    expect(question).to_contain_text(REASON)
    assert champion_of(home) == FIRST
    page.get_by_role("button", name=f"Promote version {SECOND}").click()

    done = f"Version {SECOND} became champion, version {FIRST} was."
    expect(page.get_by_role("status")).to_contain_text(done)
    expect(page.locator("main")).to_contain_text(f"Version {SECOND} makes the forecasts.")
    assert champion_of(home) == SECOND
    assert registry_of(home).history()[0].who == ADMIN
    admin.require_sound(page)

    page.get_by_role("link", name=f"Roll back to version {FIRST}", exact=False).click()
    page.get_by_label("Reason").fill("chances too high")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=f"Roll back to version {FIRST}").click()
    expect(page.get_by_role("status")).to_contain_text("became champion again by a rollback")
    expect(page.locator("main")).to_contain_text(f"Version {FIRST} makes the forecasts.")
    assert champion_of(home) == FIRST

    page = admin.open("/administration/audit")
    expect(page.locator("table")).to_contain_text(f"asked: promote: {REASON}")
    expect(page.locator("table")).to_contain_text(f"done: version {FIRST} is champion")


def test_a_champion_that_changes_meanwhile_stops_the_promotion(admin: Visitor, home: Home):
    page = admin.open(f"/model/promote/{SECOND}")
    page.get_by_label("Reason").fill("decided on old news")
    page.get_by_role("button", name="Go on").click()
    registry_of(home).promote(FAILING, reason="elsewhere", who="someone")

    page.get_by_role("button", name=f"Promote version {SECOND}").click()

    expect(page.get_by_role("alert")).to_contain_text(f"version {FIRST} is not champion any more")
    assert champion_of(home) == FAILING


def test_a_version_that_failed_or_cannot_serve_is_not_promoted_in_passing(admin: Visitor, home: Home):
    page = admin.open(f"/model/promote/{FAILING}")
    expect(page.locator("main")).to_contain_text("has not passed its checks")
    expect(page.locator("main")).not_to_contain_text("is calibrated: passed")
    page.get_by_label("Reason").fill("all the same")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=f"Promote version {FAILING}").click()
    expect(page.get_by_role("alert")).to_contain_text("has not passed its checks")

    page = admin.open(f"/model/promote/{FOREIGN}")
    page.get_by_label("Reason").fill("by its number")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name=f"Promote version {FOREIGN}").click()
    expect(page.get_by_role("alert")).to_contain_text("was trained on other predictors")

    assert champion_of(home) == FIRST


def test_a_reason_that_says_nothing_is_asked_for_again(admin: Visitor):
    page = admin.open(f"/model/promote/{SECOND}")

    page.get_by_label("Reason").fill("   ")
    page.get_by_role("button", name="Go on").click()

    expect(page.locator("#reason-error")).to_have_text("Must not be empty.")
    expect(page.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")


def test_two_versions_are_chosen_and_compared(admin: Visitor):
    page = admin.open("/model")

    page.get_by_label("Compare", exact=True).select_option(str(FIRST))
    page.get_by_label("with", exact=True).select_option(str(SECOND))
    page.get_by_role("button", name="Compare").click()

    compared = page.locator("#compared")
    expect(compared.get_by_role("heading", level=2)).to_have_text(f"Version {FIRST} beside version {SECOND}")
    expect(compared).to_contain_text("better beyond doubt than version 1")
    expect(compared).to_contain_text("Better beyond doubt at Albury; worse at Cobar.")


def test_users_read_and_find_nothing_to_press(browser: Browser, address: str):
    with visiting(browser, address) as visitor:
        visitor.signed_in(USER)
        page = visitor.look(SIDE_BY_SIDE)

        assert page.get_by_role("link", name="Promote", exact=False).count() == 0
        assert page.locator("main form[method=post]").count() == 0
        visitor.open(f"/model/promote/{SECOND}", status=403)
        visitor.open("/model/rollback", status=403)


def test_a_promotion_needs_no_script(browser: Browser, address: str, home: Home):
    with visiting(browser, address, java_script_enabled=False) as plain:
        page = plain.signed_in(ADMIN).open(f"/model/promote/{SECOND}")
        page.get_by_label("Reason").fill("without a script")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name=f"Promote version {SECOND}").click()

        expect(page.get_by_role("status")).to_contain_text(f"Version {SECOND} became champion")
    assert champion_of(home) == SECOND


def test_without_a_registry_the_page_says_so_and_shows_the_model_in_service(
    browser: Browser, tmp_path: Path, models: RainModels
):
    home = Home(tmp_path)
    cached(home, models, version=7)

    with (
        service(home, mlflow_uri=f"http://127.0.0.1:{free_port()}") as address,
        visiting(browser, address) as visitor,
    ):
        eventually(lambda: answers_at(f"{address}/health/live"))
        page = visitor.signed_in(ADMIN).look("/model")

        expect(page.get_by_role("alert")).to_contain_text("The model registry cannot be asked now")
        expect(page.locator("main")).to_contain_text("Version 7 makes the forecasts.")


def test_a_version_that_is_not_there_is_said_not_to_be(admin: Visitor):
    page = admin.look(f"/model?a={FIRST}&b=99", status=404)

    expect(page.get_by_role("alert")).to_contain_text("There is no version 99")
    admin.look("/model/promote/99", status=404)

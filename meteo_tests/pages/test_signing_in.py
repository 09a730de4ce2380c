"""Signing in and out as people do it."""

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser, Page, expect

from meteo_tests.api.people import ADMIN, PASSWORD, USER
from meteo_tests.pages.browsing import WAYS, Visitor, visiting

BROWSER = {"accept": "text/html"}


@pytest.fixture(params=WAYS)
def newcomer(request: pytest.FixtureRequest, browser: Browser, site: str):
    with visiting(browser, site, request.param) as newcomer:
        yield newcomer


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def test_who_is_not_signed_in_is_led_to_the_form_and_back(newcomer: Visitor):
    page = newcomer.look("/stations/Albury?issue=morning")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)

    fill_in(page, USER, PASSWORD)

    expect(page.get_by_role("heading", level=1)).to_have_text("Albury")
    assert page.url.endswith("/stations/Albury?issue=morning")
    newcomer.require_sound(page)


def test_a_wrong_password_is_said_beside_the_form_and_the_name_is_kept(newcomer: Visitor):
    page = newcomer.open("/sign-in?next=/what-if")

    fill_in(page, USER, "not the password")

    expect(page.get_by_role("alert")).to_contain_text("name or password is wrong")
    expect(page.get_by_label("Name")).to_have_value(USER)
    expect(page.get_by_label("Password")).to_have_value("")
    newcomer.require_sound(page)
    fill_in(page, USER, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("What if")


def test_who_signs_out_is_out(browser: Browser, site: str):
    with visiting(browser, site) as visitor:
        page = visitor.open("/sign-in")
        fill_in(page, USER, PASSWORD)

        page.get_by_text(USER, exact=True).click()
        page.get_by_role("button", name="Sign out").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page = visitor.open("/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_signing_out_everywhere_ends_the_other_browser_too(browser: Browser, site: str):
    with visiting(browser, site) as here, visiting(browser, site) as there:
        for visitor in (here, there):
            page = visitor.open("/sign-in")
            fill_in(page, ADMIN, PASSWORD)
            expect(page.get_by_role("link", name="Administration")).to_be_visible()
        page = here.open("/account")

        page.get_by_role("button", name="Sign out everywhere").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(there.open("/account").get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_account_page_hinders_nobody(visitor: Visitor):
    page = visitor.look("/account")

    expect(page.get_by_text("reads everything and asks what-if questions")).to_be_visible()
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)


def test_another_password_takes_the_present_one_and_is_not_too_short(desk: Visitor):
    page = desk.open("/account")

    page.get_by_label("Present password").fill("not the password")
    page.get_by_label("New password").fill("a long enough new password")
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator("#error-present")).to_contain_text("not your present password")

    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Change the password").click()
    expect(page.locator("#error-new")).to_contain_text("at least 12 characters")
    desk.require_sound(page)


def test_nobody_is_led_elsewhere_from_the_form(stranger: TestClient):
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        page = stranger.get("/sign-in", params={"next": elsewhere}, headers=BROWSER).text

        assert 'name="next" value="/"' in page


@pytest.mark.fault("XSS: markup in the name at sign-in", "shown as text")
def test_a_wrong_password_is_401_for_a_browser_and_the_name_is_no_markup(stranger: TestClient):
    data = {"name": '"><script>alert(1)</script>', "password": "wrong"}
    answer = stranger.post("/sign-in", data=data, headers=BROWSER)

    assert answer.status_code == 401
    assert "<script>alert" not in answer.text

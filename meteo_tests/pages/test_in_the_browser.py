"""Every page as people meet it: phone and desk, light and dark, keyboard, no script."""

import pytest
from playwright.sync_api import Browser, expect

from meteo_tests.pages.browsing import Visitor, visiting

PAGES = (
    "/",
    "/?threshold=ge_10_0&sort=chance",
    "/?issue=morning&sort=station",
    "/stations/Albury",
    "/stations/Albury?issue=morning",
    "/stations/Woomera",
    "/what-if",
    "/what-if?station=Albury&issue=morning",
    "/about",
    "/about/model",
)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_hinders_nobody(visitor: Visitor, path: str):
    visitor.look(path)


@pytest.mark.parametrize(("path", "status"), [("/nothing-here", 404), ("/stations/Nowhere", 404)])
def test_an_error_page_hinders_nobody(visitor: Visitor, path: str, status: int):
    page = visitor.look(path, status=status)

    expect(page.get_by_role("link", name="To the map")).to_be_visible()


def test_the_keyboard_begins_with_a_way_past_the_navigation(desk: Visitor):
    page = desk.open("/stations/Albury")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert skip.evaluate("element => element.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_the_map_can_be_skipped_and_its_stations_reached_by_keyboard(desk: Visitor):
    page = desk.open("/")

    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused.startswith("/stations/")
    page.keyboard.press("Enter")

    page.wait_for_url("**/stations/*")


def test_a_threshold_is_chosen_without_a_reload_and_the_address_follows(desk: Visitor):
    page = desk.open("/")
    page.evaluate("window.still = true")

    page.get_by_role("navigation", name="Threshold").get_by_text("5 mm", exact=False).first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Chance of at least 5 mm of rain")
    assert page.evaluate("window.still") is True
    assert "threshold=ge_5_0" in page.url
    assert "at least 5 mm" in page.locator("table caption").inner_text()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chance of more than 1 mm of rain")
    desk.require_sound(page)


def test_a_station_on_the_map_leads_to_its_page(desk: Visitor):
    page = desk.open("/")

    page.locator("svg a[href='/stations/Albury']").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Albury")
    desk.require_sound(page)


def test_a_what_if_is_answered_without_a_reload(desk: Visitor):
    page = desk.open("/what-if?station=Albury&date=2016-06-24")
    page.evaluate("window.still = true")
    expect(page.locator("#answer")).to_contain_text("The day as it was observed")

    page.get_by_label("Relative humidity at 3 pm %").fill("97")
    page.get_by_label("Relative humidity at 9 am %").fill("98")
    page.keyboard.press("Enter")

    expect(page.locator("#answer")).to_contain_text("against the day as it was observed")
    expect(page.locator("#answer")).to_contain_text("What moved it")
    assert page.evaluate("window.still") is True
    assert page.evaluate("document.activeElement.id") == "humidity_9am"
    assert page.get_by_label("Relative humidity at 3 pm %").input_value() == "97"
    desk.require_sound(page)


def test_what_cannot_be_is_said_beside_the_field(visitor: Visitor):
    page = visitor.open("/what-if?station=Albury&date=2016-06-24")

    page.get_by_label("Relative humidity at 3 pm %").fill("150")
    page.locator("#ask").click()

    expect(page.locator("#error-humidity_3pm")).to_contain_text("must be from 0 to 100")
    field = page.locator("#humidity_3pm")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert "error-humidity_3pm" in (field.get_attribute("aria-describedby") or "")
    expect(page.locator("#answer")).to_contain_text("Not answered")
    visitor.require_sound(page)


def test_another_station_fills_the_form_anew(desk: Visitor):
    page = desk.open("/what-if?station=Albury&date=2016-06-24")
    before = page.locator("#pressure_9am").input_value(), page.locator("#temp_9am").input_value()

    page.get_by_label("Station", exact=True).select_option("Adelaide")

    expect(page.locator("#answer")).to_contain_text("Adelaide")
    after = page.locator("#pressure_9am").input_value(), page.locator("#temp_9am").input_value()
    assert after != before


def test_a_what_if_needs_no_script(browser: Browser, site: str):
    with visiting(browser, site, java_script_enabled=False) as plain:
        plain.signed_in()
        page = plain.open("/what-if?station=Albury&date=2016-06-24")

        page.get_by_label("Relative humidity at 3 pm %").fill("97")
        page.locator("#ask").click()

        expect(page.locator("#answer")).to_contain_text("against the day as it was observed")
        expect(page.locator("#humidity_3pm")).to_have_value("97")

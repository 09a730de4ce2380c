"""The drift page: a verdict in words, and a report that can do nothing to whoever opens it."""

from datetime import date
from pathlib import Path

import pytest
from litestar.testing import TestClient
from playwright.sync_api import expect

from meteo_core.drift.distributions import Distribution, to_json
from meteo_core.drift.files import Subject, distributions_file
from meteo_core.home import Home
from meteo_tests.api.clients import problem_of
from meteo_tests.pages.browsing import Visitor

WEEK = "2016-06-12"
REPORT = f"/drift/report/{WEEK}"
CURIOUS = """<!doctype html><title>Report</title><h1 id="said">nothing</h1><script>
let cookie; try { cookie = document.cookie } catch (error) { cookie = error.name }
fetch("/api/v1/stations").then(() => "answered", () => "refused").then(
  answer => { document.getElementById("said").textContent = `cookie: ${cookie}, service: ${answer}` })
</script>"""
"""A report that looks around."""


@pytest.fixture(autouse=True)
def report(served_home: Home) -> Path:
    page = served_home.drift / WEEK / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(CURIOUS)
    for subject, parameter in ((Subject.OBSERVATIONS, "pressure_9am"), (Subject.REQUESTS, "humidity_3pm")):
        shares = Distribution(edges=[-2.0, 0.0, 2.0], current=[0.1, 0.9], reference=[0.5, 0.5])
        distributions_file(served_home.drift, date.fromisoformat(WEEK), subject).write_text(
            to_json({parameter: shares})
        )
    return page


@pytest.mark.parametrize("path", ["/drift", "/drift?week=2016-06-05"])
def test_the_page_hinders_nobody(visitor: Visitor, path: str):
    visitor.look(path)


def test_the_verdict_is_said_in_words(desk: Visitor):
    page = desk.open("/drift")

    expect(page.get_by_text("Drift: Mean sea level pressure at 9 am.")).to_be_visible()
    expect(page.get_by_text("Insufficient data for 1 of the parameters")).to_be_visible()
    page.get_by_role("link", name="5 Jun 2016").click()
    expect(page.get_by_text("Insufficient data: a verdict needs 200 values")).to_be_visible()
    expect(page.get_by_text("There is no full report of this week.")).to_be_visible()


def test_alarms_say_where_and_since_when(desk: Visitor):
    alarms = desk.open("/drift").locator("#alarms")

    row = alarms.get_by_role("row", name="Mean sea level pressure at 3 pm")
    expect(row).to_contain_text("Sydney")
    expect(row).to_contain_text("20 Jun 2016")
    expect(row).to_contain_text("1.45")
    expect(alarms.get_by_text("1 alarm of the last 60 days that is over")).to_be_visible()


def test_what_drifts_is_drawn_of_observations_and_of_questions(desk: Visitor):
    page = desk.open("/drift")
    page.wait_for_load_state("networkidle")

    drawn = page.locator("img[src^='/charts/distribution.svg']")
    assert drawn.count() == 2
    for picture in drawn.all():
        assert picture.evaluate("image => image.naturalWidth") > 0
    expect(page.locator("#asked")).to_contain_text("Drift: Relative humidity at 3 pm.")
    assert not desk.complaints


def test_questions_that_are_too_few_say_so(desk: Visitor):
    page = desk.open("/drift?week=2016-06-05")

    expect(page.locator("#asked")).to_contain_text(
        "Insufficient data: a verdict needs 200 questions that give the parameter"
    )


def test_there_is_no_picture_of_what_was_not_kept(client: TestClient):
    chart = "/charts/distribution.svg"
    problem_of(client.get(chart, params={"week": WEEK, "parameter": "sunshine"}), 404)
    problem_of(client.get(chart, params={"week": "1900-01-01", "parameter": "pressure_9am"}), 404)
    problem_of(client.get(REPORT, params={"subject": "requests"}), 404)
    problem_of(client.get(REPORT, params={"subject": "../../secret"}), 422)


@pytest.mark.fault("script in Evidently's report", "locked in, reaches nothing")
def test_a_report_runs_its_scripts_and_reaches_nothing(desk: Visitor):
    page = desk.open(REPORT)

    expect(page.locator("#said")).to_have_text("cookie: SecurityError, service: refused")


def test_a_report_is_for_those_who_are_signed_in(client: TestClient, stranger: TestClient):
    answer = client.get(REPORT)

    assert answer.status_code == 200
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    asked = stranger.get(REPORT, follow_redirects=False)
    assert (asked.status_code, asked.headers["location"][:8]) == (303, "/sign-in")


@pytest.mark.parametrize("week", ["2016-06-05", "1900-01-01", "..%2f..", "lately", "2016-06-12%00"])
def test_there_is_no_report_but_those_of_weeks(client: TestClient, week: str):
    problem_of(client.get(f"/drift/report/{week}"), 404)

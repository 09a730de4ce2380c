"""Errors are pages for people and problem details for programs."""

import pytest
from litestar.testing import TestClient

from meteo_tests.api.clients import problem_of

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_gets_a_page(client: TestClient):
    answer = client.get("/nothing-here", headers=BROWSER)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>There is nothing here</h1>" in answer.text
    assert 'aria-label="Main"' in answer.text


def test_a_program_gets_problem_details(client: TestClient):
    assert problem_of(client.get("/nothing-here"), 404)["title"] == "There is nothing here"


def test_an_endpoint_answers_problem_details_even_to_a_browser(client: TestClient):
    problem_of(client.get("/api/v1/forecasts/Nowhere", headers=BROWSER), 404)


def test_htmx_gets_a_notice_alone(client: TestClient):
    answer = client.get("/nothing-here", headers={"hx-request": "true"})

    assert answer.status_code == 404
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.fault("XSS: markup in an address", "shown as text")
def test_what_was_asked_for_is_never_markup(client: TestClient):
    answer = client.get("/%3Cscript%3Ealert(1)%3C/script%3E", headers=BROWSER)

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text

"""Every address of the service as the app itself lists them: none is forgotten when one is added."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from meteo_api.accounts.forgery import SAFE
from meteo_api.accounts.guards import requires_admin
from meteo_api.strict_json import _takes_json
from meteo_tests.api.accounts_service import USERS, Service, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, PASSWORD

BROWSER = {"Accept": "text/html"}
JSON = {"Content-Type": "application/json"}
VALUES = {"int": "1", "str": "x", "date": "2016-06-12", "path": "/x"}
"""What stands for a parameter of a path, by its kind."""
MARKUP = "<script>alert(1)</script>"
OPEN_FORMS = 'action="/(sign-in|language)"'
"""What they change takes no session; a page elsewhere is told by what the browser says of it."""
DEEP = ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
ONLY_READ_BY_USERS = {"GET /api/v1/models/compare", "POST /api/v1/predictions"}
"""Two of many, to see that the list of what administers is not simply everything."""


def addresses(client: TestClient) -> Iterator[tuple[str, str, Any]]:
    """Method, path with something in place of its parameters, and handler."""
    for route in client.app.routes:
        for handler in getattr(route, "route_handlers", []):
            path = re.sub(r"\{\w+:(\w+)\}", lambda found: VALUES[found[1]], route.path)
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield method, path, handler


def _guard(declared: Any) -> Any:
    """The guard itself, which Litestar keeps within a function that can be awaited."""
    return getattr(declared, "func", declared)


def for_administrators(client: TestClient) -> list[tuple[str, str]]:
    return [
        (method, path)
        for method, path, handler in addresses(client)
        if requires_admin in [_guard(each) for each in handler.resolve_guards()]
    ]


@pytest.mark.fault("a user's token at every address of administrators", "403")
def test_a_user_gets_nowhere_that_is_for_administrators(client: TestClient):
    closed = for_administrators(client)

    answers = {f"{m} {p}": client.request(m, p, json={}).status_code for m, p in closed}

    assert len(closed) >= 20
    assert not ONLY_READ_BY_USERS & answers.keys()
    assert {address: status for address, status in answers.items() if status != 403} == {}


@pytest.mark.fault("nobody's request at every address that is not open", "401, or the sign-in page")
def test_a_stranger_gets_nowhere_but_where_all_may(stranger: TestClient):
    closed = [(m, p) for m, p, handler in addresses(stranger) if not handler.opt.get("open")]

    answers = {f"{m} {p}": stranger.request(m, p, json={}, follow_redirects=False) for m, p in closed}

    assert len(closed) >= 50
    for address, answer in answers.items():
        sent_to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
        assert answer.status_code == 401 or (answer.status_code == 303 and sent_to_sign_in), address
    assert answers["POST /api/v1/predictions"].status_code == 401


@pytest.mark.fault("body nested 100,000 deep at every address that takes JSON", "400")
@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects"])
def test_no_address_fails_at_deep_nesting(admin: TestClient, body: str):
    taking = [
        (method, path)
        for method, path, handler in addresses(admin)
        if handler.parsed_data_field is not None and _takes_json(handler.parsed_data_field)
    ]
    headers = {"Content-Type": "application/json"}

    answers = {f"{m} {p}": admin.request(m, p, content=body, headers=headers) for m, p in taking}

    assert {"POST /api/v1/predictions", "POST /api/v1/runs", "POST /api/v1/users"} <= answers.keys()
    for answer in answers.values():
        problem_of(answer, 400)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as service:
        yield service


@pytest.mark.fault("CSRF at every address that changes something", "403, nothing done")
def test_no_address_does_anything_for_a_session_without_a_page_of_ours(service: Service):
    client = service.client
    client.post("/sign-in", data={"name": ADMIN, "password": PASSWORD})
    changing = [
        (m, p) for m, p, handler in addresses(client) if m not in SAFE and not handler.opt.get("open")
    ]

    answers = {
        f"{m} {p}{sent_by or ''}": client.request(
            m, p, headers=sent_by, json={}, follow_redirects=False
        ).status_code
        for m, p in changing
        for sent_by in ({}, {"HX-Request": "true"})
    }

    assert {"POST /sign-out", "POST /api/v1/logout", "PATCH /api/v1/users/x"} <= answers.keys()
    assert {address: status for address, status in answers.items() if status != 403} == {}
    assert client.get("/api/v1/me").status_code == 200


def test_every_form_that_changes_something_says_that_the_page_is_ours():
    templates = Path(str(files("meteo_api") / "templates"))
    forms = [
        (template.name, form)
        for template in sorted(templates.rglob("*.html"))
        for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.DOTALL)
    ]

    without = [name for name, form in forms if "_csrf.html" not in form and not re.search(OPEN_FORMS, form)]

    assert len(forms) >= 15
    assert without == []


@pytest.mark.fault("XSS: markup as a user's name", "no such name; never markup on a page")
def test_markup_is_no_name_and_is_shown_as_text(service: Service):
    token = service.token(ADMIN)
    bad = {"name": MARKUP, "password": "nine dry yellow deserts"}

    refused = service.client.post(USERS, content=json.dumps(bad), headers=bearing(token) | JSON)
    session = service.client.post("/sign-in", data={"name": ADMIN, "password": PASSWORD})
    page = service.client.get("/administration/users", headers=BROWSER).text
    csrf = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert csrf is not None
    again = service.client.post("/administration/users", data=bad | {"_csrf_token": csrf[1]}, headers=BROWSER)

    problem_of(refused, 422)
    assert session.status_code == 303
    assert again.status_code == 422
    assert MARKUP not in again.text
    assert "&lt;script&gt;" in again.text

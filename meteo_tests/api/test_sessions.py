"""Sessions of browsers: the cookie, forged requests, where one goes after signing in."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from meteo_api.accounts.remembered import FRESH_SECONDS
from meteo_api.front import CONTENT_SECURITY_POLICY
from meteo_tests.api.accounts_service import ME, SECRET, Service, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, PASSWORD, USER

BROWSER = {"Accept": "text/html"}
LOGOUT = "/api/v1/logout"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as service:
        yield service


def sign_in(service: Service, *, headers: dict[str, str] | None = None, **fields: str) -> Any:
    form = {"name": USER, "password": PASSWORD} | fields
    return service.client.post("/sign-in", data=form, headers=headers)


def csrf_token(service: Service) -> str:
    page = service.client.get("/account", headers=BROWSER).text
    return page.split('name="_csrf_token" value="')[1].split('"')[0]


def test_a_session_lets_a_browser_in(service: Service):
    answer = sign_in(service)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    me = service.client.get(ME).json()
    assert (me["name"], me["signed_in_by"]) == (USER, "session")
    assert me["expires_at"] == "2016-06-25T20:00:00Z"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(service: Service):
    cookie = sign_in(service).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie  # over plain HTTP no browser would send it back


def test_over_https_the_cookie_stays_there(service: Service):
    service.client.base_url = "https://127.0.0.1:8000"

    answer = sign_in(service)

    assert "__Host-meteo-session=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert service.client.get(ME).status_code == 200


def test_each_sign_in_is_a_new_session_and_ends_the_one_before(service: Service):
    first = sign_in(service).cookies["meteo-session"]
    second = sign_in(service).cookies["meteo-session"]

    assert first != second
    service.client.cookies.clear()
    problem_of(service.client.get(ME, headers={"Cookie": f"meteo-session={first}"}), 401)
    assert service.client.get(ME, headers={"Cookie": f"meteo-session={second}"}).status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "a=b; meteo-session=", "meteo-session=" + "x" * 43])
def test_another_cookie_is_nobodys(service: Service, cookie: str):
    problem_of(service.client.get(ME, headers={"Cookie": cookie}), 401)


@pytest.mark.fault("a second session cookie planted", "refused")
def test_a_planted_second_cookie_is_refused(service: Service):
    mine = sign_in(service).cookies["meteo-session"]
    service.client.cookies.clear()

    problem_of(
        service.client.get(ME, headers={"Cookie": f"meteo-session={mine}; meteo-session=planted"}), 401
    )


@pytest.mark.fault("the service's secret replaced", "every session and token ends")
def test_another_secret_of_the_service_ends_every_sign_in(tmp_path: Path):
    with serving(tmp_path) as service:
        cookie, token = sign_in(service).cookies["meteo-session"], service.token()
    sent = {"Cookie": f"meteo-session={cookie}"}

    with serving(tmp_path) as service:
        assert service.client.get(ME, headers=sent).status_code == 200
        assert service.get(token).status_code == 200
    with serving(tmp_path, secret=SECRET[::-1]) as service:
        problem_of(service.client.get(ME, headers=sent), 401)
        problem_of(service.get(token), 401)


def test_a_session_ends_when_it_is_not_used(service: Service):
    sign_in(service)
    for _ in range(3):
        service.clock.forward(minutes=50)
        time.sleep(FRESH_SECONDS + 0.05)
        assert service.client.get(ME).status_code == 200

    service.clock.forward(minutes=61)
    time.sleep(FRESH_SECONDS + 0.05)

    problem_of(service.client.get(ME), 401)


def test_a_session_holds_while_the_database_can_be_read_and_not_written(service: Service):
    sign_in(service)
    engine = service.app.dependencies["database"].dependency().engine
    event.listen(engine, "checkout", lambda connection, *_: connection.execute("PRAGMA query_only = ON"))
    service.clock.forward(minutes=50)
    time.sleep(FRESH_SECONDS + 0.05)

    assert service.client.get(ME).status_code == 200
    problem_of(service.login(), 503)


def test_a_session_ends_after_its_day_however_much_it_is_used(service: Service):
    sign_in(service)
    for _ in range(15):
        service.clock.forward(minutes=47.9)
        time.sleep(FRESH_SECONDS + 0.01)
        assert service.client.get(ME).status_code == 200

    service.clock.forward(minutes=5)
    time.sleep(FRESH_SECONDS + 0.01)

    problem_of(service.client.get(ME), 401)


@pytest.mark.fault("CSRF: no token, a guessed one", "403, nothing done")
def test_a_request_that_changes_something_shows_that_our_page_sent_it(service: Service):
    sign_in(service)
    token = csrf_token(service)

    for headers in ({}, {"x-csrftoken": "guessed"}, {"x-csrftoken": ""}, {"x-csrftoken": token[:-1] + "x"}):
        problem_of(service.client.post(LOGOUT, headers=headers), 403)
    assert service.client.get(ME).status_code == 200
    assert service.client.post(LOGOUT, headers={"x-csrftoken": token}).status_code == 204
    problem_of(service.client.get(ME), 401)


def test_a_form_shows_it_too(service: Service):
    sign_in(service)
    token = csrf_token(service)

    problem_of(service.client.post("/sign-out", data={"_csrf_token": "guessed"}), 403)
    left = service.client.post("/sign-out", data={"_csrf_token": token})

    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    problem_of(service.client.get(ME), 401)


@pytest.mark.fault("CSRF: token of another session", "403")
@pytest.mark.parametrize("name", [ADMIN, USER])
def test_the_token_of_one_session_is_worth_nothing_in_another(service: Service, name: str):
    sign_in(service)
    token = csrf_token(service)
    service.client.cookies.clear()
    sign_in(service, name=name)

    problem_of(service.client.post(LOGOUT, headers={"x-csrftoken": token}), 403)


def test_signing_out_everywhere_ends_sessions_and_tokens_of_that_user_alone(service: Service):
    of_user, of_admin = service.token(), service.token(ADMIN)
    elsewhere = {"Cookie": f"meteo-session={sign_in(service).cookies['meteo-session']}"}
    service.client.cookies.clear()
    sign_in(service)

    left = service.client.post("/account/sign-out-everywhere", data={"_csrf_token": csrf_token(service)})

    assert left.status_code == 303
    service.client.cookies.clear()
    problem_of(service.client.get(ME, headers=elsewhere), 401)
    problem_of(service.get(of_user), 401)
    assert service.get(of_admin).status_code == 200


def test_a_bearer_token_needs_no_other(service: Service):
    token = service.token()

    assert service.client.post(LOGOUT, headers=bearing(token)).status_code == 204


@pytest.mark.fault("CSRF: sign-in sent by a page elsewhere", "403, no cookie")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_a_page_elsewhere_cannot_sign_anybody_in(service: Service, headers: dict[str, str]):
    answer = sign_in(service, headers=headers)

    problem_of(answer, 403)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1:8000"}],
)
def test_our_own_page_can(service: Service, headers: dict[str, str]):
    assert sign_in(service, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "there",
    ["/what-if", "/stations/Albury?threshold=ge_5_0", "/a%20b?x=%E2%98%83&y=//", "/drift#here"],
)
def test_one_goes_on_to_the_page_one_came_for(service: Service, there: str):
    assert sign_in(service, next=there).headers["location"] == there


@pytest.mark.fault("open redirect after signing in", "the start page instead")
@pytest.mark.parametrize(
    "there",
    [
        *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
        *(
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "evil.example",
            "",
        ),
        *("/sign-in", "/x\r\nSet-Cookie: a=b", "/\u2028", "/" + "x" * 5000, "http:/evil.example"),
    ],
)
def test_one_never_goes_elsewhere(service: Service, there: str):
    answer = sign_in(service, next=there)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_stranger_is_sent_to_sign_in_and_back(service: Service):
    answer = service.client.get("/what-if?day=2016-06-24&x=%2F", headers=BROWSER)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/what-if%3Fday%3D2016-06-24%26x%3D%252F"
    page = service.client.get(answer.headers["location"], headers=BROWSER).text
    assert 'value="/what-if?day=2016-06-24&amp;x=%2F"' in page


def test_htmx_is_told_to_leave_the_page(service: Service):
    here = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/what-if?station=Albury"}

    answer = service.client.post("/what-if", data={}, headers=here)

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=/what-if%3Fstation%3DAlbury"


@pytest.mark.fault("an address that is none, sent by HTMX", "the start page instead")
def test_an_address_that_is_none_leads_to_the_start_page(service: Service):
    here = {"HX-Request": "true", "HX-Current-URL": "http://["}

    answer = service.client.post("/what-if", data={}, headers=here)

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


@pytest.mark.fault("clickjacking, sniffing", "every answer forbids frames and guessing")
@pytest.mark.parametrize(
    "path", ["/sign-in", "/nothing", "/api/v1/me", "/health/live", "/", "/schema/openapi.json"]
)
def test_every_answer_has_the_security_headers(service: Service, path: str):
    headers = service.client.get(path).headers

    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", [ME, "/api/v1/users", "/api/v1/audit", "/account"])
def test_what_is_personal_is_kept_by_nobody(service: Service, path: str):
    sign_in(service, name=ADMIN)

    answer = service.client.get(path)

    assert answer.status_code == 200
    assert {"no-store", "private"} & set(answer.headers["cache-control"].replace(",", " ").split())


@pytest.mark.parametrize("path", ["/health/live", "/sign-in", "/api/v1/me", "/nothing", "/api/v1/stations"])
def test_head_is_answered_as_get_without_the_body(service: Service, path: str):
    headers = bearing(service.token())
    get, head = service.client.get(path, headers=headers), service.client.head(path, headers=headers)

    assert head.status_code == get.status_code
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.content == b""

"""Bearer tokens: who may ask with which, and from when on not any more."""

import base64
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from meteo_api.accounts.account import Role
from meteo_api.accounts.passwords import hashed
from meteo_api.accounts.remembered import FRESH_SECONDS
from meteo_tests.api.accounts_service import ME, SECRET, START, USERS, Service, bearing, serving
from meteo_tests.api.clients import problem_of
from meteo_tests.api.people import ADMIN, LOGIN, PASSWORD, USER

HALF_AN_HOUR = 1800


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as service:
        yield service


def test_a_name_and_a_password_give_a_token_for_half_an_hour(service: Service):
    answer = service.login()

    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == HALF_AN_HOUR
    assert answer.headers["cache-control"] == "no-store"
    me = service.get(answer.json()["access_token"]).json()
    assert me == {
        "name": USER,
        "role": "user",
        "signed_in_by": "token",
        "expires_at": "2016-06-25T08:30:00Z",
    }


def test_names_are_the_same_in_capital_letters(service: Service):
    assert service.login(USER.upper()).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/stations", "/api/v1/forecasts", "/api/v1/model", "/api/v1/models", "/api/v1/runs", ME),
        *("/api/v1/users", "/api/v1/audit", "/api/v1/verification", "/api/v1/cards/model"),
    ],
)
def test_whoever_is_not_signed_in_is_told_how(service: Service, path: str):
    answer = service.client.get(path)

    problem_of(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_kept_answer_is_not_for_strangers(client, stranger):
    assert client.get("/api/v1/stations").status_code == 200

    problem_of(stranger.get("/api/v1/stations"), 401)


@pytest.mark.parametrize("path", ["/health/live", "/schema/openapi.json", "/sign-in"])
def test_some_addresses_are_open(service: Service, path: str):
    assert service.client.get(path).status_code == 200
    assert service.client.get(path, headers=bearing("nonsense")).status_code == 200


def forged(**changed: Any) -> dict[str, Any]:
    now = int(START.timestamp())
    return {"iss": "meteo", "sub": "1", "jti": "1", "iat": now, "exp": now + 600} | changed


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
    )


def test_the_forged_tokens_would_be_good_if_they_were_ours(service: Service):
    service.token()  # sign-in 1 of user 1

    assert service.get(jwt.encode(forged(), SECRET, algorithm="HS256")).status_code == 200


@pytest.mark.fault("token: alg=none, of another key, expired, altered claims", "401")
@pytest.mark.parametrize(
    "token",
    [
        jwt.encode(forged(), "another-secret-of-32-bytes-or-more!", algorithm="HS256"),
        jwt.encode(forged(), SECRET, algorithm="HS512"),
        unsigned(forged()),
        unsigned(forged()) + "x",
        jwt.encode(forged(exp=int(START.timestamp()) - 1), SECRET, algorithm="HS256"),
        jwt.encode(forged(exp=int(START.timestamp())), SECRET, algorithm="HS256"),
        jwt.encode(forged(sub="2"), SECRET, algorithm="HS256"),
        jwt.encode(forged(jti="2"), SECRET, algorithm="HS256"),
        jwt.encode(forged(jti="9" * 30), SECRET, algorithm="HS256"),
        jwt.encode(forged(jti="1 OR 1=1"), SECRET, algorithm="HS256"),
        jwt.encode(forged(iss="elsewhere"), SECRET, algorithm="HS256"),
        jwt.encode({k: v for k, v in forged().items() if k != "exp"}, SECRET, algorithm="HS256"),
        jwt.encode({k: v for k, v in forged().items() if k != "jti"}, SECRET, algorithm="HS256"),
        jwt.encode(forged(more="x" * 5000), SECRET, algorithm="HS256"),
        "",
        "a.b.c",
        "....",
        "\u00e9",
        "x" * 100_000,
    ],
    ids=lambda token: token[-12:],
)
def test_a_token_that_is_not_ours_or_not_good_any_more_is_refused(service: Service, token: str):
    service.token()

    answer = service.client.get(ME, headers={b"Authorization": b"Bearer " + token.encode()})

    problem_of(answer, 401)


@pytest.mark.fault("token with one letter changed", "401")
def test_every_part_of_a_token_counts(service: Service):
    token = service.token()

    for place in (5, token.index(".") + 5, len(token) - 5):
        other = "A" if token[place] != "A" else "B"
        problem_of(service.get(token[:place] + other + token[place + 1 :]), 401)


@pytest.mark.parametrize("header", ["Basic YW5uYTp4", "Bearer", "bearer ", "Token x", "null", ""])
def test_another_authorization_is_refused(service: Service, header: str):
    problem_of(service.client.get(ME, headers={"Authorization": header}), 401)


def test_two_authorizations_are_refused(service: Service):
    header = ("Authorization", f"Bearer {service.token()}")

    assert service.client.get(ME, headers=[header]).status_code == 200
    problem_of(service.client.get(ME, headers=[header, header]), 401)


@pytest.mark.fault("token used after its time", "401")
def test_a_token_ends_with_its_time(service: Service):
    token = service.token()

    service.clock.forward(seconds=HALF_AN_HOUR - 1)
    before = service.get(token)
    time.sleep(2 * FRESH_SECONDS)
    service.clock.forward(seconds=1)

    assert before.status_code == 200
    problem_of(service.get(token), 401)


def test_its_time_can_be_set(tmp_path: Path):
    with serving(tmp_path, token_minutes=2) as service:
        assert service.login().json()["expires_in"] == 120


@pytest.mark.fault("token used after signing out", "401 at once, others go on")
def test_sign_out_ends_that_token_at_once_and_no_other(service: Service):
    one, other = service.token(), service.token()
    assert service.get(one).status_code == 200

    left = service.client.post("/api/v1/logout", headers=bearing(one))

    assert left.status_code == 204
    problem_of(service.get(one), 401)
    assert service.get(other).status_code == 200


@pytest.mark.fault("token of a disabled user", "401 at once, and after enabling too")
def test_who_is_disabled_is_out_at_once_and_old_tokens_stay_worthless(service: Service):
    token, admin = service.token(), service.token(ADMIN)
    assert service.get(token).status_code == 200

    disabled = service.client.patch(f"/api/v1/users/{USER}", json={"disabled": True}, headers=bearing(admin))

    assert disabled.status_code == 200
    problem_of(service.get(token), 401)
    problem_of(service.login(), 401)
    service.client.patch(f"/api/v1/users/{USER}", json={"disabled": False}, headers=bearing(admin))
    problem_of(service.get(token), 401)
    assert service.login().status_code == 200


def within_the_time_that_another_process_has(service: Service, token: str, path: str = ME) -> Any:
    time.sleep(FRESH_SECONDS + 0.05)
    return service.get(token, path)


def test_who_is_disabled_by_another_process_is_out_within_a_quarter_of_a_second(service: Service):
    token = service.token()
    assert service.get(token).status_code == 200

    with service.elsewhere() as users:
        users.change(USER, disabled=True, by="cli:someone")

    problem_of(within_the_time_that_another_process_has(service, token), 401)


@pytest.mark.fault("token of a user deleted, or shut out, in the database itself", "401")
@pytest.mark.parametrize(
    "statement", ["DELETE FROM users WHERE name = ?", "UPDATE users SET disabled = 1 WHERE name = ?"]
)
def test_who_is_deleted_or_shut_out_in_the_database_is_out(service: Service, statement: str):
    token = service.token()
    assert service.get(token).status_code == 200

    with sqlite3.connect(service.url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement, [USER])

    problem_of(within_the_time_that_another_process_has(service, token), 401)


@pytest.mark.fault("tokens from before another password", "401")
def test_another_password_ends_all_sign_ins(service: Service):
    token = service.token()
    assert service.get(token).status_code == 200

    with service.elsewhere() as users:
        users.change(USER, password="nine dry yellow deserts", by="cli:someone")

    problem_of(within_the_time_that_another_process_has(service, token), 401)
    problem_of(service.login(), 401)
    assert service.login(USER, "nine dry yellow deserts").status_code == 200


def test_passwords_are_set_one_at_a_time_as_they_are_checked(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    threads: list[str] = []

    def noted(password: str, *, name: str) -> str:
        threads.append(threading.current_thread().name)
        return hashed(password, name=name)

    monkeypatch.setattr("meteo_api.accounts.users.hashed", noted)
    admin = bearing(service.token(ADMIN))
    first, second = "six loud grey parrots", "nine dry yellow deserts"
    added = {"name": "clara", "password": first, "role": "user"}

    assert service.client.post(USERS, json=added, headers=admin).status_code == 201
    changed = service.client.patch(f"{USERS}/clara", json={"password": second}, headers=admin)

    assert changed.status_code == 200
    assert threads == ["passwords_0", "passwords_0"]


def test_a_role_that_changes_counts_for_tokens_that_are_out(service: Service):
    token = service.token(ADMIN)
    with service.elsewhere() as users:
        users.change(USER, role=Role.ADMIN, by="cli:someone")
    assert service.get(token, "/api/v1/users").status_code == 200

    with service.elsewhere() as users:
        users.change(ADMIN, role=Role.USER, by="cli:someone")

    problem_of(within_the_time_that_another_process_has(service, token, "/api/v1/users"), 403)
    assert service.get(token).json()["role"] == "user"


def test_tokens_outlive_a_restart_and_so_does_signing_out(tmp_path: Path):
    with serving(tmp_path) as service:
        kept, left = service.token(), service.token()
        service.client.post("/api/v1/logout", headers=bearing(left))

    with serving(tmp_path) as service:
        assert service.get(kept).status_code == 200
        problem_of(service.get(left), 401)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({}, ["/username", "/password"]),
        ({"username": USER}, ["/password"]),
        ({"password": PASSWORD}, ["/username"]),
        ({"username": [USER, ADMIN], "password": PASSWORD}, ["/username"]),
    ],
)
def test_a_form_without_name_or_password_is_refused_by_field(
    service: Service, fields: dict[str, Any], at_fault: list[str]
):
    body = fields or {"grant_type": "password"}

    problem = problem_of(service.client.post(LOGIN, data=body), 422)

    assert [error["pointer"] for error in problem["errors"]] == at_fault


def test_only_a_form_signs_in(service: Service):
    problem_of(service.client.post(LOGIN, json={"username": USER, "password": PASSWORD}), 415)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    problem_of(service.client.post(LOGIN, content=b"\xff\xfe", headers=form), 400)
    problem_of(service.client.post(LOGIN, content=b"a=1&" * 500, headers=form), 400)


def test_one_changes_ones_own_password_knowing_the_old(service: Service):
    token, new = service.token(), "nine dry yellow deserts"
    browser = service.client.post("/sign-in", data={"name": USER, "password": PASSWORD})
    session = {"Cookie": f"meteo-session={browser.cookies['meteo-session']}"}
    service.client.cookies.clear()

    def change(present: str) -> Any:
        body = {"present": present, "password": new}
        return service.client.post("/api/v1/me/password", json=body, headers=bearing(token))

    problem_of(change("not the password"), 401)
    assert service.client.get(ME, headers=session).status_code == 200
    assert change(PASSWORD).status_code == 204
    problem_of(service.get(token), 401)
    problem_of(service.client.get(ME, headers=session), 401)
    assert service.login(USER, new).status_code == 200
    newest = service.get(service.token(ADMIN), "/api/v1/audit").json()["entries"][0]
    assert (newest["who"], newest["action"], newest["subject"]) == (USER, "password changed", USER)

"""Administration: who may change users, what must not happen, and what is kept of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from meteo_api.accounts.account import Account, Role
from meteo_api.accounts.audit import Audit
from meteo_api.accounts.guards import requires_admin
from meteo_api.deeds import Deeds
from meteo_core.service_database import DatabaseAway
from meteo_tests.api.accounts_service import USERS, Service, bearing, serving
from meteo_tests.api.clients import pointers, problem_of
from meteo_tests.api.people import ADMIN, PASSWORD, USER

AUDIT = "/api/v1/audit"
NEW = {"name": "clara", "password": "nine dry yellow deserts"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as service:
        service.client.headers.update(bearing(service.token(ADMIN)))
        yield service


def change(service: Service, name: str, **values: Any) -> Any:
    return service.client.patch(f"{USERS}/{name}", json=values)


def acts(service: Service) -> list[tuple[str, str, str]]:
    entries = service.client.get(AUDIT).json()["entries"]
    return [(entry["who"], entry["action"], entry["subject"]) for entry in entries]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", USERS),
        ("POST", USERS),
        ("PATCH", f"{USERS}/boris"),
        ("GET", AUDIT),
        ("POST", "/api/v1/runs"),
        ("GET", "/api/v1/runs"),
        ("POST", "/api/v1/models/1/promote"),
        ("POST", "/api/v1/models/rollback"),
        ("POST", "/api/v1/model/reload"),
    ],
)
def test_a_user_does_not_administer(client: TestClient, method: str, path: str):
    problem_of(client.request(method, path, json={}), 403)


def handlers(client: TestClient) -> Iterator[tuple[str, Any]]:
    """Every handler with its method and path."""
    for route in client.app.routes:
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods - {"OPTIONS"}:
                yield f"{method} {route.path}", handler


def test_only_these_answer_whoever_asks(client: TestClient):
    is_open = {address for address, handler in handlers(client) if handler.opt.get("open")}

    assert {address for address in is_open if not address.startswith("GET /schema")} == {
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /sign-in",
        "POST /sign-in",
        "POST /language",
        "POST /api/v1/login",
        "GET /static/{digest:str}/{name:str}",
        "GET /.well-known/security.txt",
    }


def test_whatever_administers_takes_an_administrator(client: TestClient):
    words = ("/administration", "/runs", "/users", "/audit", "/promote", "/rollback", "/reload")

    unguarded = {
        address
        for address, handler in handlers(client)
        if any(word in address for word in words)
        # Litestar keeps a guard within a function that can be awaited.
        and requires_admin not in [getattr(guard, "func", guard) for guard in handler.resolve_guards()]
    }

    assert unguarded == set()


@pytest.mark.fault("a role claimed in the query", "403")
@pytest.mark.parametrize("query", ["pred_type=reload", "role=admin", "admin=true"])
def test_no_query_makes_an_administrator(client: TestClient, query: str):
    problem_of(client.post(f"/api/v1/model/reload?{query}"), 403)
    assert client.get(f"/api/v1/me?{query}").json()["role"] == "user"


def test_an_added_user_signs_in_and_is_listed_without_secrets(service: Service):
    added = service.client.post(USERS, json=NEW)

    assert added.status_code == 201
    assert added.json() == {
        "name": "clara",
        "role": "user",
        "disabled": False,
        "created_at": "2016-06-25T08:00:00Z",
    }
    assert service.login("clara", NEW["password"]).status_code == 200
    listed = service.client.get(USERS).json()
    assert [user["name"] for user in listed] == [USER, ADMIN, "clara"]
    assert "argon2" not in service.client.get(USERS).text


@pytest.mark.parametrize(
    ("values", "at_fault"),
    [
        ({"name": "x"}, "/name"),
        ({"name": "Clara"}, "/name"),
        ({"name": "clara\n"}, "/name"),
        ({"name": "../clara"}, "/name"),
        ({"name": "<script>"}, "/name"),
        ({"name": "cl\u0430ra"}, "/name"),
        ({"name": "x" * 65}, "/name"),
        ({"password": "eleven char"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"role": "king"}, "/role"),
        ({"is_admin": True}, "/is_admin"),
    ],
)
def test_a_user_that_cannot_be_is_refused_by_field(service: Service, values: dict[str, Any], at_fault: str):
    problem = problem_of(service.client.post(USERS, json=NEW | values), 422)

    assert pointers(problem) == [at_fault]


@pytest.mark.parametrize("password", ["claraclara12", "xclara-xclara", "aaaaaaaaaaaaaaaa"])
def test_a_password_that_is_the_name_or_one_letter_is_refused(service: Service, password: str):
    problem = problem_of(service.client.post(USERS, json=NEW | {"password": password}), 422)

    assert pointers(problem) == ["/password"]


def test_a_name_is_taken_once(service: Service):
    assert service.client.post(USERS, json=NEW).status_code == 201

    problem_of(service.client.post(USERS, json=NEW), 409)


@pytest.mark.fault("last administrator disabled or made a user", "refused with the reason")
def test_the_last_administrator_stays(service: Service):
    problem_of(change(service, ADMIN, disabled=True), 409)
    problem_of(change(service, ADMIN, role="user"), 409)
    problem_of(change(service, ADMIN, role="user", password="nine dry yellow deserts"), 409)
    assert service.client.get(USERS).status_code == 200
    assert acts(service) == [("a test", "user added", ADMIN), ("a test", "user added", USER)]

    assert change(service, USER, role="admin").status_code == 200
    assert change(service, ADMIN, role="user").status_code == 200
    problem_of(service.client.get(USERS), 403)


def test_an_unknown_user_is_not_found(service: Service):
    for name in ("nobody", "%00", "..%2F..", "9223372036854775808", "\u2603"):
        problem_of(change(service, name, disabled=True), 404)


def test_every_change_is_kept_with_who_made_it(service: Service):
    service.client.post(USERS, json=NEW)
    change(service, "clara", role="admin")
    change(service, "clara", password="three blue heavy clouds", disabled=True)
    change(service, "clara", disabled=True)  # is so already

    assert acts(service)[:4] == [
        (ADMIN, "password changed", "clara"),
        (ADMIN, "user disabled", "clara"),
        (ADMIN, "role changed", "clara"),
        (ADMIN, "user added", "clara"),
    ]
    newest = service.client.get(AUDIT).json()["entries"][2]
    assert newest["detail"] == "user to admin"
    assert newest["at"] == "2016-06-25T08:00:00Z"
    assert "clouds" not in service.client.get(AUDIT).text


class NoAudit(Audit):
    """An audit whose database does not answer."""

    def __init__(self) -> None:
        pass

    def record(self, who: Account | str, *, action: str, subject: str, detail: str = "") -> None:
        raise DatabaseAway("no answer")


def test_what_cannot_be_put_on_record_is_not_done():
    account, done = Account(id=1, name=ADMIN, role=Role.ADMIN, sign_in=1), []

    async def act() -> str:
        done.append("it")
        return "it"

    what = {"action": "promote", "subject": "version 2", "detail": "better"}
    with pytest.raises(DatabaseAway):
        asyncio.run(Deeds(NoAudit()).do(act, by=account, told=str, **what))

    assert done == []


def test_the_audit_is_read_page_by_page(service: Service):
    for number in range(5):
        service.client.post(USERS, json=NEW | {"name": f"clara-{number}"})

    seen, before = [], None
    while True:
        query = {"limit": 3} | ({"before": before} if before else {})
        page = service.client.get(AUDIT, params=query).json()
        seen += [entry["subject"] for entry in page["entries"]]
        before = page["next_before"]
        if before is None:
            break

    assert seen == [*(f"clara-{n}" for n in (4, 3, 2, 1, 0)), ADMIN, USER]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=100000", "before=0", "before=x", "before=9223372036854775808"]
)
def test_an_impossible_page_is_refused(service: Service, query: str):
    problem_of(service.client.get(f"{AUDIT}?{query}"), 422)


def meteo_users(home: Path, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "meteo_cli", "users", *arguments, "--home", str(home)],
        input=stdin or "",
        env={k: v for k, v in os.environ.items() if not k.startswith("METEO_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_users_are_kept_at_the_machine_too_and_its_acts_are_in_the_audit(tmp_path: Path):
    def done(*arguments: str, stdin: str | None = None) -> str:
        ended = meteo_users(tmp_path, *arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    done("add", "olga", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")
    done("add", "paul", "--password-stdin", stdin=f"{PASSWORD}\n")
    done("passwd", "paul", "--password-stdin", stdin="nine dry yellow deserts\n")
    done("disable", "paul")
    shut_out = done("list")
    done("enable", "paul")
    done("role", "paul", "admin")

    assert "paul" in shut_out
    assert "no" in shut_out.split("paul")[1].splitlines()[0]
    with serving(tmp_path) as service:
        assert service.login("paul", "nine dry yellow deserts").status_code == 200
        service.client.headers.update(bearing(service.token("olga")))
        entries = service.client.get(AUDIT).json()["entries"]
    by_cli = [entry for entry in entries if entry["who"].startswith("cli:")]
    assert [entry["action"] for entry in by_cli] == [
        *("role changed", "user enabled", "user disabled", "password changed", "user added", "user added")
    ]


def test_what_cannot_be_done_at_the_machine_is_said_in_a_line(tmp_path: Path):
    meteo_users(tmp_path, "add", "olga", "--role", "admin", "--password-stdin", stdin=f"{PASSWORD}\n")

    for arguments, words in {
        ("disable", "olga"): "last administrator",
        ("disable", "nobody"): "no user 'nobody'",
        ("add", "paul"): "--password-stdin",
        ("add", "paul", "--role", "king", "--password-stdin"): "no role",
        ("add", "a b", "--password-stdin"): "cannot be a name",
    }.items():
        refused = meteo_users(tmp_path, *arguments, stdin=f"{PASSWORD}\n")
        assert refused.returncode == 1
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr

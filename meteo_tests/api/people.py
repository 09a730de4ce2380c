"""Who asks in tests, and how they sign in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from meteo_api.accounts.account import Role
from meteo_api.accounts.audit import Audit
from meteo_api.accounts.users import Users
from meteo_api.app import create_app
from meteo_api.clock import Clock, utc_now
from meteo_api.database.schema import bring_up_to_date
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.service_database import ServiceDatabase
from meteo_tests.api.clients import LOOPBACK

USER, ADMIN = "anna", "boris"
PASSWORD = "seven small wet umbrellas"
LOGIN = "/api/v1/login"


def url_of(home: Home) -> str:
    return f"sqlite:///{home.service_database}"


@contextmanager
def users_in(url: str, *, now: Clock = utc_now) -> Iterator[Users]:
    """The users of a database, as another process would change them."""
    database = ServiceDatabase(url)
    try:
        bring_up_to_date(database)
        yield Users(database, Audit(database, now=now), now=now)
    finally:
        database.close()


def populate(url: str) -> None:
    """Make sure that there are a user and an administrator."""
    with users_in(url) as users:
        for name, role in {USER: Role.USER, ADMIN: Role.ADMIN}.items():
            if users.find(name) is None:
                users.add(name, PASSWORD, role, by="a test")


def bearer(client: httpx.Client, name: str = USER, password: str = PASSWORD) -> dict[str, str]:
    """Headers of someone who signs in for a token."""
    answer = client.post(LOGIN, data={"username": name, "password": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def sign_in(client: Any, name: str = USER) -> Any:
    """The client itself, which from now on sends a token along."""
    client.headers.update(bearer(client, name))
    return client


@contextmanager
def in_process(
    settings: Settings, *, now: Clock = utc_now, name: str | None = USER
) -> Iterator[TestClient[Litestar]]:
    """The service in this process, asked by someone who is signed in, or by nobody."""
    populate(settings.service_database_url)
    with TestClient(create_app(settings, now=now), base_url=LOOPBACK) as client:
        yield sign_in(client, name) if name else client


@contextmanager
def beside(client: TestClient, *, name: str | None) -> Iterator[TestClient]:
    """Another client of the same app, which is running already."""
    other: TestClient = TestClient(client.app, base_url=LOOPBACK)
    other.blocking_portal = client.blocking_portal
    # Not closed: its transport holds nothing of its own, and has no way to be closed by itself.
    yield sign_in(other, name) if name else other

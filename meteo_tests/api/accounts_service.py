"""A service whose people, clock and database a test holds in its hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_tests.api.clients import LOOPBACK
from meteo_tests.api.people import LOGIN, PASSWORD, USER, populate, users_in

START = datetime(2016, 6, 25, 8, tzinfo=UTC)
SECRET = "0123456789abcdef" * 4 + "-of-a-test"
ME = "/api/v1/me"
USERS = "/api/v1/users"


@dataclass
class Clock:
    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Service:
    app: Litestar
    client: TestClient[Litestar]
    clock: Clock
    url: str

    def login(self, name: str = USER, password: str = PASSWORD) -> httpx.Response:
        return self.client.post(LOGIN, data={"username": name, "password": password})

    def token(self, name: str = USER) -> str:
        answer = self.login(name)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def get(self, token: str, path: str = ME) -> httpx.Response:
        return self.client.get(path, headers=bearing(token))

    def elsewhere(self) -> Any:
        """The users, as another process changes them."""
        return users_in(self.url, now=self.clock)


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def serving(
    folder: Path,
    *,
    url: str | None = None,
    clock: Clock | None = None,
    secret: str = SECRET,
    **settings: Any,
) -> Iterator[Service]:
    """A service with a user and an administrator, nobody signed in."""
    clock = clock or Clock()
    chosen = Settings(
        home_dir=folder,
        database_url=url,
        secret_key=secret,
        model_poll_seconds=3600,
        snapshot_poll_seconds=3600,
        **settings,
    )
    populate(chosen.service_database_url)
    app = create_app(chosen, now=clock)
    with TestClient(app, base_url=LOOPBACK, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield Service(app, client, clock, chosen.service_database_url)

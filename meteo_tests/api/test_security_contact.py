"""Whoever finds a weakness finds whom to tell, without an account."""

from datetime import timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient
from pydantic import ValidationError

from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_tests.api.clients import problem_of
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import in_process

ADDRESS = "/.well-known/security.txt"


def test_the_contact_is_told_to_strangers_and_for_how_long(served_home: Home, tmp_path: Path):
    settings = Settings(
        home_dir=served_home.root,
        database_url=f"sqlite:///{tmp_path / 'service.db'}",
        security_contact="mailto:security@example.org",
    )
    with in_process(settings, now=lambda: NOW, name=None) as stranger:
        answer = stranger.get(ADDRESS)

    until = (NOW + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == f"Contact: mailto:security@example.org\nExpires: {until}\n"


def test_where_nobody_was_named_there_is_nothing(stranger: TestClient):
    problem_of(stranger.get(ADDRESS), 404)


@pytest.mark.parametrize("contact", ["security@example.org", "http://example.org", "mailto:a@b\nContact: x"])
def test_an_address_of_another_kind_is_refused(contact: str):
    with pytest.raises(ValidationError):
        Settings(security_contact=contact)

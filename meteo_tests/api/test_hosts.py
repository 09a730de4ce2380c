"""Names under which the service answers, and whose word on the client's address is taken."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from meteo_api.app import create_app
from meteo_api.hosts import AllowedHosts, is_address
from meteo_api.settings import Settings
from meteo_tests.api.clients import answers_at, eventually, free_port, listening, process


@pytest.mark.parametrize(
    "host", ["meteo.example.org", "METEO.example.org:443", "meteo.example.org.", "localhost:8000", "[::1]"]
)
def test_names_that_are_set_are_served_beside_those_of_this_machine(host: str):
    assert AllowedHosts(["Meteo.Example.org"]).allow(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        *(
            "example.org",
            "evil.meteo.example.org",
            "meteo.example.org.evil.example",
            "meteo.example.org@evil",
        ),
        *("meteo.example.org/x", "meteo.example.org?x", "meteo.example.org:x", "", " ", "[", "\u00e9"),
        *("meteo.example.org:99999", "localhost\\@evil.example"),
    ],
)
def test_others_are_not(host: str):
    assert not AllowedHosts(["meteo.example.org"]).allow(host.encode())


@pytest.mark.parametrize("host", ["10.1.2.3", "10.1.2.3:8000"])
def test_the_address_that_a_connection_came_to_is_served(host: str):
    assert is_address(host.encode(), "10.1.2.3")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        *(("10.1.2.4", "10.1.2.3"), ("10.1.2.3.evil.example", "10.1.2.3"), ("api", "api"), ("", "")),
        *(("10.1.2.3@evil.example", "10.1.2.3"), ("169090600", "10.1.2.3")),
    ],
)
def test_another_address_or_a_name_is_not(host: str, address: str):
    assert not is_address(host.encode(), address)


def test_names_come_from_the_environment_with_commas_between(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METEO_ALLOWED_HOSTS", "a.example, b.example")
    monkeypatch.setenv("METEO_TRUSTED_PROXIES", "10.0.0.2")

    settings = Settings()

    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.trusted_proxies == ("10.0.0.2",)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("hosts")
    settings = Settings(home_dir=home, model_poll_seconds=3600, snapshot_poll_seconds=3600)
    with listening(create_app(settings)) as address:
        yield address


def status_of(address: str, *headers: str) -> str:
    """Status line that a request with exactly these headers gets."""
    place = urlsplit(address)
    assert place.hostname
    assert place.port
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        lines = ["GET /health/live HTTP/1.1", *headers, "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection.makefile().readline().strip()


def test_one_host_is_needed_and_two_are_refused(address: str):
    assert " 200 " in status_of(address, "Host: localhost")
    assert " 421 " in status_of(address, "Host: localhost", "Host: localhost")
    assert " 421 " in status_of(address, "Host: localhost", "Host: evil.example")
    assert " 4" in status_of(address)


def test_the_service_listens_for_others_where_names_are_set(tmp_path: Path):
    port = free_port()
    settings = {
        "METEO_HOME": str(tmp_path),
        "METEO_API_PORT": str(port),
        "METEO_API_HOST": "0.0.0.0",
        "METEO_ALLOWED_HOSTS": "meteo.example.org",
    }

    with process("meteo_api", log=tmp_path / "log", **settings):
        eventually(lambda: answers_at(f"http://127.0.0.1:{port}/health/live"), within_seconds=30)
        there = f"http://127.0.0.1:{port}"
        assert " 200 " in status_of(there, "Host: meteo.example.org")
        assert " 421 " in status_of(there, "Host: other.example.org")

    assert "nobody can sign in yet" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "192.0.2.7")])
def test_a_gateway_is_believed_only_where_it_is_named(tmp_path: Path, trusted: str, seen: str):
    port, forwarded = free_port(), {"X-Forwarded-For": "192.0.2.7"}
    settings = {
        "METEO_HOME": str(tmp_path),
        "METEO_API_PORT": str(port),
        "METEO_TRUSTED_PROXIES": trusted,
    }
    with process("meteo_api", log=tmp_path / "log", **settings):
        there = f"http://127.0.0.1:{port}"
        eventually(lambda: answers_at(f"{there}/health/live"), within_seconds=30)
        answer = httpx.post(
            f"{there}/api/v1/login", data={"username": "x", "password": "y"}, headers=forwarded
        )

    assert answer.status_code == 401
    assert f"sign-in refused, from {seen}" in (tmp_path / "log").read_text()

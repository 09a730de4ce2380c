"""The service and a real PostgreSQL that is not there, goes away and comes back."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meteo_tests.api.accounts_service import bearing, serving
from meteo_tests.api.clients import free_port, problem_of
from meteo_tests.api.people import ADMIN
from meteo_tests.postgresql import Postgresql, restartable_postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    with restartable_postgresql() as server:
        yield server


@pytest.mark.fault("PostgreSQL down when the service starts", "no start, one line without the password")
def test_a_service_without_its_database_says_so_in_a_line_and_ends(tmp_path: Path):
    address = f"postgresql://meteo:very-private@127.0.0.1:{free_port()}/meteo"  # pragma: allowlist secret

    refused = subprocess.run(
        [sys.executable, "-m", "meteo_api"],
        env={"METEO_HOME": str(tmp_path), "METEO_API_PORT": "0", "METEO_DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert "Connection refused" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "very-private" not in refused.stderr + refused.stdout


@pytest.mark.fault(
    "PostgreSQL stopped under the service, and started again",
    "503 meanwhile, then all as before without a restart: users, sign-ins, audit",
)
def test_a_service_whose_database_comes_back_goes_on_where_it_was(tmp_path: Path, server: Postgresql):
    with serving(tmp_path, url=server.url) as service:
        token = service.token(ADMIN)
        assert service.get(token, "/api/v1/users").status_code == 200

        server.stop()
        problem_of(service.login(), 503)
        away = problem_of(service.get(token, "/api/v1/users"), 503)
        alive = service.client.get("/health/live").status_code
        server.start()
        back = service.get(token)
        added = {"name": "clara", "password": "nine dry yellow deserts"}
        made = service.client.post("/api/v1/users", json=added, headers=bearing(token))
        again = service.login("clara", added["password"])
        audited = service.get(token, "/api/v1/audit").json()["entries"][0]

    assert str(tmp_path) not in str(away)
    assert "psycopg2" not in str(away)
    assert alive == 200
    assert (back.status_code, back.json()["name"]) == (200, ADMIN)
    assert (made.status_code, again.status_code) == (201, 200)
    assert audited["subject"] == "clara"

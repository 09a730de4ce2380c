"""What the OpenAPI document allows, and much that it does not, is answered without a server error."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_tests.api.clients import answers_at, eventually, listening
from meteo_tests.api.people import ADMIN, USER, bearer, populate

LEFT_OUT = "/runs|/login|/logout|/me/password|/models|/model/reload"
"""What acts on other systems, which are not there; and what would end the test's own sign-in."""
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def address(served_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("schema")
    url = f"sqlite:///{folder / 'own.db'}"
    populate(url)
    settings = Settings(home_dir=served_home.root, database_url=url, max_body_bytes=1_000_000)
    with listening(create_app(settings)) as address:
        eventually(lambda: answers_at(f"{address}/health/ready"))
        yield address


@pytest.mark.fault("requests made up from the document", "no 500, answers as documented")
@pytest.mark.parametrize(
    ("name", "phases"), [(USER, "examples,fuzzing"), (ADMIN, "coverage,fuzzing")], ids=["user", "admin"]
)
def test_no_request_is_answered_with_a_server_error_or_against_the_document(
    address: str, tmp_path: Path, name: str, phases: str
):
    with httpx.Client(base_url=address, timeout=30.0) as client:
        token = bearer(client, name)["Authorization"]

    told = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/schema/openapi.json"),
            *("-H", f"Authorization: {token}", "--phases", phases, "--max-examples", "8", "--seed", "1"),
            *("--checks", CHECKS, "--exclude-path-regex", LEFT_OUT, "--exclude-operation-id", "change_user"),
            *("--continue-on-failure", "--no-color", "--generation-database", "none"),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )

    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]
    passed = re.search(r"Test cases:\s+\d+ generated, (\d+) passed", told.stdout)
    assert passed
    assert int(passed[1]) > 100

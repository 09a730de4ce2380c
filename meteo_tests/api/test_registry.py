"""The service with a real model registry: in a file, behind a server, and away."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pandas as pd
import pytest

from meteo_api.app import create_app
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import CHAMPION, REGISTERED_MODEL, ModelRegistry
from meteo_tests import builders
from meteo_tests.api.clients import (
    answers_at,
    asking,
    end,
    eventually,
    free_port,
    listening,
    problem_of,
    process,
)
from meteo_tests.api.people import populate, sign_in, url_of
from meteo_tests.builders import LAST_DAY

QUESTION = {"station": "Albury", "date": str(LAST_DAY)}
BATCH = [QUESTION] * 60
GOOD_1, GOOD_2, BROKEN = 1, 2, 3


@pytest.fixture(scope="module")
def registered_home(
    tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels
) -> Home:
    """State folder with a snapshot and three registered versions, the last of them cut short."""
    home = Home(tmp_path_factory.mktemp("registered"))
    registry = registry_of(home)
    home.mlflow.mkdir()
    second = builders.rain_models(weather[weather["date"] < "2016-01-01"])
    builders.registered(registry, [models, second, models], home.root / "workspace")
    boosters = sorted(home.mlflow.rglob("full.ubj"), key=lambda path: path.stat().st_mtime)
    boosters[-1].write_bytes(boosters[-1].read_bytes()[:200])
    builders.snapshot(home.serving, weather, models)
    return home


@pytest.fixture
def home(tmp_path: Path, registered_home: Home) -> Home:
    """A registry and a serving folder of the test's own; the models' files are shared."""
    home = Home(tmp_path)
    home.mlflow.mkdir()
    shutil.copy(registered_home.mlflow / "mlflow.db", home.mlflow)
    shutil.copytree(registered_home.serving, home.serving)
    return home


def registry_of(home: Home) -> ModelRegistry:
    return ModelRegistry(f"sqlite:///{home.mlflow / 'mlflow.db'}", artifacts=home.mlflow / "artifacts")


def promote(home: Home, version: int) -> None:
    registry_of(home).promote(version, reason="the test says so", who="a test")


@contextmanager
def service(home: Home, **settings: str) -> Iterator[httpx.Client]:
    chosen = Settings(home_dir=home.root, model_poll_seconds=0.1, snapshot_poll_seconds=0.1, **settings)
    populate(url_of(home))
    with listening(create_app(chosen)) as address, httpx.Client(base_url=address, timeout=30.0) as client:
        yield sign_in(client)


def version_in_service(client: httpx.Client) -> int | None:
    return client.get("/api/v1/model").json().get("version")


def reasons(client: httpx.Client) -> str:
    return " ".join(client.get("/health/ready").json().get("reasons", []))


def test_the_champion_of_the_registry_is_described_with_its_scores(home: Home):
    promote(home, GOOD_2)

    with service(home) as client:
        eventually(lambda: version_in_service(client) == GOOD_2)
        champion = client.get("/api/v1/model").json()

    assert champion["source"] == "registry"
    assert champion["scores"] == {"brier_score": 0.12, "roc_area": 0.9}
    assert champion["promotion"]["promotion_reason"] == "the test says so"
    assert champion["trained_until"] == "2015-12-30"


def test_without_a_champion_the_service_waits_for_one(home: Home):
    with service(home) as client:
        eventually(lambda: "names no champion" in client.get("/health/ready").json()["detail"])
        problem_of(client.post("/api/v1/predictions", json=QUESTION), 503)
        promote(home, GOOD_1)
        eventually(lambda: client.post("/api/v1/predictions", json=QUESTION).status_code == 200)


def test_a_model_that_is_cut_short_is_refused_until_a_good_one_is_promoted(home: Home):
    promote(home, GOOD_1)

    with service(home) as client:
        eventually(lambda: version_in_service(client) == GOOD_1)
        promote(home, BROKEN)
        eventually(lambda: "version 3 was refused" in reasons(client))
        refused = client.post("/api/v1/predictions", json=QUESTION).json()["model_version"]
        promote(home, GOOD_2)
        eventually(lambda: version_in_service(client) == GOOD_2)
        status = client.get("/health/ready").json()

    assert refused == GOOD_1
    assert "refused" not in " ".join(status["reasons"])


@pytest.mark.fault("champion's alias removed", "the old model serves")
def test_a_removed_alias_leaves_the_model_in_service(home: Home):
    promote(home, GOOD_1)

    with service(home) as client:
        eventually(lambda: version_in_service(client) == GOOD_1)
        registry_of(home)._client().delete_registered_model_alias(REGISTERED_MODEL, CHAMPION)
        eventually(lambda: "names no champion" in reasons(client))

        assert version_in_service(client) == GOOD_1


@pytest.mark.fault("model and snapshot exchanged under load", "no failed, no mixed answer")
def test_models_and_snapshots_are_exchanged_under_load_without_a_failed_or_mixed_answer(
    home: Home, weather: pd.DataFrame, models: RainModels
):
    promote(home, GOOD_1)

    with service(home) as client:
        eventually(lambda: version_in_service(client) == GOOD_1)
        with asking(str(client.base_url), [QUESTION, BATCH], threads=16, headers=client.headers) as answers:
            for version in (GOOD_2, GOOD_1, GOOD_2, GOOD_1, GOOD_2):
                promote(home, version)
                builders.snapshot(home.serving, weather, models)
                eventually(lambda version=version: version_in_service(client) == version)

    assert len(answers) > 20
    assert {getattr(answer, "status_code", answer) for answer in answers} == {200}
    seen = set()
    for answer in answers:
        rows = answer.json() if isinstance(answer.json(), list) else [answer.json()]
        pairs = {(row["model_version"], row["snapshot"]["name"]) for row in rows}
        assert len(pairs) == 1
        assert len({row["p_gt_1_0"] for row in rows}) == 1
        seen |= pairs
    assert {version for version, _ in seen} == {GOOD_1, GOOD_2}
    assert len({snapshot for _, snapshot in seen}) > 1


@pytest.mark.fault("MLflow server killed, service started again", "answers go on, from the copy")
def test_a_registry_server_may_die_and_the_service_goes_on_and_starts_again(home: Home, tmp_path: Path):
    promote(home, GOOD_1)
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    backend = f"sqlite:///{home.mlflow / 'mlflow.db'}"
    server = ("mlflow", "server", "--backend-store-uri", backend, "--host", "127.0.0.1", "--port", str(port))

    # Without the processes for jobs, of which there are none.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with process(*server, "--workers", "1", log=tmp_path / "mlflow.log", **quiet) as mlflow_server:
        eventually(lambda: answers_at(f"{uri}/health"), within_seconds=60)
        with service(home, mlflow_uri=uri) as client:
            ready = partial(client.get, "/health/ready")
            eventually(lambda: version_in_service(client) == GOOD_1, shown=lambda: ready().text)
            promote(home, GOOD_2)
            eventually(lambda: version_in_service(client) == GOOD_2, shown=lambda: ready().text)

            end(mlflow_server)
            eventually(
                lambda: f"registry at {uri}" in reasons(client), within_seconds=30, shown=lambda: ready().text
            )
            after_death = client.post("/api/v1/predictions", json=QUESTION)

    with service(home, mlflow_uri=uri) as client:
        restarted = client.post("/api/v1/predictions", json=QUESTION)
        source = client.get("/api/v1/model").json()["source"]

    assert after_death.json()["model_version"] == GOOD_2
    assert restarted.json()["p_gt_1_0"] == after_death.json()["p_gt_1_0"]
    assert source == "cache"


@pytest.mark.fault("MLflow down at the very first start", "alive, not ready, says why")
def test_with_the_registry_away_and_no_copy_the_service_lives_and_is_not_ready(home: Home):
    with service(home, mlflow_uri=f"http://127.0.0.1:{free_port()}") as client:
        eventually(
            lambda: "model registry at" in client.get("/health/ready").json()["detail"], within_seconds=30
        )
        problem = problem_of(client.post("/api/v1/predictions", json=QUESTION), 503)

        assert client.get("/health/live").status_code == 200
        assert "no model" in problem["detail"]

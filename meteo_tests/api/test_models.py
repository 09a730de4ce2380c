"""The life of the model over HTTP: versions compared, champions made and undone, on a real registry."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from meteo_api.app import create_app
from meteo_api.model import asking
from meteo_api.settings import Settings
from meteo_core.home import Home
from meteo_core.model import promotion
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import NO_CHAMPION, ChampionHasChanged, ModelRegistry, RegistryUnavailable
from meteo_tests import builders
from meteo_tests.api.clients import eventually, free_port, listening, pointers, problem_of
from meteo_tests.api.people import ADMIN, USER, bearer, populate, sign_in
from meteo_tests.api.versions import (
    CUT_SHORT,
    FAILING,
    FIRST,
    FOREIGN,
    HELD_OUT_DAYS,
    SECOND,
    champion_of,
    own_registry,
    register_versions,
    registry_of,
)

MODELS = "/api/v1/models"
WHY = {"reason": "the test says so"}


@pytest.fixture(scope="module")
def registered_home(
    tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels
) -> Home:
    home = Home(tmp_path_factory.mktemp("life"))
    register_versions(home, weather, models)
    return home


@pytest.fixture
def home(tmp_path: Path, registered_home: Home) -> Home:
    return own_registry(tmp_path, registered_home)


@contextmanager
def service(home: Home, **settings: Any) -> Iterator[httpx.Client]:
    """A service that looks at the registry once, and then only when it is told to."""
    chosen = Settings(home_dir=home.root, model_poll_seconds=3600, **settings)
    populate(chosen.service_database_url)
    with listening(create_app(chosen)) as address, httpx.Client(base_url=address, timeout=30.0) as client:
        yield sign_in(client, ADMIN)


def version_in_service(client: httpx.Client) -> int | None:
    return client.get("/api/v1/model").json().get("version")


def test_versions_are_listed_with_scores_checks_and_what_was_done_with_them(home: Home):
    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)
        versions = {each["version"]: each for each in client.get(MODELS).json()}
        alone = client.get(f"{MODELS}/{SECOND}").json()

    assert list(versions) == [5, 4, 3, 2, 1]
    assert versions[FIRST]["aliases"] == ["champion"]
    assert versions[FIRST]["in_service"] is True
    assert versions[FIRST]["changes"][0]["reason"] == "the first"
    assert versions[SECOND]["scores"] == {
        "evening": {"brier_score": 0.12, "roc_area": 0.9},
        "morning": {"roc_area": 0.85},
    }
    assert versions[FAILING]["checks"]["rain_model_beats_climatology"] == "failed"
    assert [each["may_be_promoted"] for each in versions.values()] == [True, True, False, True, True]
    assert [each["fits_this_service"] for each in versions.values()] == [False, True, True, True, True]
    assert alone == versions[SECOND]


def test_two_versions_are_compared_score_by_score_with_what_the_pipeline_found(home: Home):
    with service(home) as client:
        found = client.get(f"{MODELS}/compare", params={"a": FIRST, "b": SECOND}).json()
        turned = client.get(f"{MODELS}/compare", params={"a": SECOND, "b": FIRST}).json()
        never = client.get(f"{MODELS}/compare", params={"a": FIRST, "b": FAILING}).json()

    scores = {(pair["issue"], pair["score"]): pair for pair in found["scores"]}
    # The first version's Brier score is 0.11 and the second's 0.12: smaller is better.
    assert scores["evening", "brier_score"]["better"] == "a"
    assert scores["evening", "brier_score"]["difference"] == pytest.approx(0.01)
    assert scores["evening", "roc_area"]["better"] is None
    assert scores["morning", "roc_area"]["better"] == "b"
    evening = found["comparison"]["by_issue"][0]
    assert (evening["difference"], evening["low"], evening["high"]) == (-0.01, -0.015, -0.005)
    assert (evening["better_at"], evening["worse_at"]) == (["Albury"], ["Cobar"])
    assert len(found["comparison"]["by_issue"]) == 1
    assert turned["comparison"] == found["comparison"]
    assert never["comparison"] is None


def test_a_promotion_takes_effect_at_once_and_a_rollback_undoes_it(home: Home):
    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)
        promoted = client.post(f"{MODELS}/{SECOND}/promote", json=WHY | {"expected_champion": FIRST})
        after = version_in_service(client)
        back = client.post(f"{MODELS}/rollback", json=WHY | {"expected_champion": SECOND})
        after_that = version_in_service(client)
        nothing = problem_of(client.post(f"{MODELS}/rollback", json=WHY), 409)
        history = client.get(f"{MODELS}/{SECOND}").json()["changes"]

    assert promoted.status_code == 200
    assert promoted.json()["in_service"] == after == SECOND
    assert promoted.json()["trouble"] is None
    assert (promoted.json()["change"]["replaced"], promoted.json()["change"]["version"]) == (FIRST, SECOND)
    assert back.json()["in_service"] == after_that == FIRST
    assert "no version was champion before" in nothing["detail"]
    assert [change["action"] for change in history] == ["rolled back", "promoted"]
    assert {change["reason"] for change in history} == {WHY["reason"]}


@pytest.mark.parametrize(
    ("version", "body", "words"),
    [
        (FAILING, {}, "has not passed its checks"),
        (CUT_SHORT, {}, "cannot be read"),
        (CUT_SHORT, {"despite_checks": True}, "cannot be read"),
        (FOREIGN, {}, "was trained on other predictors"),
        (FIRST, {}, "champion already"),
        (SECOND, {"expected_champion": 7}, "version 7 is not champion any more: version 1 is"),
    ],
)
def test_what_could_not_serve_or_was_decided_on_old_news_is_refused_and_changes_nothing(
    home: Home, version: int, body: dict[str, object], words: str
):
    before = registry_of(home).history()

    with service(home) as client:
        problem = problem_of(client.post(f"{MODELS}/{version}/promote", json=WHY | body), 409)

    assert words in problem["detail"]
    assert champion_of(home) == FIRST
    assert registry_of(home).history() == before


def test_a_version_is_promoted_despite_its_checks_only_when_that_is_said_and_the_audit_says_so(home: Home):
    with service(home) as client:
        promoted = client.post(f"{MODELS}/{FAILING}/promote", json=WHY | {"despite_checks": True}).json()

    assert promoted["change"]["reason"] == f"{WHY['reason']} (despite its checks)"
    assert champion_of(home) == FAILING


def test_a_rollback_to_a_version_that_cannot_serve_is_refused(home: Home):
    registry = registry_of(home)
    registry.promote(CUT_SHORT, reason="by mistake", who="a test")
    registry.promote(SECOND, reason="to mend it", who="a test")

    with service(home) as client:
        problem = problem_of(client.post(f"{MODELS}/rollback", json=WHY), 409)

    assert "cannot be read" in problem["detail"]
    assert champion_of(home) == SECOND


def test_a_rollback_is_of_the_champion_that_was_seen(home: Home, monkeypatch: pytest.MonkeyPatch):
    registry = registry_of(home)
    registry.promote(SECOND, reason="better", who="a test")

    def meanwhile(_registry: ModelRegistry, number: int) -> None:
        assert number == FIRST
        registry_of(home).promote(FAILING, reason="by someone quicker", who="a test")

    monkeypatch.setattr(promotion, "require_usable", meanwhile)

    with pytest.raises(ChampionHasChanged, match="version 2 is not champion any more: version 3 is"):
        promotion.roll_back(registry, reason="worse", who="a test")
    assert champion_of(home) == FAILING


def test_a_first_champion_is_not_promoted_over_another(home: Home):
    with pytest.raises(ChampionHasChanged, match="there was no champion, and now there is one: version 1 is"):
        registry_of(home).promote(SECOND, reason="the first", who="a test", expected_champion=NO_CHAMPION)

    assert champion_of(home) == FIRST


@pytest.mark.fault("many promotions at once", "one wins, the others are told")
def test_of_many_promotions_decided_on_the_same_champion_one_wins(home: Home):
    def promote(version: int) -> int:
        body = WHY | {"expected_champion": FIRST, "despite_checks": True}
        return client.post(f"{MODELS}/{version}/promote", json=body).status_code

    with service(home) as client, ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(promote, [SECOND, FAILING] * 2))

    assert sorted(codes) == [200, 409, 409, 409]
    assert len(registry_of(home).history()) == 2


def test_reload_asks_now_and_tells_why_it_changes_nothing(home: Home):
    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)
        registry_of(home).promote(SECOND, reason="elsewhere", who="someone")
        before = version_in_service(client)
        reloaded = client.post("/api/v1/model/reload")
        registry_of(home).promote(CUT_SHORT, reason="by mistake", who="someone")
        refused = problem_of(client.post("/api/v1/model/reload"), 409)
        after = version_in_service(client)

    assert before == FIRST
    assert (reloaded.status_code, reloaded.json()["version"]) == (200, SECOND)
    assert "version 4 was refused" in refused["detail"]
    assert after == SECOND


@pytest.mark.parametrize("version", ["0", "-1", "6", str(2**31), str(2**63), str(10**30)])
def test_a_version_that_is_not_there_is_not_found(home: Home, version: str):
    with service(home) as client:
        problem_of(client.get(f"{MODELS}/{version}"), 404)
        problem_of(client.post(f"{MODELS}/{version}/promote", json=WHY), 404)
        problem_of(client.get(f"{MODELS}/compare", params={"a": FIRST, "b": version}), 404)


def test_bad_requests_name_the_field(home: Home):
    with service(home) as client:
        promote = f"{MODELS}/{SECOND}/promote"
        for body, pointer in [
            ({}, "/reason"),
            ({"reason": ""}, "/reason"),
            ({"reason": " \t"}, "/reason"),
            ({"reason": "nul\0"}, "/reason"),
            ({"reason": "two\nlines"}, "/reason"),
            ({"reason": "x" * 501}, "/reason"),
            ({"reason": 3}, "/reason"),
            (WHY | {"expected_champion": "1"}, "/expected_champion"),
            (WHY | {"force": True}, "/force"),
        ]:
            assert pointers(problem_of(client.post(promote, json=body), 422)) == [pointer]
            assert pointers(problem_of(client.post(f"{MODELS}/rollback", json=body), 422)) == [pointer]
        assert pointers(problem_of(client.get(f"{MODELS}/compare", params={"a": "x", "b": 1}), 422)) == ["/a"]
        assert pointers(problem_of(client.get(f"{MODELS}/compare", params={"a": 1}), 422)) == ["/b"]

    assert champion_of(home) == FIRST


@pytest.mark.fault("MLflow down when a model is changed", "503 that says so, forecasts go on")
def test_with_the_registry_away_lists_and_changes_say_so_and_the_model_still_answers(
    home: Home, weather: pd.DataFrame, models: RainModels
):
    builders.snapshot(home.serving, weather, models)
    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)

    with service(home, mlflow_uri=f"http://127.0.0.1:{free_port()}") as client:
        for answer in (
            client.get(MODELS),
            client.get(f"{MODELS}/1"),
            client.get(f"{MODELS}/compare", params={"a": 1, "b": 2}),
            client.post(f"{MODELS}/2/promote", json=WHY),
            client.post(f"{MODELS}/rollback", json=WHY),
            client.post("/api/v1/model/reload"),
        ):
            problem = problem_of(answer, 503)
            assert "the model registry at" in problem["detail"]
            assert int(answer.headers["retry-after"]) > 0
        assert version_in_service(client) == FIRST


@pytest.mark.fault("MLflow hangs", "503 in bounded time")
def test_a_registry_that_hangs_is_asked_once_and_not_waited_for(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asking, "SECONDS_TO_ANSWER", 0.3)
    let_go, asked = threading.Event(), []

    def hang(_registry: ModelRegistry) -> None:
        asked.append(1)
        let_go.wait(10)
        raise RegistryUnavailable("it was away after all")

    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)
        monkeypatch.setattr(ModelRegistry, "versions", hang)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.get(MODELS), range(8)))
        model = client.get("/api/v1/model")
        let_go.set()

    assert {answer.status_code for answer in answers} == {503}
    assert all("does not answer in time" in answer.json()["detail"] for answer in answers)
    assert len(asked) == 1
    assert model.status_code == 200


@pytest.mark.fault("MLflow hangs over the files of a version", "503 in bounded time")
def test_files_that_do_not_come_are_not_waited_for(home: Home, monkeypatch: pytest.MonkeyPatch):
    let_go = threading.Event()

    def hang(*_: object) -> None:
        let_go.wait(10)
        raise RegistryUnavailable("it was away after all")

    with service(home) as client:
        eventually(lambda: version_in_service(client) == FIRST)
        client.get(MODELS).raise_for_status()
        monkeypatch.setattr(asking, "SECONDS_TO_ANSWER", 0.3)
        monkeypatch.setattr(ModelRegistry, "record", hang)
        answers = [
            client.get(f"{MODELS}/{FIRST}/scores"),
            client.get(f"{MODELS}/compare", params={"a": FIRST, "b": SECOND}),
        ]
        let_go.set()

    for answer in answers:
        assert "does not answer in time" in problem_of(answer, 503)["detail"]


def test_before_there_is_a_registry_there_are_no_versions_and_none_is_made(tmp_path: Path):
    with service(Home(tmp_path)) as client:
        listed = client.get(MODELS)
        problem_of(client.post(f"{MODELS}/1/promote", json=WHY), 409)
        problem_of(client.post("/api/v1/model/reload"), 409)

    assert listed.json() == []
    assert not (tmp_path / "mlflow").exists()


def test_scores_of_a_version_carry_intervals_and_their_days(home: Home):
    with service(home) as client:
        scores = client.get(f"{MODELS}/{FIRST}/scores").json()
        without = client.get(f"{MODELS}/{SECOND}/scores").json()

    main = next(row for row in scores if row["threshold"] == "gt_1_0")
    assert (main["issue"], main["station_days"], main["first"]) == ("evening", HELD_OUT_DAYS, "2016-05-01")
    # Of four days three are wet: (3 x 0.25^2 + 0.75^2) / 4 = 0.1875, and of one half 0.25.
    assert main["brier_score"] == pytest.approx(0.1875)
    assert main["skill"] == pytest.approx(0.25)
    assert main["base_rate"] == pytest.approx(0.75)
    assert main["skill_low"] <= main["skill"] <= main["skill_high"]
    assert without == []


def test_every_change_is_on_record_before_it_is_done_and_after(home: Home):
    with service(home) as client:
        client.post(f"{MODELS}/{SECOND}/promote", json=WHY)
        client.post(f"{MODELS}/{FAILING}/promote", json=WHY)
        client.post(f"{MODELS}/rollback", json=WHY)
        client.post("/api/v1/model/reload")
        client.post(f"{MODELS}/{SECOND}/promote", json={"reason": ""})
        entries = client.get("/api/v1/audit").json()["entries"]

    told = [(entry["action"], entry["who"], entry["detail"].split(":")[0]) for entry in reversed(entries)]
    assert told[-8:] == [
        ("promote", ADMIN, "asked"),
        ("promote", ADMIN, "done"),
        ("promote", ADMIN, "asked"),
        ("promote", ADMIN, "not done"),
        ("roll back", ADMIN, "asked"),
        ("roll back", ADMIN, "done"),
        ("reload", ADMIN, "asked"),
        ("reload", ADMIN, "done"),
    ]
    assert f"asked: promote: {WHY['reason']}" in [entry["detail"] for entry in entries]


def test_users_read_and_change_nothing(home: Home):
    with service(home) as client:
        as_user = bearer(client, USER)
        assert client.get(MODELS, headers=as_user).status_code == 200
        for path in (f"{MODELS}/{SECOND}/promote", f"{MODELS}/rollback", "/api/v1/model/reload"):
            problem_of(client.post(path, json=WHY, headers=as_user), 403)

    assert champion_of(home) == FIRST

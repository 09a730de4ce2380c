"""Answers from memory: the same bytes, told apart by their tag, and never older than what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from litestar import Litestar, Response, get
from litestar.exceptions import ClientException
from litestar.params import FromPath
from litestar.testing import TestClient

from meteo_api.kept_answers import KeptAnswers, answering_from
from meteo_api.settings import Settings
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.home import Home
from meteo_core.model.rain_models import RainModels
from meteo_tests import builders
from meteo_tests.api.clients import eventually, problem_of
from meteo_tests.api.conftest import NOW, VERIFIED, cached
from meteo_tests.api.people import in_process

ALBURY = "/api/v1/forecasts/Albury"
WINDOW_ENDS = datetime(2016, 6, 25, 23, tzinfo=UTC)
"""9 am of 26 June in Albury."""


class SetClock:
    """A clock that tests turn."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@contextmanager
def service(home: Home, clock: SetClock) -> Iterator[TestClient]:
    settings = Settings(home_dir=home.root, snapshot_poll_seconds=0.05)
    with in_process(settings, now=clock) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/stations", "/forecasts", "/forecasts/Albury", "/verification", "/cards/model"]
)
def test_what_was_answered_before_is_the_same_and_need_not_be_sent_again(client: TestClient, path: str):
    first = client.get(f"/api/v1{path}")
    second = client.get(f"/api/v1{path}")
    again = client.get(f"/api/v1{path}", headers={"If-None-Match": first.headers["etag"]})

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["content-type"] == second.headers["content-type"]
    assert first.headers["cache-control"] == "private, max-age=10"
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["vary"] == "Authorization, Cookie"


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
        ("{tag}x", 200),
    ],
)
def test_a_client_names_what_it_has_in_any_way_that_http_allows(client: TestClient, known: str, status: int):
    tag = client.get(ALBURY).headers["etag"]

    answer = client.get(ALBURY, headers={"If-None-Match": known.format(tag=tag)})

    assert answer.status_code == status


def test_each_question_has_an_answer_of_its_own(client: TestClient):
    queries = ["", "?issue=morning", "?issue=evening", "?from=2016-06-01", "?from=2016-06-02"]

    tags = {client.get(f"{ALBURY}{query}").headers["etag"] for query in queries}

    assert len(tags) == len(queries)


def test_what_is_kept_is_not_for_strangers(client: TestClient, stranger: TestClient):
    kept = client.get(ALBURY)

    problem_of(stranger.get(ALBURY), 401)
    problem_of(stranger.get(ALBURY, headers={"If-None-Match": kept.headers["etag"]}), 401)


def test_a_refusal_is_not_remembered_as_an_answer(client: TestClient):
    for _ in range(2):
        problem_of(client.get("/api/v1/forecasts/Albory"), 404)
        refused = client.get(f"{ALBURY}?issue=noon")
        problem_of(refused, 422)
        assert "etag" not in refused.headers


def test_a_kept_forecast_is_over_when_its_window_is(served_home: Home):
    clock = SetClock(WINDOW_ENDS - timedelta(minutes=1))
    with service(served_home, clock) as client:
        before = client.get(ALBURY)
        clock.moment = WINDOW_ENDS - timedelta(seconds=5)
        about_to_end = client.get(ALBURY, headers={"If-None-Match": before.headers["etag"]})
        clock.moment = WINDOW_ENDS
        after = client.get(ALBURY, headers={"If-None-Match": before.headers["etag"]})
        clock.moment = WINDOW_ENDS - timedelta(minutes=1)
        set_back = client.get(ALBURY)

    assert before.json()["newest"]["status"] == "valid"
    assert about_to_end.status_code == 304
    assert about_to_end.headers["cache-control"] == "private, no-cache"
    assert after.status_code == 200
    assert after.json()["newest"]["status"] == "expired"
    assert after.json()["stale"] is True
    assert set_back.content == before.content


def test_a_new_snapshot_is_answered_from_as_soon_as_it_is_in_service(
    tmp_path: Path, weather: pd.DataFrame, models: RainModels
):
    home = Home(tmp_path)
    cached(home, models, version=1)
    first_name = builders.snapshot(home.serving, weather, models, issued_at=NOW)
    with service(home, SetClock(NOW)) as client:
        first, no_scores = client.get(ALBURY), client.get("/api/v1/verification")
        second_name = builders.snapshot(home.serving, weather, models, issued_at=NOW, pairs=VERIFIED)
        eventually(lambda: client.get(ALBURY).json()["snapshot"]["name"] == second_name)
        second = client.get(ALBURY, headers={"If-None-Match": first.headers["etag"]})
        scores = client.get("/api/v1/verification")

    assert first.json()["snapshot"]["name"] == first_name
    assert second.status_code == 200
    assert no_scores.json()["scores"] == []
    assert len(scores.json()["scores"]) > 0


def test_memory_is_bounded_and_the_least_asked_for_is_dropped(served_home: Home):
    snapshots = SnapshotStore(served_home.serving, look_seconds=1)
    snapshots.look()
    kept = KeptAnswers(snapshots, now=lambda: NOW, most_bytes=25)
    period, _ = kept.period()

    for name in (b"/1", b"/2"):
        kept.keep((name, b""), b"0123456789", [], begun=period)
    kept.find((b"/1", b""))
    kept.keep((b"/3", b""), b"0123456789", [], begun=period)
    kept.keep((b"/too-large", b""), b"0" * 26, [], begun=period)

    found = [name for name in (b"/1", b"/2", b"/3", b"/too-large") if kept.find((name, b""))]
    assert found == [b"/1", b"/3"]


def test_an_answer_begun_before_another_snapshot_is_sent_but_not_kept_as_that_ones(
    tmp_path: Path, weather: pd.DataFrame, models: RainModels
):
    home = Home(tmp_path)
    first_name = builders.snapshot(home.serving, weather, models, issued_at=NOW)
    snapshots = SnapshotStore(home.serving, look_seconds=1)
    snapshots.look()
    kept = KeptAnswers(snapshots, now=lambda: NOW)
    second_names: list[str] = []

    @get("/slow", sync_to_thread=False)
    def slow() -> str:
        name = snapshots.require().name
        if not second_names:
            second_names.append(builders.snapshot(home.serving, weather, models, issued_at=NOW))
            snapshots.look()
            kept.period()  # as a quick request meanwhile would
        return name

    app = Litestar([slow], middleware=[answering_from(kept)], openapi_config=None)
    with TestClient(app) as client:
        begun_before, begun_after = client.get("/slow"), client.get("/slow")

    assert begun_before.text == first_name
    assert begun_before.headers["cache-control"] == "private, no-cache"
    assert begun_after.text == second_names[0] != first_name
    assert begun_after.headers["cache-control"] == "private, max-age=10"


def test_only_plain_successful_reads_are_kept_and_each_is_made_once(served_home: Home):
    made: list[str] = []

    @get("/plain/{name:str}", sync_to_thread=False)
    def plain(name: FromPath[str]) -> str:
        made.append(name)
        return name

    @get("/cookie", sync_to_thread=False)
    def cookie() -> Response[str]:
        made.append("cookie")
        response = Response("cookie")
        response.set_cookie("secret", "of one reader")
        return response

    @get("/refused", sync_to_thread=False)
    def refused() -> str:
        made.append("refused")
        raise ClientException("no")

    snapshots = SnapshotStore(served_home.serving, look_seconds=1)
    snapshots.look()
    kept = KeptAnswers(snapshots, now=lambda: NOW)
    app = Litestar([plain, cookie, refused], middleware=[answering_from(kept)], openapi_config=None)
    with TestClient(app) as client:
        for path in ("/plain/a", "/plain/a", "/plain/b", "/plain/a?long=" + "x" * 300, "/cookie", "/cookie"):
            assert client.get(path).status_code == 200
        for _ in range(2):
            assert client.get("/refused").status_code == 400

    assert made == ["a", "b", "a", "cookie", "cookie", "refused", "refused"]

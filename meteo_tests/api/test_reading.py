"""What can be read: stations, issued forecasts, the model in service, health, the API's own description."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_api.predictand import percent
from meteo_api.settings import Settings
from meteo_core.calendar import Issue
from meteo_core.features.daily import build_features
from meteo_core.forecasting import make_forecasts
from meteo_core.home import Home
from meteo_core.labels import THRESHOLDS
from meteo_core.model.rain_models import RainModels
from meteo_core.parameters import PARAMETERS, Kind
from meteo_core.serving import publish
from meteo_core.stations import stations
from meteo_tests import builders
from meteo_tests.api.clients import problem_of
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import in_process
from meteo_tests.builders import LAST_DAY

STATION = "Albury"
NINE_AM_NEXT_DAY = datetime(2016, 6, 25, 23, tzinfo=UTC)
"""9 am of 26 June in Albury, when the window of 25 June ends."""


@contextmanager
def service(home: Home, now: datetime = NOW, **settings: Any) -> Iterator[TestClient]:
    with in_process(Settings(home_dir=home.root, **settings), now=lambda: now) as client:
        yield client


def test_all_stations_are_listed_with_their_place_and_newest_day(client: TestClient):
    listed = client.get("/api/v1/stations").json()

    assert [place["station"] for place in listed] == list(stations())
    albury = next(place for place in listed if place["station"] == STATION)
    assert albury["timezone"] == "Australia/Sydney"
    assert albury["newest_observation"] == str(LAST_DAY)
    assert albury["latitude"] == pytest.approx(-36.07, abs=0.05)
    sydney = next(place for place in listed if place["station"] == "Sydney")
    assert sydney["newest_observation"] is None


def test_every_station_has_its_newest_forecast(client: TestClient):
    answer = client.get("/api/v1/forecasts").json()

    assert [entry["station"] for entry in answer["forecasts"]] == list(stations())
    newest = next(entry for entry in answer["forecasts"] if entry["station"] == STATION)
    assert newest["newest"]["date"] == str(LAST_DAY)
    assert newest["newest"]["status"] == "valid"
    assert newest["stale"] is False
    without = next(entry for entry in answer["forecasts"] if entry["station"] == "Sydney")
    assert without["newest"] is None
    assert without["stale"] is True


def test_a_forecast_stands_as_the_pipeline_issued_it(
    client: TestClient, weather: pd.DataFrame, models: RainModels
):
    evening = models[Issue.EVENING].forecast(build_features(weather)).set_index(["station", "date"])
    expected = evening.loc[(STATION, pd.Timestamp(LAST_DAY))]

    answer = client.get(f"/api/v1/forecasts/{STATION}").json()

    newest = answer["newest"]
    assert newest == answer["forecasts"][0]
    assert newest["kind"] == "issued"
    assert newest["issued_at"] == "2016-06-25T18:00:00+10:00"
    assert newest["valid_from"] == "2016-06-25T09:00:00+10:00"
    assert newest["valid_to"] == "2016-06-26T09:00:00+10:00"
    assert newest["model_version"] == 7
    assert newest["route"] == "full"
    for rule in THRESHOLDS:
        assert newest[f"p_{rule}"] == pytest.approx(expected[f"p_{rule}"], abs=1e-9)
        assert newest[f"climatology_{rule}"] == pytest.approx(expected[f"climatology_{rule}"], abs=1e-9)
    assert answer["newest_observation"] == str(LAST_DAY)
    assert answer["forecasts"][1]["kind"] == "hindcast"


def test_the_newest_of_a_day_is_the_evenings(client: TestClient):
    answer = client.get(f"/api/v1/forecasts/{STATION}").json()

    assert answer["newest"]["issue"] == "evening"
    newest_first = [(forecast["date"], forecast["issue"]) for forecast in answer["forecasts"][:4]]
    assert newest_first == [
        ("2016-06-25", "evening"),
        ("2016-06-25", "morning"),
        ("2016-06-24", "evening"),
        ("2016-06-24", "morning"),
    ]


def test_forecasts_can_be_narrowed_to_an_issue_time(client: TestClient):
    answer = client.get(
        f"/api/v1/forecasts/{STATION}", params={"issue": "morning", "from": "2016-06-24"}
    ).json()

    shown = [(forecast["date"], forecast["issue"]) for forecast in answer["forecasts"]]
    assert shown == [("2016-06-25", "morning"), ("2016-06-24", "morning")]
    assert answer["newest"] == answer["forecasts"][0]


def test_chances_that_were_not_forecast_are_null(tmp_path: Path, weather: pd.DataFrame, models: RainModels):
    recent = weather.tail(2000)
    made = make_forecasts(models, build_features(recent), version=1, issued_at=NOW)
    older = made.assign(**{name: None for name in made if name.startswith(("p_ge", "climatology_ge"))})
    home = Home(tmp_path)
    publish(home.serving, observations=recent, forecasts=older, drift=builders.no_drift())

    with service(home) as client:
        newest = client.get(f"/api/v1/forecasts/{STATION}").json()["newest"]

    assert 0 <= newest["p_gt_1_0"] <= 1
    assert newest["p_ge_0_2"] is None
    assert newest["climatology_ge_25_0"] is None


def test_forecasts_can_be_narrowed_to_dates(client: TestClient):
    answer = client.get(f"/api/v1/forecasts/{STATION}", params={"from": "2016-06-10", "to": "2016-06-12"})

    dates = [forecast["date"] for forecast in answer.json()["forecasts"]]
    assert dates == [day for day in ("2016-06-12", "2016-06-11", "2016-06-10") for _ in Issue]


def test_two_weeks_are_given_unless_dates_are_asked_for(client: TestClient):
    two_weeks = client.get(f"/api/v1/forecasts/{STATION}").json()["forecasts"]
    everything = client.get(f"/api/v1/forecasts/{STATION}", params={"to": str(LAST_DAY)}).json()["forecasts"]

    assert {forecast["date"] for forecast in two_weeks} == {
        str(LAST_DAY - timedelta(days=ago)) for ago in range(14)
    }
    assert len(two_weeks) == 14 * len(Issue)
    assert len(everything) > 60 * len(Issue)


def test_what_was_issued_comes_before_what_was_made_afterwards(
    tmp_path: Path, weather: pd.DataFrame, models: RainModels
):
    recent = weather.tail(2000)
    afternoon, late = NOW, NOW + timedelta(hours=12)
    made = make_forecasts(models, build_features(recent), version=1, issued_at=afternoon)
    too_late = make_forecasts(models, build_features(recent), version=1, issued_at=late)
    morning_too_late = pd.concat(
        [made[made["issue"] == "evening"], too_late[too_late["issue"] == "morning"]], ignore_index=True
    )
    home = Home(tmp_path)
    publish(home.serving, observations=recent, forecasts=morning_too_late, drift=builders.no_drift())

    with service(home) as client:
        any_issue = client.get(f"/api/v1/forecasts/{STATION}").json()
        morning = client.get(f"/api/v1/forecasts/{STATION}", params={"issue": "morning"}).json()
        listed = client.get("/api/v1/forecasts", params={"issue": "morning"}).json()["forecasts"]

    assert (any_issue["newest"]["issue"], any_issue["newest"]["kind"]) == ("evening", "issued")
    assert any_issue["stale"] is False
    assert (morning["newest"]["issue"], morning["newest"]["kind"]) == ("morning", "hindcast")
    assert morning["stale"] is True
    assert "There is no forecast for Albury now. A hindcast, made afterwards" in morning["words"]
    assert next(entry for entry in listed if entry["station"] == STATION)["newest"] == morning["newest"]


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.0, "0 %"),
        (0.0001, "<1 %"),
        (0.0049, "<1 %"),
        (0.0051, "1 %"),
        (0.624, "62 %"),
        (0.9949, "99 %"),
        (0.9951, ">99 %"),
        (0.99999, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_what_may_happen_is_never_called_impossible_or_certain(chance: float, words: str):
    assert percent(chance) == words


def test_dates_without_forecasts_give_none_and_still_the_newest(client: TestClient):
    answer = client.get(f"/api/v1/forecasts/{STATION}", params={"to": "1990-01-01"}).json()

    assert answer["forecasts"] == []
    assert answer["newest"]["date"] == str(LAST_DAY)


@pytest.mark.parametrize(
    ("now", "status", "stale"),
    [
        (NINE_AM_NEXT_DAY - timedelta(days=1, seconds=1), "upcoming", False),
        (NINE_AM_NEXT_DAY - timedelta(days=1), "valid", False),
        (NINE_AM_NEXT_DAY - timedelta(seconds=1), "valid", False),
        (NINE_AM_NEXT_DAY, "expired", True),
        (NINE_AM_NEXT_DAY + timedelta(days=30), "expired", True),
    ],
)
def test_a_forecast_is_never_presented_as_todays_when_its_window_is_over(
    served_home: Home, now: datetime, status: str, stale: bool
):
    with service(served_home, now) as client:
        answer = client.get(f"/api/v1/forecasts/{STATION}").json()

    assert answer["newest"]["status"] == status
    assert answer["stale"] is stale
    assert ("There is no forecast for Albury now" in answer["words"]) is stale


def test_the_model_in_service_is_described(client: TestClient, models: RainModels):
    champion = client.get("/api/v1/model").json()

    assert champion["version"] == 7
    assert champion["issue"] == "evening"
    assert champion["issues"] == list(models.by_issue)
    assert champion["thresholds"]["ge_0_2"] == "at least 0.2 mm"
    assert champion["trained_until"] == str(models.trained_until.date())
    assert champion["scores"] == {"brier_score": 0.12}
    assert champion["skill_by_threshold"]["morning"] == models[Issue.MORNING].card["skill_by_threshold"]
    assert list(champion["skill_by_threshold"]["evening"]) == list(THRESHOLDS)
    assert set(champion["scores_by_route"]["evening"]) == {"full", "afternoon", "local"}
    assert set(champion["scores_by_route"]["morning"]) == {"full", "local"}
    assert champion["scores_by_route"]["evening"]["full"] == models.card["scores"]["full"]
    assert champion["fingerprint"] == models.fingerprint()
    assert champion["source"] == "cache"
    assert champion["stations"] == list(stations())[:8]


def test_the_process_says_that_it_lives(client: TestClient):
    assert client.get("/health/live").json()["status"] == "alive"


def test_readiness_tells_versions_and_ages(served_home: Home):
    with service(served_home, datetime.now(UTC)) as client:
        ready = client.get("/health/ready").json()

    assert ready["model"]["version"] == 7
    assert ready["model"]["source"] == "cache"
    assert ready["snapshot"]["newest_observation"] == str(LAST_DAY)
    assert 0 <= ready["snapshot"]["age_seconds"] < 600


def test_a_service_on_its_own_copy_is_degraded_and_says_why(served_home: Home):
    with service(served_home, datetime.now(UTC)) as client:
        response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert any("registry" in reason for reason in response.json()["reasons"])


def test_an_old_snapshot_is_degraded(served_home: Home):
    with service(served_home, datetime.now(UTC) + timedelta(hours=40)) as client:
        reasons = client.get("/health/ready").json()["reasons"]

    assert any("40 hours old" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/forecasts"),
        ("GET", f"/api/v1/forecasts/{STATION}"),
        ("GET", "/api/v1/model"),
        ("GET", "/api/v1/verification"),
        ("GET", "/api/v1/cards/model"),
        ("GET", "/api/v1/cards/data"),
        ("GET", "/health/ready"),
        ("POST", "/api/v1/predictions"),
    ],
)
def test_with_nothing_on_disk_the_service_starts_and_is_not_ready(tmp_path, method: str, path: str):
    body = {"json": {"station": STATION, "date": str(LAST_DAY)}} if method == "POST" else {}
    with service(Home(tmp_path)) as client:
        response = client.request(method, path, **body)
        alive = client.get("/health/live")
        listed = client.get("/api/v1/stations")

    problem_of(response, 503)
    assert int(response.headers["retry-after"]) >= 1
    assert alive.status_code == 200
    assert listed.status_code == 200
    assert not (tmp_path / "mlflow").exists()


def test_every_address_has_an_operation_a_description_and_problems(client: TestClient):
    document = client.get("/schema/openapi.json").json()

    operations = [
        (path, operation) for path, methods in document["paths"].items() for operation in methods.values()
    ]
    assert operations
    for path, operation in operations:
        assert operation["operationId"], path
        assert operation["description"], path
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, status)


def test_the_description_gives_unit_and_limits_of_every_parameter(client: TestClient):
    document = client.get("/schema/openapi.json").json()

    fields = document["components"]["schemas"]["PredictionRequest"]["properties"]
    assert set(fields) == {"station", "date", "issue", *PARAMETERS}
    for name, parameter in PARAMETERS.items():
        assert parameter.unit in fields[name]["description"]
        if parameter.kind is Kind.NUMBER:
            assert (fields[name]["minimum"], fields[name]["maximum"]) == (
                parameter.minimum,
                parameter.maximum,
            )


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json", "/schema/openapi.yaml"])
def test_the_description_is_served_without_any_other_server(client: TestClient, path: str):
    response = client.get(path)

    assert response.status_code == 200
    assert "cdn" not in response.text

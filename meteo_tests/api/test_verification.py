"""What the service says of how good forecasts have been, and the cards of model and data."""

from typing import Any, get_args

import pytest
from litestar.testing import TestClient

from meteo_api.predictand import Route, Threshold
from meteo_api.verification.rolling import EXPECTED_COLUMNS, WINDOW_COLUMNS, SkillVerdict, WindowDays
from meteo_api.verification.scores import SCORE_COLUMNS, Group
from meteo_core.drift.skill import AS_EXPECTED, BELOW, EXPECTATION_TYPES, INSUFFICIENT
from meteo_core.features.predictor_table import Variant
from meteo_core.labels import THRESHOLDS
from meteo_core.model.rain_model import CLIMATOLOGY_ROUTE
from meteo_core.verification.published import GROUP_COLUMNS, GROUPINGS
from meteo_core.verification.rolling import ROLLING_COLUMNS, WINDOWS
from meteo_core.verification.summary import SUMMARY_COLUMNS
from meteo_tests.api.clients import pointers, problem_of

VERIFICATION = "/api/v1/verification"


def scores(client: TestClient, **query: str) -> list[dict[str, Any]]:
    response = client.get(VERIFICATION, params=query)
    assert response.status_code == 200, response.text
    return response.json()["scores"]


def test_scores_are_those_of_the_published_pairs(client: TestClient):
    overall = scores(client, group="overall", issue="evening", threshold="gt_1_0")

    [row] = overall
    assert (row["rows"], row["days"]) == (4, 4)
    assert row["base_rate"] == pytest.approx(0.25)
    assert row["brier_score"] == pytest.approx(0.25)  # every chance is 0.5
    assert row["brier_climatology"] == pytest.approx((0.75**2 + 3 * 0.25**2) / 4)
    assert row["probability_of_detection"] == pytest.approx(1.0)  # 0.5 calls the day wet
    assert row["false_alarm_ratio"] == pytest.approx(0.75)
    assert row["station"] is None


def test_a_score_that_is_not_defined_is_null(client: TestClient):
    [row] = scores(client, group="overall", issue="morning")

    assert row["roc_area"] is None  # no day was wet
    assert row["probability_of_detection"] is None
    assert row["brier_score"] == pytest.approx((0.2**2 + 0.4**2) / 2)


def test_scores_can_be_narrowed(client: TestClient):
    everything = scores(client)

    assert {row["group"] for row in everything} == set(GROUPINGS)
    of_brisbane = scores(client, station="Brisbane")
    assert {(row["group"], row["issue"], row["threshold"]) for row in of_brisbane} == {
        ("station", "morning", "gt_1_0"),
        ("station", "evening", "ge_5_0"),
    }
    assert {row["threshold"] for row in scores(client, threshold="ge_5_0")} == {"ge_5_0"}
    assert {row["month"] for row in scores(client, group="month")} == {"2016-05", "2016-06"}
    assert scores(client, station="Brisbane", group="season") == []


def test_reliability_tells_what_was_said_and_what_came(client: TestClient):
    table = client.get(f"{VERIFICATION}/reliability").json()

    assert (table["issue"], table["threshold"], table["event"]) == ("evening", "gt_1_0", "more than 1 mm")
    assert (table["first"], table["last"]) == ("2016-05-01", "2016-06-03")
    assert [row["count"] for row in table["bins"]] == [0, 0, 0, 0, 0, 4, 0, 0, 0, 0]
    held = table["bins"][5]
    assert (held["chance_from"], held["chance_to"]) == (0.5, 0.6)
    assert held["mean_chance"] == pytest.approx(0.5)
    assert held["observed_frequency"] == pytest.approx(0.25)  # one of four
    assert held["gap"] == pytest.approx(-0.25)
    assert held["gap_low"] is None  # four days are too few for an interval
    assert table["bins"][0]["observed_frequency"] is None


def test_reliability_of_one_station_is_its_own(client: TestClient):
    def bins(**query: str) -> list[int]:
        answer = client.get(f"{VERIFICATION}/reliability", params=query).json()
        return [row["count"] for row in answer["bins"]]

    assert bins(station="Albury") == [0, 0, 0, 0, 0, 4, 0, 0, 0, 0]
    assert bins(station="Brisbane", issue="morning") == [0, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    assert bins(station="Brisbane") == []  # nothing was scored for it in the evening


def test_skill_over_time_comes_in_windows_with_intervals_and_coverage(client: TestClient):
    windows = client.get(f"{VERIFICATION}/rolling", params={"window_days": 30}).json()["windows"]

    newest = windows[-1]
    assert {window["window_days"] for window in windows} == {30}
    assert (newest["issue"], newest["threshold"]) == ("evening", "ge_25_0")
    assert (newest["first"], newest["last"], newest["days"]) == ("2016-05-05", "2016-06-03", 30)
    assert newest["brier_score"] == pytest.approx(0.0625)
    assert newest["brier_climatology"] == pytest.approx(0.25)
    assert newest["skill_over_climatology"] == pytest.approx(0.75)
    assert newest["skill_over_climatology_low"] == pytest.approx(0.75)  # each day is as good as the other
    assert newest["coverage"] is None  # the builder does not say what was due
    assert newest["issued"] == 30
    assert client.get(f"{VERIFICATION}/rolling", params={"issue": "morning"}).json()["windows"] == []


def test_skill_over_time_is_held_against_what_the_champion_reached_on_days_held_out(client: TestClient):
    told = client.get(f"{VERIFICATION}/rolling", params={"threshold": "ge_25_0"}).json()

    newest = told["windows"][-1]
    # A fifth off: .04 of a climatology's .25.
    assert newest["expected_skill"] == pytest.approx(0.84)
    assert newest["verdict"] == "below expectation"
    expected = {each["season"]: each for each in told["expectation"]}
    assert set(expected) == {"all", "summer", "autumn", "winter", "spring"}
    assert (expected["all"]["first"], expected["all"]["last"]) == ("2019-01-01", "2019-12-31")
    assert expected["summer"]["skill"] == pytest.approx(0.75)
    assert expected["summer"]["days"] == 90


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ("reliability?station=Sidney", "/station"),
        ("reliability?issue=noon", "/issue"),
        ("reliability?threshold=gt_2_0", "/threshold"),
        ("rolling?window_days=31", "/window_days"),
        ("rolling?window_days=month", "/window_days"),
        ("rolling?threshold=", "/threshold"),
    ],
)
def test_what_tables_there_are_not_is_said_by_name(client: TestClient, query: str, at_fault: str):
    problem = problem_of(client.get(f"{VERIFICATION}/{query}"), 422)

    assert pointers(problem) == [at_fault]


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [
        ("station=Albory", "/station"),
        ("station=", "/station"),
        ("issue=noon", "/issue"),
        ("threshold=gt_2_0", "/threshold"),
        ("group=weekday", "/group"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(client: TestClient, query: str, at_fault: str):
    problem = problem_of(client.get(f"{VERIFICATION}?{query}"), 422)

    assert pointers(problem) == [at_fault]
    assert problem["errors"][0]["in"] == "query"


def test_every_score_is_described(client: TestClient):
    document = client.get("/schema/openapi.json").json()

    described = document["components"]["schemas"]["GroupScores"]["properties"]
    assert all(described[name].get("description") for name in SCORE_COLUMNS if "$ref" not in described[name])
    assert "perfect 0" in described["brier_score"]["description"]


def test_names_are_those_of_the_science():
    assert get_args(Threshold) == tuple(THRESHOLDS)
    assert set(get_args(Group)) == set(GROUPINGS)
    assert set(get_args(Route)) == {*Variant, CLIMATOLOGY_ROUTE}
    assert get_args(WindowDays) == WINDOWS
    assert set(WINDOW_COLUMNS) == {*ROLLING_COLUMNS, "expected_skill", "verdict"}
    assert set(EXPECTED_COLUMNS) == set(EXPECTATION_TYPES)
    assert set(get_args(SkillVerdict)) == {AS_EXPECTED, BELOW, INSUFFICIENT}
    assert set(SCORE_COLUMNS) == {*GROUP_COLUMNS, *SUMMARY_COLUMNS}


def test_the_model_card_is_served_as_markdown(client: TestClient):
    response = client.get("/api/v1/cards/model")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/markdown")
    assert response.text == "# Model card"


def test_a_card_that_was_not_published_is_not_found(client: TestClient):
    problem = problem_of(client.get("/api/v1/cards/data"), 404)

    assert "data_card.md" in problem["detail"]

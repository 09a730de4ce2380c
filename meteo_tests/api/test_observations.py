"""Observations over HTTP: as they were observed, with where they are from."""

from datetime import timedelta

import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_core.parameters import PARAMETERS
from meteo_core.serving import OBSERVATION_DAYS
from meteo_tests.api.clients import pointers, problem_of
from meteo_tests.builders import LAST_DAY

ALBURY = "/api/v1/observations/Albury"


def test_the_last_two_weeks_are_given_as_they_were_observed(client: TestClient, weather: pd.DataFrame):
    answer = client.get(ALBURY).json()

    observed = weather[weather["station"] == "Albury"].set_index("date")
    assert [day["date"] for day in answer["observations"]] == [
        str(LAST_DAY - timedelta(days=ago)) for ago in range(14)
    ]
    assert answer["last_day"] == str(LAST_DAY)
    assert answer["first_day"] == str(LAST_DAY - timedelta(days=OBSERVATION_DAYS - 1))
    for day in answer["observations"]:
        row = observed.loc[pd.Timestamp(day["date"])]
        for name in PARAMETERS:
            expected = row[name] if pd.notna(row[name]) else None  # pyright: ignore[reportGeneralTypeIssues]
            assert day[name] == expected, (day["date"], name)
        assert (day["source"], day["status"]) == ("simulator", "final")
        assert day["fetched_at"] == "2016-06-27T00:00:00Z"


def test_what_was_not_observed_is_null(client: TestClient):
    days = client.get(ALBURY, params={"from": "2016-01-01"}).json()["observations"]

    assert any(day["sunshine"] is None for day in days)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2016-06-20"}, 6),
        ({"from": "2016-06-20", "to": "2016-06-21"}, 2),
        ({"from": "2016-06-20", "to": "2016-06-20"}, 1),
        ({"to": "1990-01-01"}, 0),
        ({"from": "1990-01-01"}, OBSERVATION_DAYS),
    ],
)
def test_dates_bound_what_is_given(client: TestClient, query: dict[str, str], days: int):
    assert len(client.get(ALBURY, params=query).json()["observations"]) == days


def test_a_station_without_observations_has_an_empty_list(client: TestClient):
    answer = client.get("/api/v1/observations/Sydney").json()

    assert answer["observations"] == []
    assert answer["last_day"] is None


def test_an_unknown_station_is_answered_with_the_nearest_names(client: TestClient):
    problem = problem_of(client.get("/api/v1/observations/Albory"), 404)

    assert "Albury" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [("from=2016-06-20&to=2016-06-19", "/from"), ("from=yesterday", "/from"), ("to=2016-02-30", "/to")],
)
def test_dates_that_make_no_sense_are_refused_by_name(client: TestClient, query: str, at_fault: str):
    assert pointers(problem_of(client.get(f"{ALBURY}?{query}"), 422)) == [at_fault]


def test_every_parameter_is_described_with_its_unit(client: TestClient):
    document = client.get("/schema/openapi.json").json()

    described = document["components"]["schemas"]["ObservedDay"]["properties"]
    for name, parameter in PARAMETERS.items():
        assert parameter.unit in described[name]["description"], name

"""Drift over HTTP: verdicts in words, and what cannot be judged said so."""

from datetime import date
from typing import get_args

import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_api.drift.schemas import Verdict, drift_by_week
from meteo_api.drift.service import verdict_of
from meteo_core.drift.pooled import DRIFT, INSUFFICIENT, STEADY
from meteo_tests.api.clients import pointers, problem_of
from meteo_tests.api.conftest import DRIFTED
from meteo_tests.builders import no_drift

ADDRESS = "/api/v1/drift"


def test_the_newest_week_is_told_with_what_drifts_first(client: TestClient):
    drift = client.get(ADDRESS).json()

    assert (drift["week"], drift["first"], drift["last"]) == ("2016-06-12", "2016-05-20", "2016-06-18")
    assert drift["verdict"] == "drift"
    assert [row["parameter"] for row in drift["parameters"]] == [
        "pressure_9am",
        "min_temp",  # two thirds of its threshold
        "max_temp",  # half of it
        "sunshine",
    ]
    pressure, sunshine = drift["parameters"][0], drift["parameters"][-1]
    assert (pressure["score"], pressure["threshold"], pressure["verdict"]) == (0.30, 0.20, "drift")
    assert pressure["label"] == "Mean sea level pressure at 9 am"
    assert (sunshine["score"], sunshine["threshold"]) == (None, None)
    assert sunshine["verdict"] == "insufficient data"
    assert drift["weeks"] == ["2016-06-12", "2016-06-05"]


def test_an_earlier_week_can_be_asked_for(client: TestClient):
    drift = client.get(ADDRESS, params={"week": "2016-06-05"}).json()

    assert drift["week"] == "2016-06-05"
    assert drift["verdict"] == "insufficient data"
    assert len(drift["parameters"]) == 1


@pytest.mark.parametrize("week", ["2016-06-06", "1900-01-01", "lately", "2016-13-01", ""])
def test_a_week_without_a_report_is_refused(client: TestClient, week: str):
    problem = problem_of(client.get(ADDRESS, params={"week": week}), 422)

    assert pointers(problem) == ["/week"]


def test_a_week_is_steady_when_some_were_judged_and_none_drifts():
    scores = drift_by_week(DRIFTED)[date(2016, 6, 12)]

    assert verdict_of(scores) == "drift"
    assert verdict_of(scores[1:]) == "steady"
    assert verdict_of(scores[-1:]) == "insufficient data"
    assert verdict_of(()) == "insufficient data"


def test_alarms_are_told_with_what_where_and_since_when(client: TestClient):
    pressure, skill, gust = sorted(
        client.get(ADDRESS).json()["alarms"], key=lambda each: (not each["active"], each["parameter"])
    )

    assert (pressure["kind"], pressure["station"]) == ("station", "Sydney")
    assert (pressure["since"], pressure["last"], pressure["active"]) == ("2016-06-20", "2016-06-25", True)
    assert (pressure["score"], pressure["threshold"]) == (pytest.approx(1.45), 1.1)  # of its newest day
    assert pressure["label"] == "Mean sea level pressure at 3 pm"
    assert (skill["kind"], skill["station"]) == ("skill", None)
    assert skill["label"] == "Skill of evening forecasts, 30 days"
    assert (gust["station"], gust["active"]) == ("Albury", False)


def test_what_the_service_was_asked_has_a_verdict_of_its_own(client: TestClient):
    asked = client.get(ADDRESS).json()["requests"]
    of_the_week_before = client.get(ADDRESS, params={"week": "2016-06-05"}).json()["requests"]

    assert asked["verdict"] == "drift"
    assert [(row["parameter"], row["rows"]) for row in asked["parameters"]] == [("humidity_3pm", 412)]
    assert of_the_week_before == {"verdict": "insufficient data", "parameters": []}


def test_before_any_report_there_is_no_week():
    assert drift_by_week(no_drift()) == {}
    assert drift_by_week(pd.DataFrame(DRIFTED.iloc[:0])) == {}


def test_verdicts_are_those_of_the_science():
    assert set(get_args(Verdict)) == {STEADY, DRIFT, INSUFFICIENT}

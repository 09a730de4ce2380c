"""What is answered to a what-if."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from litestar.testing import TestClient

from meteo_api.predictions.asked import Asked
from meteo_api.predictions.schemas import PredictionRequest
from meteo_api.predictions.supposed import Supposed, usable_parameters
from meteo_api.settings import Settings
from meteo_core.calendar import Issue, allowed_parameters
from meteo_core.features.daily import OWN_VALUES, build_features
from meteo_core.home import Home
from meteo_core.labels import THRESHOLDS
from meteo_core.model.rain_models import RainModels
from meteo_core.parameters import PARAMETERS
from meteo_tests import builders
from meteo_tests.api.clients import PREDICTIONS, problem_of
from meteo_tests.api.conftest import NOW, cached
from meteo_tests.api.people import in_process
from meteo_tests.builders import LAST_DAY

STATION = "Albury"
TODAY = str(LAST_DAY)
TOMORROW = str(LAST_DAY + timedelta(days=1))


def predict(client: TestClient, body: Any) -> Any:
    response = client.post(PREDICTIONS, json=body)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("issue", Issue)
def test_a_question_without_values_is_answered_as_the_pipeline_would(
    client: TestClient, weather: pd.DataFrame, models: RainModels, issue: Issue
):
    answer = predict(client, {"station": STATION, "date": TODAY, "issue": issue})

    forecasts = models[issue].forecast(build_features(weather)).set_index(["station", "date"])
    expected = forecasts.loc[(STATION, pd.Timestamp(LAST_DAY))]
    for rule in THRESHOLDS:
        assert answer[f"p_{rule}"] == pytest.approx(expected[f"p_{rule}"], abs=1e-9)
        assert answer[f"climatology_{rule}"] == pytest.approx(expected[f"climatology_{rule}"], abs=1e-9)
    assert answer["issue"] == issue
    assert answer["markov_gt_1_0"] == pytest.approx(expected["markov_gt_1_0"], abs=1e-9)
    assert answer["route"] == "full"


def test_an_answer_says_what_it_is_about_and_what_it_rests_on(client: TestClient):
    answer = predict(client, {"station": STATION, "date": TODAY, "humidity_3pm": 80})

    assert answer["issue"] == "evening"
    assert answer["valid_from"] == "2016-06-25T09:00:00+10:00"
    assert answer["valid_to"] == "2016-06-26T09:00:00+10:00"
    assert answer["predictand"] == (
        "more than 1 mm of rain from 9 am on 2016-06-25 to 9 am on 2016-06-26, station time"
    )
    assert answer["model_version"] == 7
    assert answer["snapshot"]["newest_observation"] == TODAY


def test_the_window_has_23_hours_where_daylight_saving_begins(client: TestClient):
    answer = predict(client, {"station": STATION, "date": "2015-10-03"})

    assert answer["valid_from"] == "2015-10-03T09:00:00+10:00"
    assert answer["valid_to"] == "2015-10-04T09:00:00+11:00"


def test_more_rain_is_never_likelier_than_less(client: TestClient):
    answer = predict(client, {"station": STATION, "date": TODAY, "humidity_3pm": 99})

    chances = [answer[f"p_{rule}"] for rule in THRESHOLDS]
    assert chances == sorted(chances, reverse=True)


def test_damp_air_under_low_pressure_makes_rain_likelier(client: TestClient):
    dry = predict(client, {"station": STATION, "date": TODAY, "humidity_3pm": 20, "pressure_3pm": 1030})
    damp = predict(client, {"station": STATION, "date": TODAY, "humidity_3pm": 98, "pressure_3pm": 995})

    assert damp["p_gt_1_0"] > dry["p_gt_1_0"] + 0.1


def test_fields_are_told_apart_by_where_they_came_from(client: TestClient):
    fields = predict(
        client,
        {"station": STATION, "date": TODAY, "humidity_3pm": 80, "cloud_3pm": None, "wind_gust_time": "14:05"},
    )["fields"]

    assert fields["from_request"] == ["humidity_3pm"]
    assert "cloud_3pm" in fields["missing"]
    assert "pressure_9am" in fields["from_snapshot"]
    assert fields["not_used"] == ["wind_gust_time"]
    named = fields["from_request"] + fields["missing"] + fields["from_snapshot"]
    assert sorted(named) == sorted(name for name in PARAMETERS if name in OWN_VALUES)


def test_a_morning_uses_no_value_of_the_afternoon_and_says_so(client: TestClient):
    question = {"station": STATION, "date": TODAY, "issue": "morning", "humidity_9am": 70}
    afternoon = {"humidity_3pm": 99, "sunshine": 0.0, "max_temp": 11.0}

    answer = predict(client, question | afternoon)

    assert answer["p_gt_1_0"] == predict(client, question)["p_gt_1_0"]
    assert answer["fields"]["from_request"] == ["humidity_9am"]
    assert answer["fields"]["not_used"] == ["max_temp", "sunshine", "humidity_3pm"]
    fields = answer["fields"]
    named = fields["from_request"] + fields["from_snapshot"] + fields["missing"]
    assert set(named) == allowed_parameters(Issue.MORNING) & set(OWN_VALUES)


def test_in_the_afternoon_what_is_complete_at_midnight_is_not_used():
    whole_day = usable_parameters(Issue.EVENING, "full")

    afternoon = usable_parameters(Issue.EVENING, "afternoon")

    assert whole_day - afternoon == {"max_temp", "sunshine", "wind_gust_speed", "wind_gust_dir"}


def test_on_the_afternoon_route_a_supposed_gust_is_not_used(
    weather: pd.DataFrame, tmp_path: Path, models: RainModels
):
    newest = weather["date"] == weather["date"].max()
    late = {"max_temp": np.nan, "sunshine": np.nan, "wind_gust_speed": np.nan, "wind_gust_dir": None}
    home = Home(tmp_path)
    builders.snapshot(
        home.serving,
        weather.assign(**{name: weather[name].mask(newest, value) for name, value in late.items()}),
        models,
    )
    cached(home, models, version=1)

    with in_process(Settings(home_dir=tmp_path), now=lambda: NOW) as client:
        plain = predict(client, {"station": STATION, "date": TODAY})
        gusty = predict(
            client, {"station": STATION, "date": TODAY, "wind_gust_speed": 120, "humidity_3pm": 90}
        )
        calm = predict(client, {"station": STATION, "date": TODAY, "humidity_3pm": 90})

    assert plain["route"] == gusty["route"] == "afternoon"
    assert gusty["p_gt_1_0"] == calm["p_gt_1_0"]
    assert gusty["fields"]["from_request"] == ["humidity_3pm"]
    assert gusty["fields"]["not_used"] == ["wind_gust_speed"]
    assert "max_temp" not in gusty["fields"]["missing"]


def test_rain_today_follows_the_rain_that_is_supposed(client: TestClient):
    wet = predict(client, {"station": STATION, "date": TODAY, "rainfall": 20})
    spelt_out = predict(client, {"station": STATION, "date": TODAY, "rainfall": 20, "rain_today": True})
    unknown = predict(client, {"station": STATION, "date": TODAY, "rainfall": None})

    assert wet["p_gt_1_0"] == spelt_out["p_gt_1_0"]
    assert wet["markov_gt_1_0"] == spelt_out["markov_gt_1_0"]
    assert "rain_today" in wet["fields"]["from_request"]
    assert "rain_today" in unknown["fields"]["missing"]
    assert unknown["markov_gt_1_0"] == unknown["climatology_gt_1_0"]


@pytest.mark.parametrize("observed", [0.0, 8.0])
def test_an_observation_gives_way_to_what_contradicts_it(
    client: TestClient, weather: pd.DataFrame, observed: float
):
    at_station = weather[(weather["station"] == STATION) & (weather["date"] > "2016-06-01")]
    opposite = at_station[at_station["rainfall"] > 1] if observed else at_station[at_station["rainfall"] == 0]
    day = str(opposite["date"].iloc[0].date())

    fields = predict(client, {"station": STATION, "date": day, "rain_today": observed == 0.0})["fields"]

    assert "rainfall" in fields["missing"]
    assert "rain_today" in fields["from_request"]


def test_a_supposed_calm_has_no_observed_direction(client: TestClient):
    fields = predict(client, {"station": STATION, "date": TODAY, "wind_speed_3pm": 0})["fields"]

    assert "wind_dir_3pm" in fields["missing"]


def test_tomorrow_gets_the_climatology_until_something_is_supposed_of_it(client: TestClient):
    nothing = predict(client, {"station": STATION, "date": TOMORROW})
    humid = predict(client, {"station": STATION, "date": TOMORROW, "humidity_3pm": 96})

    assert nothing["route"] == "climatology"
    assert nothing["p_gt_1_0"] == nothing["climatology_gt_1_0"]
    assert humid["route"] == "local"
    assert humid["fields"]["from_snapshot"] == []


def test_a_day_of_which_nothing_is_known_gets_the_climatology(client: TestClient):
    answer = predict(client, {"station": STATION, "date": "1931-01-05"})

    assert answer["route"] == "climatology"
    assert answer["p_gt_1_0"] == answer["climatology_gt_1_0"]


def test_a_batch_gives_what_single_questions_give(client: TestClient):
    questions = [
        {"station": STATION, "date": TODAY},
        {"station": STATION, "date": TODAY, "humidity_3pm": 99},
        {"station": "Brisbane", "date": "2016-06-20", "rainfall": 3.4},
        {"station": "Brisbane", "date": "2016-06-20", "rainfall": 3.4, "issue": "morning"},
        {"station": "Adelaide", "date": "1999-12-31", "temp_9am": 33.1},
    ]

    batch = predict(client, questions)

    for question, answer in zip(questions, batch, strict=True):
        alone = predict(client, question)
        assert answer["issue"] == question.get("issue", "evening")
        assert answer["p_ge_10_0"] == pytest.approx(alone["p_ge_10_0"], abs=1e-9)
        assert answer["p_gt_1_0"] == pytest.approx(alone["p_gt_1_0"], abs=1e-9)
        assert answer["fields"] == alone["fields"]


def test_the_same_question_twice_gets_the_same_answer(client: TestClient):
    question = {"station": STATION, "date": TODAY, "sunshine": 9.1}

    assert predict(client, question)["p_gt_1_0"] == predict(client, question)["p_gt_1_0"]


def test_a_thousand_questions_about_one_day_are_answered_within_seconds(client: TestClient):
    batch = predict(
        client, [{"station": STATION, "date": TODAY, "humidity_3pm": h % 101} for h in range(1000)]
    )

    assert len(batch) == 1000
    assert batch[3]["p_gt_1_0"] == pytest.approx(batch[104]["p_gt_1_0"], abs=1e-9)
    assert all(0 <= answer["p_gt_1_0"] <= 1 for answer in batch)


def test_a_station_that_the_model_was_not_trained_on_is_refused_by_name(client: TestClient):
    problem = problem_of(client.post(PREDICTIONS, json={"station": "Sydney", "date": TODAY}), 422)

    assert problem["errors"] == [
        {"in": "body", "pointer": "/station", "detail": "version 7 of the model was not trained on Sydney"}
    ]


def test_a_request_knows_exactly_station_date_issue_and_the_parameters_of_the_table():
    assert set(PredictionRequest.__struct_fields__) == {"station", "date", "issue", *PARAMETERS}
    assert PredictionRequest(station=STATION, date=date(2016, 6, 25)).station == STATION


def test_drivers_are_told_when_asked_for(client: TestClient):
    body = {"station": "Albury", "date": "2016-06-25", "humidity_3pm": 95}

    explained = client.post(PREDICTIONS, json=body, params={"explain": "true"}).json()
    plain = client.post(PREDICTIONS, json=body).json()

    assert plain.pop("drivers") is None
    drivers = explained.pop("drivers")
    assert explained == plain
    assert {"about", "log_odds", "points"} == drivers[0].keys()
    assert [abs(d["log_odds"]) for d in drivers] == sorted(
        (abs(d["log_odds"]) for d in drivers), reverse=True
    )


def test_too_many_requests_to_explain_are_refused_with_the_limit(client: TestClient):
    bodies = [{"station": "Albury", "date": "2016-06-25"}] * 101

    problem = problem_of(client.post(PREDICTIONS, json=bodies, params={"explain": "true"}), 413)

    assert "100" in problem["detail"]


def test_a_supposed_minimum_makes_a_lower_observed_maximum_give_way():
    names = list(OWN_VALUES)
    observed = np.full((len(names), 1), np.nan)
    observed[names.index("max_temp")], observed[names.index("min_temp")] = 20.0, 12.0
    asked = Asked.of([PredictionRequest(station="Albury", date=date(2016, 6, 25), min_temp=30.0)])

    supposed = Supposed.over(asked, observed)

    assert supposed.values[names.index("min_temp"), 0] == 30.0
    assert np.isnan(supposed.values[names.index("max_temp"), 0])


def test_a_supposed_direction_makes_an_observed_calm_give_way():
    names = list(OWN_VALUES)
    observed = np.full((len(names), 1), np.nan)
    observed[names.index("wind_speed_9am")] = observed[names.index("wind_speed_3pm")] = 0.0
    asked = Asked.of([PredictionRequest(station="Albury", date=date(2016, 6, 25), wind_dir_9am="E")])

    supposed = Supposed.over(asked, observed)

    assert supposed.values[names.index("wind_dir_9am"), 0] == 90.0
    assert np.isnan(supposed.values[names.index("wind_speed_9am"), 0])
    assert supposed.values[names.index("wind_speed_3pm"), 0] == 0.0

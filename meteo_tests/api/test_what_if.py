"""The service and the pipeline agree on every predictor; questions side by side do not see each other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from meteo_api.predictions.what_if import AT_ONCE, WhatIf
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.features.daily import LOOK_BACK_DAYS, build_features
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.labels import THRESHOLDS
from meteo_core.model.rain_models import RainModels
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.serving import OBSERVATION_DAYS
from meteo_tests import builders

QUESTIONS = 240
CHANGED = {
    "humidity_3pm": 97.0,
    "pressure_3pm": 998.5,
    "cloud_3pm": 8.0,
    "wind_gust_dir": "NNW",
    "wind_speed_9am": 0.0,
    "wind_dir_9am": None,
    "rainfall": 12.4,
    "rain_today": True,
    "sunshine": np.nan,
}
MORNINGS_AND_EVENINGS = [Issue.MORNING, Issue.EVENING]
CHANCES = [f"p_{rule}" for rule in THRESHOLDS]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels) -> World:
    serving = tmp_path_factory.mktemp("serving")
    builders.snapshot(serving, weather, models)
    return world_in(serving)


@pytest.fixture(scope="session")
def what_if(models: RainModels, world: World) -> WhatIf:
    return WhatIf.of(models, world)


@pytest.mark.parametrize("issue", Issue)
def test_service_and_pipeline_agree_on_every_predictor(
    weather: pd.DataFrame, models: RainModels, what_if: WhatIf, issue: Issue
):
    asked = some_station_days(weather, QUESTIONS).assign(issue=issue)
    whole_history = build_features(weather)

    ours = what_if.lay(issue, what_if.questions_of(asked)).design
    our_chances = what_if.forecast(asked)

    theirs = models[issue].predictors.transform(whole_history)
    at = pd.MultiIndex.from_frame(theirs.keys).get_indexer(
        pd.MultiIndex.from_frame(asked[["station", "date"]])
    )
    np.testing.assert_allclose(ours.matrix, theirs.matrix[at], rtol=0, atol=1e-9, equal_nan=True)
    np.testing.assert_array_equal(ours.other_stations, theirs.other_stations[at])
    np.testing.assert_array_equal(ours.other_stations_late, theirs.other_stations_late[at])
    np.testing.assert_array_equal(ours.own_values, theirs.own_values[at])
    their_chances = models[issue].forecast(whole_history).iloc[at].reset_index(drop=True)
    pd.testing.assert_frame_equal(our_chances, their_chances, rtol=0, atol=1e-9)


@pytest.mark.parametrize("issue", Issue)
@pytest.mark.parametrize("given", [21, 5, 0])
def test_supposed_days_get_what_the_pipeline_gives_for_such_observations(
    weather: pd.DataFrame, models: RainModels, what_if: WhatIf, issue: Issue, given: int
):
    asked = supposed(some_station_days(weather, 12), given=given).assign(issue=issue)

    ours = what_if.forecast(asked)

    for row in range(len(asked)):
        theirs = pipeline_forecast(models, issue, weather, asked.iloc[row])
        pd.testing.assert_series_equal(
            ours.iloc[row], theirs, rtol=0, atol=1e-9, check_names=False, check_exact=False
        )


@pytest.mark.parametrize("issue", Issue)
def test_changed_values_give_what_the_pipeline_gives_for_changed_observations(
    weather: pd.DataFrame, models: RainModels, what_if: WhatIf, issue: Issue
):
    asked = some_station_days(weather, 5).assign(issue=issue)
    changed = asked.assign(**{name: [value] * len(asked) for name, value in CHANGED.items()})

    ours = what_if.forecast(changed)

    for row in range(len(changed)):
        theirs = pipeline_forecast(models, issue, weather, changed.iloc[row])
        np.testing.assert_allclose(
            ours.loc[row, CHANCES].astype(float), theirs[CHANCES].astype(float), rtol=0, atol=1e-9
        )


def test_mornings_and_evenings_side_by_side_are_answered_in_order(weather: pd.DataFrame, what_if: WhatIf):
    days = some_station_days(weather, 40)
    mixed = days.assign(issue=MORNINGS_AND_EVENINGS * 20)

    answers = what_if.forecast(mixed)

    by_issue = {issue: what_if.forecast(days.assign(issue=issue)) for issue in Issue}
    expected = pd.concat([by_issue[issue].iloc[[row]] for row, issue in enumerate(mixed["issue"])])
    pd.testing.assert_frame_equal(answers, expected, rtol=0, atol=1e-9)


def test_a_morning_does_not_look_at_the_afternoon(weather: pd.DataFrame, what_if: WhatIf):
    days = some_station_days(weather, 30).assign(issue=Issue.MORNING)
    other_afternoon = days.assign(humidity_3pm=100.0, pressure_3pm=980.0, max_temp=50.0, sunshine=0.0)

    answers = what_if.forecast(other_afternoon)

    pd.testing.assert_frame_equal(answers, what_if.forecast(days))


def test_an_afternoon_does_not_look_at_what_is_complete_at_midnight(
    weather: pd.DataFrame, tmp_path: Path, models: RainModels
):
    newest = weather["date"] == weather["date"].max()
    late = {"max_temp": np.nan, "sunshine": np.nan, "wind_gust_speed": np.nan, "wind_gust_dir": None}
    at_half_past_seven = weather.assign(
        **{name: weather[name].mask(newest, value) for name, value in late.items()}
    )
    builders.snapshot(tmp_path, at_half_past_seven, models)
    what_if = WhatIf.of(models, world_in(tmp_path))
    days = at_half_past_seven[newest].reset_index(drop=True).assign(issue=Issue.EVENING)
    supposed_late = days.assign(max_temp=41.0, sunshine=0.0, wind_gust_speed=120.0, wind_gust_dir="S")

    answers = what_if.forecast(supposed_late)

    assert set(answers["route"]) == {"afternoon"}
    pd.testing.assert_frame_equal(answers, what_if.forecast(days))


def test_questions_about_one_day_do_not_see_each_other(weather: pd.DataFrame, what_if: WhatIf):
    newest = weather[weather["date"] == weather["date"].max()].reset_index(drop=True)
    newest = pd.concat([newest.assign(issue=issue) for issue in Issue], ignore_index=True)
    soaked = newest.assign(humidity_3pm=100.0, pressure_3pm=985.0, humidity_9am=100.0)

    together = what_if.forecast(pd.concat([newest, soaked], ignore_index=True))

    alone = pd.concat([what_if.forecast(newest.iloc[[row]]) for row in range(len(newest))], ignore_index=True)
    pd.testing.assert_frame_equal(together.iloc[: len(newest)], alone)


def test_more_questions_than_are_computed_at_once_keep_their_order(weather: pd.DataFrame, what_if: WhatIf):
    days = some_station_days(weather, 100).assign(issue=MORNINGS_AND_EVENINGS * 50)
    many = pd.concat([days] * (AT_ONCE // 20), ignore_index=True)
    assert len(many) > 4 * AT_ONCE

    answers = what_if.forecast(many)

    pd.testing.assert_frame_equal(answers[["station", "date"]], many[["station", "date"]])
    np.testing.assert_allclose(answers[CHANCES][:100], answers[CHANCES][-100:], rtol=0, atol=1e-9)


@pytest.mark.parametrize("issue", Issue)
def test_a_day_outside_the_snapshot_is_forecast_from_its_own_values(
    weather: pd.DataFrame, what_if: WhatIf, issue: Issue
):
    long_ago = weather.iloc[[0]].assign(date=pd.Timestamp("1950-07-01"), issue=issue).reset_index(drop=True)

    answers = what_if.forecast(pd.concat([long_ago, supposed(long_ago, given=0)], ignore_index=True))

    assert answers["route"].tolist() == ["local", "climatology"]
    for rule in THRESHOLDS:
        assert answers[f"p_{rule}"][1] == answers[f"climatology_{rule}"][1]


def test_stations_that_the_models_were_not_trained_on_do_not_disturb(tmp_path: Path, models: RainModels):
    everywhere = builders.observations(days=OBSERVATION_DAYS, stations=12)
    builders.snapshot(tmp_path, everywhere, models)
    world = world_in(tmp_path)
    asked = some_station_days(everywhere[everywhere["station"].isin(models.stations)], 40)
    asked = asked.assign(issue=MORNINGS_AND_EVENINGS * 20)

    with_strangers = WhatIf.of(models, world).forecast(asked)

    known = world.observations[world.observations["station"].isin(models.stations)]
    without = WhatIf.of(models, replace(world, observations=known)).forecast(asked)
    pd.testing.assert_frame_equal(with_strangers, without)


def world_in(serving: Path) -> World:
    store = SnapshotStore(serving, look_seconds=1)
    store.look()
    return store.require()


def some_station_days(weather: pd.DataFrame, count: int) -> pd.DataFrame:
    """Random station days whose whole look-back lies in the snapshot."""
    reach = OBSERVATION_DAYS - LOOK_BACK_DAYS - PREDICTOR_LOOK_BACK_DAYS
    recent = weather[weather["date"] > weather["date"].max() - pd.Timedelta(days=reach)]
    return recent.sample(min(count, len(recent)), random_state=1).reset_index(drop=True)


def supposed(days: pd.DataFrame, *, given: int) -> pd.DataFrame:
    """The days with a random choice of so many parameters changed or kept, and all others unknown."""
    random = np.random.default_rng(given)
    made = days.copy()
    for row in days.index:
        known = set(random.permutation(list(PARAMETERS))[:given])
        for name in PARAMETERS:
            if name not in known:
                made.at[row, name] = np.nan if name in NUMBERS else None
            elif name in NUMBERS:
                made.at[row, name] = round(
                    random.uniform(PARAMETERS[name].usual_low, PARAMETERS[name].usual_high), 1
                )
    return made


def pipeline_forecast(models: RainModels, issue: Issue, weather: pd.DataFrame, day: pd.Series) -> pd.Series:
    """What the pipeline forecasts in a world where this station day was observed as given."""
    reach = LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS
    window = weather[weather["date"].between(day["date"] - pd.Timedelta(days=reach), day["date"])].copy()
    here = (window["station"] == day["station"]) & (window["date"] == day["date"])
    for name in PARAMETERS:
        window.loc[here, name] = day[name]
    forecasts = models[issue].forecast(build_features(window))
    of_day = (forecasts["station"] == day["station"]) & (forecasts["date"] == day["date"])
    return forecasts[of_day].iloc[0]


@pytest.mark.parametrize("issue", Issue)
def test_days_whose_history_is_cut_off_in_the_snapshot_are_not_forecast_from_half_of_it(
    weather: pd.DataFrame, what_if: WhatIf, issue: Issue
):
    first = weather["date"].max() - pd.Timedelta(days=OBSERVATION_DAYS - 1)
    answerable = first + pd.Timedelta(days=LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS)
    days = pd.DatetimeIndex([first, answerable - pd.Timedelta(days=1), answerable])
    asked = weather[(weather["station"] == "Albury") & weather["date"].isin(days)]

    routes = what_if.forecast(asked.assign(issue=issue).reset_index(drop=True))["route"]

    assert routes.tolist()[:2] == ["local", "local"]
    assert routes.tolist()[2] in ("full", "afternoon")

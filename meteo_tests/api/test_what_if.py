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
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, Variant
from meteo_core.model.rain_model import RainModel
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


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, model: RainModel) -> World:
    serving = tmp_path_factory.mktemp("serving")
    builders.snapshot(serving, weather, model)
    store = SnapshotStore(serving, look_seconds=1)
    store.look()
    return store.require()


@pytest.fixture(scope="session")
def morning_model(weather: pd.DataFrame) -> RainModel:
    return builders.rain_model(weather, issue=Issue.MORNING)


@pytest.mark.parametrize("issue", Issue)
def test_service_and_pipeline_agree_on_every_predictor(
    weather: pd.DataFrame, world: World, model: RainModel, morning_model: RainModel, issue: Issue
):
    trained = morning_model if issue is Issue.MORNING else model
    asked = some_station_days(weather, QUESTIONS)
    whole_history = build_features(weather)

    what_if = WhatIf.of(trained, world)
    ours = what_if.model.predictors.transform(what_if.features(asked), Variant.FULL)
    our_chances = what_if.forecast(asked)

    theirs = trained.predictors.transform(whole_history, Variant.FULL)
    at = pd.MultiIndex.from_frame(theirs.keys).get_indexer(pd.MultiIndex.from_frame(ours.keys))
    np.testing.assert_allclose(ours.matrix, theirs.matrix[at], rtol=0, atol=1e-9, equal_nan=True)
    np.testing.assert_array_equal(ours.other_stations, theirs.other_stations[at])
    their_chances = trained.forecast(whole_history).iloc[at].reset_index(drop=True)
    pd.testing.assert_frame_equal(our_chances, their_chances, rtol=0, atol=1e-9)


def test_changed_values_give_what_the_pipeline_gives_for_changed_observations(
    weather: pd.DataFrame, world: World, model: RainModel
):
    asked = some_station_days(weather, 5)
    changed = asked.assign(**{name: [value] * len(asked) for name, value in CHANGED.items()})

    ours = WhatIf.of(model, world).forecast(changed)

    for (_, day), (_, our) in zip(changed.iterrows(), ours.iterrows(), strict=True):
        supposed = weather.copy()
        here = (supposed["station"] == day["station"]) & (supposed["date"] == day["date"])
        for name, value in CHANGED.items():
            supposed.loc[here, name] = value
        theirs = model.forecast(build_features(supposed)).set_index(["station", "date"])
        assert our["p_gt_1_0"] == pytest.approx(
            theirs.loc[(day["station"], day["date"]), "p_gt_1_0"], abs=1e-9
        )


def test_questions_about_one_day_do_not_see_each_other(weather: pd.DataFrame, world: World, model: RainModel):
    newest = weather[weather["date"] == weather["date"].max()].reset_index(drop=True)
    soaked = newest.assign(humidity_3pm=100.0, pressure_3pm=985.0)
    what_if = WhatIf.of(model, world)

    together = what_if.forecast(pd.concat([newest, soaked], ignore_index=True))

    alone = pd.concat([what_if.forecast(newest.iloc[[row]]) for row in range(len(newest))], ignore_index=True)
    pd.testing.assert_frame_equal(together.iloc[: len(newest)], alone)


def test_more_questions_than_are_computed_at_once_keep_their_order(
    weather: pd.DataFrame, world: World, model: RainModel
):
    days = some_station_days(weather, 100)
    many = pd.concat([days] * (AT_ONCE // 40), ignore_index=True)
    assert len(many) > 2 * AT_ONCE

    answers = WhatIf.of(model, world).forecast(many)

    pd.testing.assert_frame_equal(answers[["station", "date"]], many[["station", "date"]])
    np.testing.assert_array_equal(answers["p_gt_1_0"][:100], answers["p_gt_1_0"][-100:])


def test_a_day_outside_the_snapshot_is_forecast_from_its_own_values(
    weather: pd.DataFrame, world: World, model: RainModel
):
    long_ago = weather.iloc[[0]].assign(date=pd.Timestamp("1950-07-01")).reset_index(drop=True)
    unknown = long_ago.assign(
        **{name: np.nan for name in long_ago.columns[2:] if long_ago[name].dtype == float}
    )
    unknown = unknown.assign(wind_gust_dir=None, wind_dir_9am=None, wind_dir_3pm=None, rain_today=None)

    answers = WhatIf.of(model, world).forecast(pd.concat([long_ago, unknown], ignore_index=True))

    assert answers["route"].tolist() == ["local", "climatology"]
    assert answers["p_gt_1_0"][1] == answers["climatology_gt_1_0"][1]


def test_stations_that_the_model_was_not_trained_on_do_not_disturb(
    weather: pd.DataFrame, tmp_path: Path, model: RainModel
):
    everywhere = builders.observations(days=OBSERVATION_DAYS, stations=12)
    builders.snapshot(tmp_path, everywhere, model)
    store = SnapshotStore(tmp_path, look_seconds=1)
    store.look()
    asked = some_station_days(everywhere[everywhere["station"].isin(model.predictors.stations)], 40)

    with_strangers = WhatIf.of(model, store.require()).forecast(asked)

    known = replace(store.require(), features=only(store.require().features, model.predictors.stations))
    pd.testing.assert_frame_equal(with_strangers, WhatIf.of(model, known).forecast(asked))


def some_station_days(weather: pd.DataFrame, count: int) -> pd.DataFrame:
    """Random station days whose whole look-back lies in the snapshot."""
    reach = OBSERVATION_DAYS - LOOK_BACK_DAYS - PREDICTOR_LOOK_BACK_DAYS
    recent = weather[weather["date"] > weather["date"].max() - pd.Timedelta(days=reach)]
    return recent.sample(min(count, len(recent)), random_state=1).reset_index(drop=True)


def only(features: pd.DataFrame, stations: tuple[str, ...]) -> pd.DataFrame:
    return features[features["station"].isin(stations)]

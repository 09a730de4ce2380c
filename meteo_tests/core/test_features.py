from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS, FEATURES, LOOK_BACK_DAYS, build_features, known_at
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, Predictors, Variant
from meteo_core.parameters import KnownAt
from meteo_tests.core.days import days_of, simulated


def feature(observations: pd.DataFrame, name: str) -> list[float]:
    return build_features(observations)[name].tolist()


@pytest.mark.parametrize(
    # Sonntag (1990): at saturation the dew point is the temperature; 20 °C at 50 % gives 9.3 °C.
    ("temperature", "humidity", "expected"),
    [(20.0, 100.0, 20.0), (20.0, 50.0, 9.27), (30.0, 30.0, 10.53), (0.0, 80.0, -3.04)],
)
def test_dew_points_are_those_of_the_psychrometric_table(
    temperature: float, humidity: float, expected: float
):
    observations = days_of(temp_3pm=[temperature], humidity_3pm=[humidity])

    dew_point = feature(observations, "dew_point_3pm")

    assert dew_point == pytest.approx([expected], abs=0.06)


@pytest.mark.parametrize(
    ("point", "eastward", "northward"), [("N", 0, -20), ("E", -20, 0), ("S", 0, 20), ("W", 20, 0)]
)
def test_a_wind_blows_away_from_the_point_that_names_it(point: str, eastward: float, northward: float):
    observations = days_of(wind_speed_3pm=[20.0], wind_dir_3pm=[point])

    built = build_features(observations)

    assert built["wind_eastward_3pm"].iloc[0] == pytest.approx(eastward, abs=1e-9)
    assert built["wind_northward_3pm"].iloc[0] == pytest.approx(northward, abs=1e-9)


def test_a_calm_is_zero_wind_and_a_missing_direction_is_unknown():
    observations = days_of(wind_speed_9am=[0.0, 7.0, None], wind_dir_9am=[None, None, "N"])

    eastward = feature(observations, "wind_eastward_9am")

    assert eastward[0] == 0.0
    assert np.isnan(eastward[1:]).all()


def test_yesterday_is_a_date_and_not_a_row():
    observations = days_of(rainfall=[1.0, 2.0, 3.0, 4.0]).drop(index=2)

    yesterday = feature(observations, "rainfall_yesterday")

    assert yesterday[:2] == [pytest.approx(np.nan, nan_ok=True), 1.0]
    assert np.isnan(yesterday[2])


def test_a_mean_over_days_ignores_the_missing_and_needs_enough_of_the_rest():
    observations = days_of(rainfall=[3.0, None, 6.0, None, None, None])

    mean = feature(observations, "mean_rainfall_3_days")

    assert np.isnan(mean[:2]).all()
    assert mean[2] == pytest.approx(4.5)
    assert np.isnan(mean[3:]).all()


def test_every_feature_has_a_unit_and_a_description():
    assert all(feature.unit and feature.description for feature in FEATURES.values())
    assert len(set(DAILY_COLUMNS)) == len(DAILY_COLUMNS)


LAST = date(2021, 3, 31)


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return simulated(date(2020, 1, 1), LAST, stations=14)


@pytest.fixture(scope="module")
def features(weather: pd.DataFrame) -> pd.DataFrame:
    return build_features(weather)


@pytest.mark.parametrize("issue", Issue)
def test_tomorrow_cannot_change_todays_predictors(
    weather: pd.DataFrame, features: pd.DataFrame, issue: Issue
):
    predictors = Predictors.fit(features[features["date"] < "2021-01-01"], issue)
    whole = predictors.transform(features, Variant.FULL)

    for day in pd.date_range("2021-03-01", "2021-03-20", freq="D"):
        known = predictors.transform(build_features(weather[weather["date"] <= day]), Variant.FULL)

        np.testing.assert_array_equal(
            known.matrix[(known.keys["date"] == day).to_numpy()],
            whole.matrix[(whole.keys["date"] == day).to_numpy()],
        )


@pytest.mark.parametrize("issue", Issue)
def test_the_look_back_is_enough_for_every_predictor(
    weather: pd.DataFrame, features: pd.DataFrame, issue: Issue
):
    predictors = Predictors.fit(features[features["date"] < "2021-01-01"], issue)
    whole = predictors.transform(features, Variant.FULL)
    day = pd.Timestamp(LAST)
    since = day - timedelta(days=LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS)

    enough = predictors.transform(build_features(weather[weather["date"] >= since]), Variant.FULL)

    np.testing.assert_array_equal(
        enough.matrix[(enough.keys["date"] == day).to_numpy()],
        whole.matrix[(whole.keys["date"] == day).to_numpy()],
    )


def test_no_morning_predictor_reacts_to_the_afternoon_of_the_day(
    weather: pd.DataFrame, features: pd.DataFrame
):
    predictors = Predictors.fit(features, Issue.MORNING)
    before = predictors.transform(features, Variant.FULL)
    numbers = [c for c in weather.select_dtypes("number") if known_at(c) is not KnownAt.NINE_AM]
    changed = weather.copy()
    changed.loc[changed["date"] == pd.Timestamp(LAST), numbers] += 5.0

    after = predictors.transform(build_features(changed), Variant.FULL)

    assert len(numbers) == 8
    np.testing.assert_array_equal(before.matrix, after.matrix)


def test_predictors_know_nothing_of_outcomes(weather: pd.DataFrame, features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    day = pd.Timestamp("2021-03-10")
    tomorrow_is_wet = weather.copy()
    tomorrow_is_wet.loc[tomorrow_is_wet["date"] > day, "rainfall"] = 99.0
    tomorrow_is_wet.loc[tomorrow_is_wet["date"] > day, "rain_today"] = True

    before = predictors.transform(features, Variant.FULL)
    after = predictors.transform(build_features(tomorrow_is_wet), Variant.FULL)

    until = (before.keys["date"] <= day).to_numpy()
    np.testing.assert_array_equal(before.matrix[until], after.matrix[until])


def test_fitted_predictors_survive_json_unchanged(features: pd.DataFrame):
    import json

    predictors = Predictors.fit(features, Issue.EVENING)

    restored = Predictors.from_dict(json.loads(json.dumps(predictors.to_dict())))

    assert restored.fingerprint() == predictors.fingerprint()
    np.testing.assert_array_equal(
        restored.transform(features, Variant.FULL).matrix, predictors.transform(features, Variant.FULL).matrix
    )


def test_a_station_unknown_in_training_is_left_out(features: pd.DataFrame):
    predictors = Predictors.fit(features[features["station"] != "Adelaide"], Issue.EVENING)

    design = predictors.transform(features, Variant.FULL)

    assert "Adelaide" not in set(design.keys["station"])

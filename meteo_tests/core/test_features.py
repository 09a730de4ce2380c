import numpy as np
import pandas as pd
import pytest

from meteo_core.features.daily import (
    DAILY_COLUMNS,
    FEATURES,
    LOOK_BACK_DAYS,
    build_features,
    known_at,
)
from meteo_core.features.feature import FeatureTable
from meteo_core.features.quantities import Quantities
from meteo_core.parameters import KnownAt
from meteo_tests.core.days import days_of


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


def test_lags_changes_and_means_go_by_the_calendar():
    # Pressure of 1 to 5 June; the 3rd was not observed.
    observations = days_of(pressure_3pm=[1000.0, 1004.0, None, 1010.0, 1012.0])

    built = build_features(observations)

    def column(name: str) -> list[float | None]:
        return [None if np.isnan(value) else value for value in built[name]]

    assert column("pressure_3pm_yesterday") == [None, 1000.0, 1004.0, None, 1010.0]
    assert column("pressure_3pm_2_days_ago") == [None, None, 1000.0, 1004.0, None]
    assert column("pressure_3pm_change_24h") == [None, 4.0, None, None, 2.0]
    assert column("pressure_3pm_change_48h") == [None, None, None, 6.0, None]
    assert column("mean_pressure_3pm_3_days") == [None, 1002.0, 1002.0, 1007.0, 1011.0]


def test_changes_overnight_are_from_yesterdays_afternoon():
    observations = days_of(pressure_3pm=[1000.0, 1001.0], pressure_9am=[1003.0, 997.5], temp_3pm=[20.0, 20.0])

    built = build_features(observations)

    assert np.isnan(built["pressure_change_overnight"].iloc[0])
    assert built["pressure_change_overnight"].iloc[1] == -2.5


def test_spells_count_known_days_only_and_an_unknown_day_ends_them():
    observations = days_of(rainfall=[0.0, 0.0, 5.0, 6.0, None, 0.0, 0.0])

    dry, wet = feature(observations, "dry_spell"), feature(observations, "wet_spell")

    assert dry[:4] == [1.0, 2.0, 0.0, 0.0]
    assert wet[:4] == [0.0, 0.0, 1.0, 2.0]
    assert np.isnan(dry[4])
    assert np.isnan(wet[4])
    assert dry[5:] == [1.0, 2.0]


def test_a_spell_is_counted_as_far_as_the_look_back_reaches():
    observations = days_of(rainfall=[0.0] * (LOOK_BACK_DAYS + 5))

    assert feature(observations, "dry_spell")[-1] == LOOK_BACK_DAYS == 30
    assert all("at most 30;" in FEATURES[name].description for name in ("dry_spell", "wet_spell"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 20 °C at 50 % has its dew point at 9.27 °C; at 9 am 10 °C at 100 % has it at 10 °C.
        ("dew_point_depression_3pm", 20.0 - 9.27),
        ("dew_point_depression_9am", 0.0),
        ("dew_point_change", 9.27 - 10.0),
        ("pressure_change", -4.0),
        ("humidity_change", -50.0),
        ("temp_change", 10.0),
        ("cloud_change", -3.0),
        ("wind_speed_change", 15.0),
        ("gust_above_wind", 30.0),
        ("temp_range", 13.0),
        ("root_rainfall", 3.0),
    ],
)
def test_features_of_the_day_are_what_their_names_say(name: str, expected: float):
    observations = days_of(
        temp_9am=[10.0],
        temp_3pm=[20.0],
        humidity_9am=[100.0],
        humidity_3pm=[50.0],
        pressure_9am=[1012.0],
        pressure_3pm=[1008.0],
        cloud_9am=[7.0],
        cloud_3pm=[4.0],
        wind_speed_9am=[5.0],
        wind_speed_3pm=[20.0],
        wind_gust_speed=[50.0],
        min_temp=[8.0],
        max_temp=[21.0],
        rainfall=[9.0],
    )

    assert feature(observations, name) == pytest.approx([expected], abs=0.06)


def test_heavy_rain_counts_no_more_than_36_mm():
    assert feature(days_of(rainfall=[371.0]), "root_rainfall") == [6.0]


def test_what_looks_at_the_past_alone_is_known_at_9_am():
    assert known_at("pressure_3pm_yesterday") is KnownAt.NINE_AM
    assert known_at("wet_fraction_14_days") is KnownAt.NINE_AM
    assert known_at("pressure_3pm_change_24h") is KnownAt.THREE_PM
    assert known_at("mean_sunshine_3_days") is KnownAt.MIDNIGHT


def test_a_feature_without_words_is_refused_by_name():
    table = FeatureTable()

    with pytest.raises(ValueError, match="vapour needs a docstring"):

        @table.feature(unit="hPa", known_at=KnownAt.NINE_AM)
        def vapour(day: Quantities) -> np.ndarray:
            return day["temp_9am"]

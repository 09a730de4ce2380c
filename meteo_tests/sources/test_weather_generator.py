"""The simulated weather: the same for the same day, consistent within it, and Australian in the long run.

Expected statistics are those of the public weatherAUS table, 2007-11 to 2017-06.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from meteo_core.parameters import COMPASS, COMPASS_POINTS, NUMBERS, PARAMETERS, WIND_PAIRS
from meteo_core.sources.observations import OBSERVATION_COLUMNS
from meteo_core.sources.simulator.climate import load_climate
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import stations


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    """Eight years without gaps."""
    return WeatherGenerator(seed=11, gaps=False).days(date(2008, 1, 1), date(2015, 12, 31))


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    """Two years with the gaps that stations have."""
    return WeatherGenerator(seed=11).days(date(2008, 1, 1), date(2009, 12, 31))


def by_station(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows.pivot(index="date", columns="station", values=name)


def test_all_stations_have_all_days_in_the_form_of_a_delivery(published: pd.DataFrame) -> None:
    days = published.groupby("station")["date"].agg(["min", "max", "nunique", "size"])

    assert tuple(published.columns) == OBSERVATION_COLUMNS
    assert list(days.index) == sorted(load_climate(rain_noise=0.5).stations)
    assert set(days.index) <= set(stations())
    assert (days[["nunique", "size"]] == 366 + 365).all(axis=None)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2023, 12, 31), date(2024, 1, 1)),
        (date(2024, 2, 28), date(2024, 3, 1)),
        (date(2024, 7, 4), date(2024, 7, 4)),
    ],
)
def test_a_day_is_the_same_in_whatever_range_it_is_asked_for(first: date, last: date) -> None:
    long = WeatherGenerator(seed=3).days(date(2022, 1, 1), date(2025, 6, 30))

    short = WeatherGenerator(seed=3).days(first, last)

    within = long[long["date"].between(pd.Timestamp(first), pd.Timestamp(last))]
    order = ["date", "station"]
    pd.testing.assert_frame_equal(
        short.sort_values(order, ignore_index=True), within.sort_values(order, ignore_index=True)
    )


def test_what_is_given_may_be_changed_without_changing_the_weather() -> None:
    weather = WeatherGenerator(seed=3)
    given = weather.days(date(2024, 1, 1), date(2024, 1, 2))
    before = given.copy()

    given["rainfall"] = 99.0

    pd.testing.assert_frame_equal(weather.days(date(2024, 1, 1), date(2024, 1, 2)), before)


def test_seeds_differ() -> None:
    one, other = (WeatherGenerator(seed=seed, gaps=False).year(2024)["pressure_9am"] for seed in (1, 2))

    assert abs(one.corr(other)) < 0.2


@pytest.mark.parametrize("year", [1900, 2100])
def test_the_first_and_the_last_year_can_be_simulated(year: int) -> None:
    rows = WeatherGenerator(seed=3).year(year)

    assert len(rows) == 365 * 49


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(1899, 12, 31), date(1900, 1, 1)),
        (date(2100, 12, 31), date(2101, 1, 1)),
        (date(2024, 1, 2), date(2024, 1, 1)),
    ],
)
def test_other_days_are_refused(first: date, last: date) -> None:
    with pytest.raises(ValueError, match=r"not in|is after"):
        WeatherGenerator(seed=3).days(first, last)


def test_neighbouring_years_join_without_a_seam() -> None:
    climate = load_climate(rain_noise=0.5)

    slowest = max(
        np.abs(np.linalg.eigvals(climate.pattern_transition)).max(),
        np.abs(climate.residual_persistence).max(),
    )

    # What is left of a start from rest after the 120 days of burn-in.
    assert slowest**120 < 1e-9


def test_every_value_is_possible(published: pd.DataFrame) -> None:
    for name in NUMBERS:
        values = published[name].dropna()
        assert values.between(PARAMETERS[name].minimum, PARAMETERS[name].maximum).all(), name
        assert np.array_equal(values, values.round(PARAMETERS[name].decimals)), name
    for name in COMPASS:
        assert set(published[name].dropna()) == set(COMPASS_POINTS), name
    assert published["wind_gust_time"].dropna().str.fullmatch(r"([01]\d|2[0-3]):[0-5]\d").all()


def test_the_values_of_a_day_agree_with_each_other(complete: pd.DataFrame) -> None:
    winds = complete[["wind_speed_9am", "wind_speed_3pm"]].max(axis=1)

    assert (complete["min_temp"] <= complete["max_temp"]).all()
    for name in ("temp_9am", "temp_3pm"):
        assert complete[name].between(complete["min_temp"], complete["max_temp"]).all()
    gusts = complete["wind_gust_speed"].dropna()
    assert (gusts >= winds[gusts.index]).all()


def test_a_wind_has_a_direction_unless_it_is_calm_or_missing(published: pd.DataFrame) -> None:
    for speed, direction in WIND_PAIRS.values():
        blows = published[speed] > 0
        assert (published[direction].notna() == blows).all(), direction
    assert (published["wind_gust_time"].notna() == published["wind_gust_speed"].notna()).all()
    assert (published["wind_speed_9am"] == 0).mean() == pytest.approx(0.06, abs=0.02)


def test_winds_are_whole_knots_in_kilometres_an_hour(complete: pd.DataFrame) -> None:
    speeds = set(complete["wind_speed_9am"].unique())

    assert {0.0, 2.0, 4.0, 6.0, 7.0, 9.0, 11.0, 13.0, 15.0} <= speeds
    assert not speeds & {1.0, 3.0, 5.0, 8.0, 10.0}


def test_rain_is_measured_in_tips_of_the_bucket(complete: pd.DataFrame) -> None:
    tips = complete["rainfall"] / 0.2

    assert np.allclose(tips, tips.round())


def test_stations_lack_what_they_lack_in_reality(published: pd.DataFrame) -> None:
    missing = published.isna().groupby(published["station"]).mean()

    assert missing.loc[["Newcastle", "Penrith", "SalmonGums", "MountGinini"], "pressure_9am"].eq(1).all()
    assert missing.loc[["Newcastle", "Albany"], "wind_gust_speed"].eq(1).all()
    assert published["sunshine"].isna().mean() == pytest.approx(0.48, abs=0.06)
    assert published["rainfall"].isna().mean() < 0.06


def test_it_rains_as_often_as_in_australia(complete: pd.DataFrame) -> None:
    wet = by_station(complete, "rainfall") > 1.0
    yesterday = wet.shift(1).iloc[1:].astype(bool)
    today = wet.iloc[1:]

    assert wet.to_numpy().mean() == pytest.approx(0.224, abs=0.015)
    assert today.to_numpy()[yesterday.to_numpy()].mean() == pytest.approx(0.464, abs=0.04)
    assert today.to_numpy()[~yesterday.to_numpy()].mean() == pytest.approx(0.152, abs=0.02)


def test_rain_follows_the_sky_of_the_day_before_its_morning(complete: pd.DataFrame) -> None:
    humidity, wet = by_station(complete, "humidity_3pm"), by_station(complete, "rainfall") > 1.0
    tomorrow = wet.shift(-1).iloc[:-1].astype(float)

    same_day = humidity.iloc[:-1].corrwith(wet.iloc[:-1].astype(float)).mean()
    next_day = humidity.iloc[:-1].corrwith(tomorrow).mean()

    assert next_day > same_day + 0.05


def test_neighbours_share_their_weather_and_far_stations_do_not(complete: pd.DataFrame) -> None:
    pressure = by_station(complete, "pressure_3pm").corr()

    assert pressure.loc["Sydney", "SydneyAirport"] > 0.95
    assert pressure.loc["Sydney", "Melbourne"] == pytest.approx(0.80, abs=0.1)
    assert abs(pressure.loc["Sydney", "Perth"]) < 0.3


def test_weather_lasts_as_long_as_in_australia(complete: pd.DataFrame) -> None:
    pressure, humidity = by_station(complete, "pressure_3pm"), by_station(complete, "humidity_3pm")

    assert pressure.corrwith(pressure.shift(1)).mean() == pytest.approx(0.76, abs=0.06)
    assert humidity.corrwith(humidity.shift(1)).mean() == pytest.approx(0.51, abs=0.06)


def test_stations_have_their_own_climate(complete: pd.DataFrame) -> None:
    wet = (by_station(complete, "rainfall") > 1.0).mean()
    warmest = by_station(complete, "max_temp").groupby(lambda day: day.month).mean()

    assert wet["Portland"] == pytest.approx(0.365, abs=0.04)
    assert wet["Woomera"] == pytest.approx(0.068, abs=0.02)
    assert warmest.loc[1, "Hobart"] == pytest.approx(23.2, abs=1.0)
    assert warmest.loc[7, "Hobart"] == pytest.approx(12.8, abs=1.0)
    assert warmest.loc[7, "Darwin"] == pytest.approx(31.4, abs=1.0)

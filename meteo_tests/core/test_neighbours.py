import numpy as np
import pytest

from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.neighbours import Network, weighted_mean
from meteo_core.features.station_days import StationDays
from meteo_core.stations import find_station, nearest_keys, stations
from meteo_tests.core.days import days_of


def network(*keys: str) -> Network:
    return Network(tuple(find_station(key) for key in keys))


def test_distances_and_bearings_are_those_of_the_map():
    # Sydney to Melbourne: 713 km on the great circle, initial bearing 230 degrees (south-west).
    pair = network("Sydney", "Melbourne")

    assert pair.distance_km[0, 1] == pytest.approx(713, abs=3)
    assert np.degrees(pair.bearing[0, 1]) % 360 == pytest.approx(230, abs=1)
    assert pair.distance_km[0, 0] == 0


def test_a_sector_sees_stations_on_its_side_only():
    pair = network("Sydney", "Melbourne")

    assert pair.sectors["SW_900km"][0, 1] > 0.5
    assert pair.sectors["NE_900km"][0, 1] == 0
    assert pair.sectors["NE_900km"][1, 0] > 0.5
    assert all((weights.diagonal() == 0).all() for weights in pair.sectors.values())


def test_a_weighted_mean_is_of_the_stations_observed():
    values = np.array([[1.0, 5.0], [np.nan, 5.0], [np.nan, np.nan]])
    weights = np.array([[3.0, 1.0]])

    mean = weighted_mean(values, weights)

    assert mean[:2].ravel().tolist() == [2.0, 5.0]
    assert np.isnan(mean[2, 0])


def test_harmonics_recover_an_annual_wave():
    days = np.arange(730)
    temperature = 20 + 5 * np.sin(2 * np.pi * (days + 152 - 0.5) / 365.25)
    grid = StationDays.from_frame(days_of(temp_3pm=temperature), ["temp_3pm"])

    anomaly = HarmonicClimatology.fit(grid, ("temp_3pm",)).anomaly("temp_3pm", grid)

    assert np.abs(anomaly).max() < 0.1


def test_harmonics_of_a_short_record_are_unknown():
    grid = StationDays.from_frame(days_of(temp_3pm=[20.0] * 100), ["temp_3pm"])

    anomaly = HarmonicClimatology.fit(grid, ("temp_3pm",)).anomaly("temp_3pm", grid)

    assert np.isnan(anomaly).all()


def test_stations_are_in_australian_waters():
    assert len(stations()) >= 49
    for station in stations().values():
        assert -45 < station.latitude < -10
        assert 113 < station.longitude < 169
        assert 0 <= station.elevation_m < 2000
        assert station.zone.key.startswith(("Australia/", "Pacific/Norfolk"))


def test_a_misspelt_station_is_answered_with_the_nearest():
    assert nearest_keys("Melborne")[0] == "Melbourne"
    assert nearest_keys("x" * 10_000) == []

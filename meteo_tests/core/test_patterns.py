import numpy as np
import pytest

from meteo_core.features.neighbours import SLOPE_KM, Network, plane_slope
from meteo_core.features.patterns import Patterns
from meteo_core.stations import find_station


def test_the_leading_pattern_is_the_one_that_the_maps_were_made_of():
    # Two stations rise and fall together, a third does neither: the first pattern holds the two.
    rise = np.sin(np.linspace(0, 40, 400))
    quiet = np.random.default_rng(0).normal(size=400)
    anomalies = {"pressure_3pm": np.column_stack([rise, 2 * rise, quiet])}

    patterns = Patterns.fit(anomalies, ("pressure_3pm",), 2)
    amplitudes = amplitudes_of(patterns, anomalies["pressure_3pm"])

    first = np.abs(patterns.loadings[0, 0])
    assert first == pytest.approx([np.sqrt(0.5), np.sqrt(0.5), 0.0], abs=0.1)
    assert abs(np.corrcoef(amplitudes[:, 0], rise)[0, 1]) == pytest.approx(1.0, abs=0.01)
    assert (patterns.loadings[0] * patterns.loadings[1]).sum() == pytest.approx(0.0, abs=1e-9)


def test_a_missing_station_counts_as_none():
    maps = np.random.default_rng(1).normal(size=(300, 4))
    patterns = Patterns.fit({"rain_today": maps}, ("rain_today",), 2)
    day = maps[:1].copy()
    day[0, 2] = np.nan

    np.testing.assert_allclose(amplitudes_of(patterns, day), amplitudes_of(patterns, np.nan_to_num(day)))
    assert patterns.others_known([day]).tolist() == [[2, 2, 3, 2]]


def test_amplitudes_are_the_same_from_wherever_own_and_others_are_told_apart():
    maps = np.random.default_rng(2).normal(size=(300, 4))
    patterns = Patterns.fit({"rain_today": maps}, ("rain_today",), 2)

    for station in range(1, 4):
        np.testing.assert_allclose(
            amplitudes_of(patterns, maps, station=station), amplitudes_of(patterns, maps, station=0)
        )


def test_a_quantity_that_is_never_observed_has_no_pattern():
    never = np.full((50, 3), np.nan)

    patterns = Patterns.fit({"cloud_3pm": never}, ("cloud_3pm",), 2)

    assert not patterns.weights.any()
    assert not patterns.others_known([never]).any()


def amplitudes_of(patterns: Patterns, maps: np.ndarray, *, station: int = 0) -> np.ndarray:
    """What the others make of the first quantity's maps, and what the station adds."""
    own = np.nan_to_num(maps[:, station])[:, None] * patterns.weights[0, station]
    return patterns.of_others([maps])[:, station] + own


def test_the_slope_of_a_tilted_plane_is_its_tilt():
    stations = Network(tuple(find_station(key) for key in ("Sydney", "Canberra", "Cobar", "Moree", "Sale")))
    sites = stations.stations
    east_km = np.array([s.longitude for s in sites]) * 111.2 * np.cos(np.radians(33.5))
    north_km = np.array([s.latitude for s in sites]) * 111.2
    plane = (2.0 * east_km - 3.0 * north_km) / SLOPE_KM

    eastward, northward = plane_slope(stations.plane_sums(plane[None, :]), plane[None, :])

    # The ridge draws the tilt a little toward none.
    assert eastward[0] == pytest.approx([2.0] * 5, abs=0.6)
    assert northward[0] == pytest.approx([-3.0] * 5, abs=0.9)


def test_a_station_by_itself_has_no_slope():
    stations = Network(tuple(find_station(key) for key in ("NorfolkIsland", "Perth", "Albany")))
    values = np.array([[5.0, 1.0, 2.0]])

    eastward, _ = plane_slope(stations.plane_sums(values), values)

    assert np.isnan(eastward[0, 0])

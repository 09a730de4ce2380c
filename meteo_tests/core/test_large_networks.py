"""Networks with more stations than are weighed one by one, and records larger than memory should be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS
from meteo_core.features.neighbours import ANCHORS, NEAREST, Network
from meteo_core.features.predictors import Predictors
from meteo_core.features.station_days import StationDays
from meteo_core.features.surroundings import surroundings_of
from meteo_core.model.held_out import scores_of
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Record
from meteo_core.model.training import train, train_on
from meteo_core.stations import Station, find_station, stations
from meteo_tests.core.days import simulated_training

QUICK = Recipe(trees=10, depth=3, networks=1, hidden=(8,), epochs=1, epochs_local=1, last_steps=())


def scattered(count: int) -> Network:
    """Stations anywhere in Australia."""
    random, like = np.random.default_rng(5), find_station("Cobar")
    latitude, longitude = random.uniform(-38, -15, count), random.uniform(115, 150, count)
    return Network(
        tuple(
            replace(like, station=f"S{number}", latitude=float(south), longitude=float(east))
            for number, (south, east) in enumerate(zip(latitude, longitude, strict=True))
        )
    )


def every_distance_km(places: tuple[Station, ...]) -> np.ndarray:
    """By the law of cosines."""
    latitude = np.radians([place.latitude for place in places])
    longitude = np.radians([place.longitude for place in places])
    cosine = np.sin(latitude)[:, None] * np.sin(latitude) + np.cos(latitude)[:, None] * np.cos(
        latitude
    ) * np.cos(longitude - longitude[:, None])
    return 6371.0 * np.arccos(np.clip(cosine, -1, 1))


def test_the_nearest_are_those_with_the_least_distance_of_all():
    network = scattered(400)
    distance = every_distance_km(network.stations)
    np.fill_diagonal(distance, np.inf)

    others, away = network.nearest(10)

    np.testing.assert_allclose(away, np.sort(distance, axis=1)[:, :10], atol=1e-3)
    np.testing.assert_allclose(np.take_along_axis(distance, others, axis=1), away, atol=1e-3)


def test_stations_at_one_place_are_neighbours_and_none_is_its_own():
    place = find_station("Cobar")
    network = Network(tuple(replace(place, station=str(number)) for number in range(100)))

    others, _ = network.nearest(8)

    assert others.shape == (100, 8)
    assert not (others == np.arange(100)[:, None]).any()


def test_weights_grow_with_the_stations_and_not_with_their_square():
    network = scattered(3_000)

    near = network.near

    assert not isinstance(near, np.ndarray)
    assert near.nnz == 3_000 * NEAREST
    assert near.diagonal().max() == 0
    assert network.distance_km.shape == (3_000, ANCHORS)
    assert all(weights.shape == (3_000, ANCHORS) for weights in network.sectors.values())


def test_anchors_leave_no_wide_gap_on_the_map():
    network = scattered(3_000)

    away = every_distance_km(network.stations)[:, network.anchors]

    assert len(set(network.anchors.tolist())) == ANCHORS
    assert away.min(axis=1).max() < 400
    np.testing.assert_array_equal(away.argmin(axis=1), network.region)


def test_every_station_of_ours_is_near_and_an_anchor():
    network = Network(tuple(stations().values()))

    assert network.anchors.tolist() == network.region.tolist() == list(range(49))
    assert isinstance(network.near, np.ndarray)
    assert np.count_nonzero(network.near.diagonal()) == 0


def test_a_large_network_sees_a_tilted_plane_as_a_small_one_does():
    network = scattered(2_000)
    east = np.array([place.longitude for place in network.stations])

    _, northward = network.plane_sums(east[None, :])[0, :, [1, 2]]
    toward_east, toward_west = (
        network.toward_sectors([east[None, :]])[0, :, 0, network.sector_names().index(name)]
        for name in ("E_300km", "W_300km")
    )

    assert np.isfinite(northward).all()
    inland = (east > 120) & (east < 145)
    assert (toward_east > toward_west)[inland].all()


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated_training(400)


def windows_of(data: tuple[pd.DataFrame, pd.DataFrame], days: int) -> Record:
    return replace(Record.of(*data), days_at_once=days)


@pytest.mark.parametrize("issue", Issue)
def test_predictors_fitted_window_by_window_are_those_of_the_whole(data, issue: Issue):
    features, record = data[0], windows_of(data, 90)

    whole = Predictors.fit(features, issue)
    by_window = Predictors.fit_windows(record.windows(), issue, stations=record.stations())

    expected, made = whole.transform(features).matrix, by_window.transform(features).matrix
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-5)
    for name, coefficients in whole.climatology.coefficients.items():
        np.testing.assert_allclose(
            by_window.climatology.coefficients[name], coefficients, rtol=1e-9, atol=1e-9
        )


def test_surroundings_of_some_stations_are_those_among_all(data):
    predictors = Predictors.fit(data[0], Issue.EVENING)
    days = StationDays.from_frame(data[0], DAILY_COLUMNS).part(0, 20)
    some = np.array([3, 7, 11])

    np.testing.assert_allclose(
        surroundings_of(predictors, days, some).block,
        surroundings_of(predictors, days).block[:, some],
        rtol=1e-9,
    )


def test_a_record_read_window_by_window_trains_the_same_model(data):
    whole = train(*data, issue=Issue.MORNING, recipe=QUICK)
    by_window = train_on(windows_of(data, 120), issue=Issue.MORNING, recipe=QUICK)

    assert by_window.model.card["rows"] == whole.model.card["rows"]
    assert by_window.model.references.to_dict() == whole.model.references.to_dict()
    assert scores_of(by_window.held_out).roc_area == pytest.approx(
        scores_of(whole.held_out).roc_area, abs=1e-3
    )

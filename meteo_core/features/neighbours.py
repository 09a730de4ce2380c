"""How the other stations are weighed: near ones together, far ones by bearing and distance."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from meteo_core.features.station_days import Values
from meteo_core.stations import Station

EARTH_RADIUS_KM = 6371.0
NEAR_SCALE_KM = 200.0
NEAR_LIMIT_KM = 1200.0
BEARINGS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
RINGS_KM = {"300km": (300.0, 250.0), "900km": (900.0, 450.0)}
"""Centre and width of each ring, km."""
LEAST_WEIGHT = 0.02
SAME_PLACE_KM = 5.0

Weights = NDArray[np.float64]
"""Shape [stations, stations]: row is the station forecast for, column the station observed."""


@dataclass(frozen=True)
class Network:
    """Distances, bearings and weights between stations."""

    stations: tuple[Station, ...]

    @cached_property
    def _radians(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        latitude = np.radians([s.latitude for s in self.stations])
        longitude = np.radians([s.longitude for s in self.stations])
        return latitude, longitude

    @cached_property
    def distance_km(self) -> Weights:
        """Great-circle distance (haversine formula)."""
        latitude, longitude = self._radians
        half_dlat = (latitude[None, :] - latitude[:, None]) / 2
        half_dlon = (longitude[None, :] - longitude[:, None]) / 2
        chord = (
            np.sin(half_dlat) ** 2
            + np.cos(latitude)[:, None] * np.cos(latitude)[None, :] * np.sin(half_dlon) ** 2
        )
        return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))

    @cached_property
    def bearing(self) -> Weights:
        """Initial bearing from the row's station to the column's, radians clockwise from north."""
        latitude, longitude = self._radians
        dlon = longitude[None, :] - longitude[:, None]
        east = np.sin(dlon) * np.cos(latitude)[None, :]
        north = np.cos(latitude)[:, None] * np.sin(latitude)[None, :] - np.sin(latitude)[:, None] * np.cos(
            latitude
        )[None, :] * np.cos(dlon)
        return np.arctan2(east, north)

    @cached_property
    def near(self) -> Weights:
        """Weights that fall off by 1/e each 200 km; a station is not its own neighbour."""
        weights = np.exp(-self.distance_km / NEAR_SCALE_KM)
        weights[self.distance_km > NEAR_LIMIT_KM] = 0.0
        np.fill_diagonal(weights, 0.0)
        return weights

    @cached_property
    def sectors(self) -> dict[str, Weights]:
        """Weights for each bearing and ring, by name: `NW_300km`."""
        named = {}
        elsewhere = self.distance_km > SAME_PLACE_KM
        for index, point in enumerate(BEARINGS):
            toward = np.clip(np.cos(self.bearing - index * np.pi / 4), 0, 1) ** 4
            for ring, (centre, width) in RINGS_KM.items():
                weights = np.exp(-(((self.distance_km - centre) / width) ** 2)) * toward * elsewhere
                weights[weights < LEAST_WEIGHT] = 0.0
                named[f"{point}_{ring}"] = weights
        return named


def weighted_mean(values: Values, weights: Weights) -> Values:
    """Weighted mean over the stations observed on each day: shape [days, rows of weights].

    NaN where no station with weight was observed.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0) @ weights.T
    weight = known.astype(float) @ weights.T
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-9), np.nan)

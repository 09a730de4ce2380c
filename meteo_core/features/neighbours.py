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
PLANE_SCALE_KM = 600.0
"""Weights of a fitted plane fall off to 1/e at this distance."""
SLOPE_KM = 500.0
"""Slopes are given per this distance, about that between a high and the next low."""
PLANE_RIDGE = 0.02
"""Draws the slope to nothing where the stations stand in a line; in units of (500 km) squared."""
LEAST_PLANE_WEIGHT = 1.5
"""A plane needs more than the station itself."""

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

    @staticmethod
    def sector_names() -> tuple[str, ...]:
        """Names of the sectors, bearing and ring, in their order: `NW_300km`."""
        return tuple(f"{point}_{ring}" for point in BEARINGS for ring in RINGS_KM)

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

    def toward_sectors(self, values: Values) -> list[Values]:
        """Weighted mean in each sector, in the order of `sector_names`."""
        together = weighted_mean(values, np.concatenate(list(self.sectors.values())))
        return np.split(together, len(self.sectors), axis=1)

    @cached_property
    def offsets(self) -> tuple[Weights, Weights]:
        """How far the column's station lies east and north of the row's, in units of `SLOPE_KM`."""
        distance = self.distance_km / SLOPE_KM
        return distance * np.sin(self.bearing), distance * np.cos(self.bearing)

    @cached_property
    def _plane_weights(self) -> Weights:
        """Weights of the sums of `plane_sums`, one below the other; a station is left out of its own."""
        near = np.exp(-((self.distance_km / PLANE_SCALE_KM) ** 2))
        np.fill_diagonal(near, 0.0)
        east, north = self.offsets
        return np.concatenate(
            [near, near * east, near * north, near * east**2, near * north**2, near * east * north]
        )

    def plane_sums(self, values: Values) -> NDArray[np.float64]:
        """What a plane around each station needs of the other stations: shape [days, stations, 9].

        Weighted sums of 1, east, north, their squares and product over the stations observed that day, and
        of the values themselves times 1, east and north.
        """
        known = ~np.isnan(values)
        of_places = known.astype(float) @ self._plane_weights.T
        of_values = np.where(known, values, 0.0) @ self._plane_weights[: 3 * len(self.stations)].T
        sums = np.concatenate([of_places, of_values], axis=1)
        return sums.reshape(len(values), 9, -1).swapaxes(1, 2)


def plane_slope(sums: NDArray[np.float64], own: Values) -> tuple[Values, Values]:
    """Eastward and northward slope, per `SLOPE_KM`, of the plane fitted around a station.

    Made from `plane_sums` [*shape, 9] of the others and the own values [*shape].

    Weighted least squares over the stations observed that day; NaN where they weigh too little. The slope of
    the pressure anomaly is the geostrophic wind anomaly, turned by a right angle.
    """
    unknown = np.isnan(own)
    # The station itself stands at the origin, with weight 1.
    weight = sums[..., 0] + ~unknown
    enough = np.where(weight > LEAST_PLANE_WEIGHT, weight, np.nan)
    mean = sums[..., 1:] / enough[..., None]
    east, north = mean[..., 0], mean[..., 1]
    value = mean[..., 5] + np.where(unknown, 0.0, own) / enough
    east_east = mean[..., 2] - east**2 + PLANE_RIDGE
    north_north = mean[..., 3] - north**2 + PLANE_RIDGE
    east_north = mean[..., 4] - east * north
    east_value = mean[..., 6] - east * value
    north_value = mean[..., 7] - north * value
    determinant = east_east * north_north - east_north**2
    return (
        (east_value * north_north - north_value * east_north) / determinant,
        (north_value * east_east - east_value * east_north) / determinant,
    )


def weighted_mean(values: Values, weights: Weights) -> Values:
    """Weighted mean over the stations observed on each day: shape [days, rows of weights].

    NaN where no station with weight was observed.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0) @ weights.T
    weight = known.astype(float) @ weights.T
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-9), np.nan)

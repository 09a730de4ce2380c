"""How the other stations are weighed: near ones together, far ones by bearing and distance.

No work and no memory grows with the square of the stations: near are the nearest `NEAREST`, found by a tree,
and what lies far is seen through `ANCHORS` stations spread over the map. In a network no larger than that
everything is seen through every station.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from meteo_core.features.station_days import Values
from meteo_core.stations import Station

EARTH_RADIUS_KM = 6371.0
NEAR_SCALE_KM = 200.0
NEAR_LIMIT_KM = 1200.0
NEAREST: Final = 64
"""Stations that count as near, at most: more of them would say the same."""
ANCHORS: Final = 64
"""Stations through which what lies far is seen, at most: on the continent one every 350 km, as dense as the
49 stations that sectors, planes and maps were chosen on."""
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
"""Shape [stations, stations observed]: row is the station forecast for, column the station observed."""
Indices = NDArray[np.intp]


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
    def _on_the_sphere(self) -> NDArray[np.float64]:
        """Stations as points of the unit sphere [stations, 3]: who is nearest there is nearest here."""
        latitude, longitude = self._radians
        across = np.cos(latitude)
        return np.column_stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)])

    def _distance_km(self, one: Indices, other: Indices) -> NDArray[np.float64]:
        """Great-circle distance of stations by index (haversine formula)."""
        latitude, longitude = self._radians
        half_dlat = (latitude[other] - latitude[one]) / 2
        half_dlon = (longitude[other] - longitude[one]) / 2
        chord = (
            np.sin(half_dlat) ** 2 + np.cos(latitude)[one] * np.cos(latitude)[other] * np.sin(half_dlon) ** 2
        )
        return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))

    def spread(self, count: int) -> Indices:
        """At most so many stations, spread evenly over the map, in order; all of a smaller network.

        Each is the one farthest from those chosen before (Gonzalez 1985), so fewer are a part of more.
        """
        if count >= len(self.stations):
            return np.arange(len(self.stations))
        chosen, points = np.zeros(count, dtype=np.intp), self._on_the_sphere
        away = np.full(len(points), np.inf)
        for number in range(1, count):
            away = np.minimum(away, np.square(points - points[chosen[number - 1]]).sum(axis=1))
            chosen[number] = away.argmax()
        return np.sort(chosen)

    @cached_property
    def anchors(self) -> Indices:
        """Stations through which what lies far is seen."""
        return self.spread(ANCHORS)

    @cached_property
    def region(self) -> Indices:
        """For each station the position in `anchors` of the nearest one: itself in a small network."""
        if len(self.anchors) == len(self.stations):
            return np.arange(len(self.stations))
        return np.asarray(KDTree(self._on_the_sphere[self.anchors]).query(self._on_the_sphere)[1])

    def nearest(self, count: int) -> tuple[Indices, NDArray[np.float64]]:
        """For each station the others nearest to it, nearest first, and how far they are, km.

        Shape [stations, `count`], or less in a network that has fewer others.
        """
        every = np.arange(len(self.stations))[:, None]
        wanted = min(len(every), count + 1)
        if wanted == len(every):
            found = np.broadcast_to(every.T, (wanted, wanted))
        else:
            found = KDTree(self._on_the_sphere).query(self._on_the_sphere, wanted)[1]
            found = np.sort(found, axis=1)
        distance = self._distance_km(every, found)
        # A station itself goes last, and so out; of many at one place it may not be among those found.
        order = np.where(found == every, np.inf, distance).argsort(axis=1, kind="stable")[:, : wanted - 1]
        return np.take_along_axis(found, order, axis=1), np.take_along_axis(distance, order, axis=1)

    @cached_property
    def distance_km(self) -> Weights:
        """Distance of each anchor from each station [stations, anchors]."""
        return self._distance_km(np.arange(len(self.stations))[:, None], self.anchors[None, :])

    @cached_property
    def bearing(self) -> Weights:
        """Initial bearing from the row's station to the anchor, radians clockwise from north."""
        latitude, longitude = self._radians
        here, there = latitude[:, None], latitude[self.anchors][None, :]
        dlon = longitude[self.anchors][None, :] - longitude[:, None]
        east = np.sin(dlon) * np.cos(there)
        north = np.cos(here) * np.sin(there) - np.sin(here) * np.cos(there) * np.cos(dlon)
        return np.arctan2(east, north)

    @cached_property
    def near(self) -> Weights | csr_array:
        """Weights that fall off by 1/e each 200 km; a station is not its own neighbour.

        Sparse where there are more stations than count as near.
        """
        others, distance = self.nearest(NEAREST)
        weights = np.where(distance > NEAR_LIMIT_KM, 0.0, np.exp(-distance / NEAR_SCALE_KM))
        count = len(self.stations)
        if others.shape[1] == count - 1:
            laid_out = np.zeros((count, count))
            np.put_along_axis(laid_out, others, weights, axis=1)
            return laid_out
        start = np.arange(count + 1) * others.shape[1]
        return csr_array((weights.ravel(), others.ravel(), start), shape=(count, count))

    @staticmethod
    def sector_names() -> tuple[str, ...]:
        """Names of the sectors, bearing and ring, in their order: `NW_300km`."""
        return tuple(f"{point}_{ring}" for point in BEARINGS for ring in RINGS_KM)

    @cached_property
    def sectors(self) -> dict[str, Weights]:
        """Weights [stations, anchors] for each bearing and ring, by name: `NW_300km`."""
        named = {}
        elsewhere = self.distance_km > SAME_PLACE_KM
        for index, point in enumerate(BEARINGS):
            toward = np.clip(np.cos(self.bearing - index * np.pi / 4), 0, 1) ** 4
            for ring, (centre, width) in RINGS_KM.items():
                weights = np.exp(-(((self.distance_km - centre) / width) ** 2)) * toward * elsewhere
                weights[weights < LEAST_WEIGHT] = 0.0
                named[f"{point}_{ring}"] = weights
        return named

    def toward_sectors(
        self, quantities: Sequence[Values], at: Indices | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Weighted mean of each quantity in each sector around the stations `at`.

        Shape [days, stations, quantities, sectors], these in the order of `sector_names`.
        """
        observed = np.concatenate([values[:, self.anchors] for values in quantities])
        # Sector by sector, all quantities at once: a few days alone would hardly fill a product of matrices.
        means = [weighted_mean(observed, weights[at]) for weights in self.sectors.values()]
        together = np.stack(means, axis=-1)
        apart = together.reshape(len(quantities), len(quantities[0]), *together.shape[1:])
        return np.moveaxis(apart, 0, 2)

    @cached_property
    def offsets(self) -> tuple[Weights, Weights]:
        """How far the anchor lies east and north of the row's station, in units of `SLOPE_KM`."""
        distance = self.distance_km / SLOPE_KM
        return distance * np.sin(self.bearing), distance * np.cos(self.bearing)

    @cached_property
    def _plane_weights(self) -> NDArray[np.float64]:
        """Weights of the sums of `plane_sums` [sums, stations, anchors]; a station is left out of its own."""
        near = np.exp(-((self.distance_km / PLANE_SCALE_KM) ** 2))
        near[self.anchors, np.arange(len(self.anchors))] = 0.0
        east, north = self.offsets
        return np.stack(
            [near, near * east, near * north, near * east**2, near * north**2, near * east * north]
        )

    def plane_sums(self, values: Values, at: Indices | slice = slice(None)) -> NDArray[np.float64]:
        """What a plane around each of the stations `at` needs of the anchors: shape [days, stations, 9].

        Weighted sums of 1, east, north, their squares and product over the anchors observed that day, and of
        the values themselves times 1, east and north.
        """
        values = values[:, self.anchors]
        weights = self._plane_weights[:, at]
        rows = weights.reshape(-1, len(self.anchors))
        known = ~np.isnan(values)
        of_places = known.astype(float) @ rows.T
        of_values = np.where(known, values, 0.0) @ rows[: 3 * weights.shape[1]].T
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


def weighted_mean(values: Values, weights: Weights | csr_array) -> Values:
    """Weighted mean over the stations observed on each day: shape [days, rows of weights].

    NaN where no station with weight was observed.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0) @ weights.T
    weight = known.astype(float) @ weights.T
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-9), np.nan)

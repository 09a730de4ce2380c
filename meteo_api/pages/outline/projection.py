"""Longitude and latitude on paper: Albers' conic of equal areas, with the parallels usual for Australia."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

PARALLELS: Final = (-18.0, -36.0)
CENTRE: Final = (134.0, -27.0)
"""Degrees east and north."""

Points = NDArray[np.float64]


def projected(longitude: ArrayLike, latitude: ArrayLike) -> Points:
    """Points [n, 2] in radians on a sphere of radius 1: x to the east, y to the south.

    Snyder 1987, Map projections: a working manual, equations 14-1 to 14-6.
    """
    first, second = np.radians(PARALLELS)
    n = (np.sin(first) + np.sin(second)) / 2
    c = np.cos(first) ** 2 + 2 * n * np.sin(first)

    def distance(degrees: ArrayLike) -> NDArray[np.float64]:
        return np.sqrt(c - 2 * n * np.sin(np.radians(degrees))) / n

    angle = n * np.radians(np.asarray(longitude, float) - CENTRE[0])
    rho, rho_0 = distance(latitude), distance(CENTRE[1])
    return np.stack([rho * np.sin(angle), rho * np.cos(angle) - rho_0], axis=-1)


@dataclass(frozen=True)
class Sheet:
    """A piece of paper 1,000 units wide that shows a box of degrees."""

    name: str
    west: float
    east: float
    north: float
    south: float
    width: int = 1000

    @property
    def scale(self) -> float:
        """Units for each radian."""
        corner = self._bounds
        return self.width / float(corner[1, 0] - corner[0, 0])

    @property
    def height(self) -> int:
        """Units."""
        corner = self._bounds
        return round(float(corner[1, 1] - corner[0, 1]) * self.scale)

    def at(self, points: Points) -> Points:
        """Units from the upper left corner of projected points."""
        return (points - self._bounds[0]) * self.scale

    def transform_from(self, other: "Sheet") -> str:
        """SVG transform that lays what was drawn on the other sheet onto this one."""
        zoom = self.scale / other.scale
        x, y = self.at(other._bounds[:1])[0]
        return f"translate({x:.1f} {y:.1f}) scale({zoom:.4f})"

    def frame_on(self, other: "Sheet") -> dict[str, float]:
        """Rectangle of the other sheet that this one shows."""
        (left, top), (right, bottom) = other.at(self._bounds)
        return {
            "x": round(left, 1),
            "y": round(top, 1),
            "width": round(right - left, 1),
            "height": round(bottom - top, 1),
        }

    @property
    def _bounds(self) -> Points:
        """Upper left and lower right corner of what the box covers, projected."""
        along = np.linspace(0, 1, 21)
        longitude = self.west + (self.east - self.west) * along
        latitude = self.south + (self.north - self.south) * along
        edge = np.concatenate(
            [
                projected(longitude, np.full(21, self.north)),
                projected(longitude, np.full(21, self.south)),
                projected(np.full(21, self.west), latitude),
                projected(np.full(21, self.east), latitude),
            ]
        )
        return np.stack([edge.min(axis=0), edge.max(axis=0)])

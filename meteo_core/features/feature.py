"""What a feature is: a named quantity of a station's day, with its unit and when it is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meteo_core.features.station_days import StationDays, Values
from meteo_core.parameters import KnownAt

Compute = Callable[[StationDays], Values]


@dataclass(frozen=True, slots=True)
class Feature:
    """A derived quantity of a station's day."""

    name: str
    unit: str
    known_at: KnownAt
    """When on the day everything that it needs is known."""
    description: str
    compute: Compute


class FeatureTable(dict[str, Feature]):
    """Features by name, in the order in which they are computed: each may use those entered before it."""

    def feature(self, *, unit: str, known_at: KnownAt) -> Callable[[Compute], Compute]:
        """Enter a function under its own name, described by the first line of its docstring."""

        def enter(compute: Compute) -> Compute:
            description = (compute.__doc__ or "").strip().splitlines()[0]
            self.add(Feature(compute.__name__, unit, known_at, description, compute))
            return compute

        return enter

    def add(self, feature: Feature) -> None:
        """Enter a feature; raises ValueError for a name that is taken."""
        if feature.name in self:
            raise ValueError(f"there is a feature {feature.name} already")
        self[feature.name] = feature


def dew_point(temperature_c: Values, humidity_percent: Values) -> Values:
    """Dew point in °C, Magnus formula with the coefficients of Sonntag (1990) over water."""
    saturation = np.log(np.clip(humidity_percent, 1, 100) / 100)
    gamma = saturation + 17.62 * temperature_c / (243.12 + temperature_c)
    return 243.12 * gamma / (17.62 - gamma)

"""What a feature is: a named quantity of a station's day, with its unit and when it is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meteo_core.features.quantities import Quantities
from meteo_core.parameters import PARAMETERS, KnownAt

Values = NDArray[np.float64]
Compute = Callable[[Quantities], Values]


@dataclass(frozen=True, slots=True)
class Feature:
    """A derived quantity of a station's day."""

    name: str
    unit: str
    known_at: KnownAt
    """When on the day everything that it needs is known."""
    description: str


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Features that one piece of arithmetic gives together."""

    names: tuple[str, ...]
    compute: Compute
    """From the day's quantities to an array [names, *shape], or [*shape] for a group of one."""


class FeatureTable(dict[str, Feature]):
    """Features by name. Groups are computed in their order: each may use those entered before it."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[FeatureGroup] = []

    def group(self, *features: Feature) -> Callable[[Compute], Compute]:
        """Enter features that the function gives together."""

        def enter(compute: Compute) -> Compute:
            for feature in features:
                if feature.name in self:
                    raise ValueError(f"there is a feature {feature.name} already")
                self[feature.name] = feature
            self.groups.append(FeatureGroup(tuple(feature.name for feature in features), compute))
            return compute

        return enter

    def feature(self, *, unit: str, known_at: KnownAt) -> Callable[[Compute], Compute]:
        """Enter a function under its own name, described by the first line of its docstring.

        Raises ValueError where it has none.
        """

        def enter(compute: Compute) -> Compute:
            if not (words := (compute.__doc__ or "").strip()):
                raise ValueError(f"{compute.__name__} needs a docstring: its first line says what it is")
            return self.group(Feature(compute.__name__, unit, known_at, words.splitlines()[0]))(compute)

        return enter

    def described(self, name: str) -> tuple[str, str, KnownAt]:
        """Words, unit and time of a feature of this table, or of a parameter."""
        if name in PARAMETERS:
            parameter = PARAMETERS[name]
            return parameter.label, parameter.unit, parameter.known_at
        feature = self[name]
        return feature.description.rstrip("."), feature.unit, feature.known_at

    def derive(self, day: Quantities) -> None:
        """Compute every feature from what is known of the day."""
        for group in self.groups:
            day.put(group.names, group.compute(day))


def dew_point(temperature_c: Values, humidity_percent: Values) -> Values:
    """Dew point in °C, Magnus formula with the coefficients of Sonntag (1990) over water."""
    saturation = np.log(np.clip(humidity_percent, 1, 100) / 100)
    gamma = saturation + 17.62 * temperature_c / (243.12 + temperature_c)
    return 243.12 * gamma / (17.62 - gamma)

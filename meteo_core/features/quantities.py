"""Named quantities of station days as one array, so that a group of features is one piece of arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.intp]


class Names:
    """An order of names, and where each of them stands in it."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.position: Mapping[str, int] = MappingProxyType({name: i for i, name in enumerate(names)})
        # A question to the service asks for the same few groups each time.
        self.at = lru_cache(maxsize=None)(self._at)

    def __len__(self) -> int:
        return len(self.names)

    def span(self, names: tuple[str, ...]) -> slice:
        """Where names stand that stand side by side."""
        first = self.position[names[0]]
        return slice(first, first + len(names))

    def _at(self, names: tuple[str, ...]) -> Positions:
        return np.array([self.position[name] for name in names], dtype=np.intp)


@dataclass(frozen=True)
class Quantities:
    """Quantities of station days laid out in any shape: a grid of days and stations, or rows."""

    names: Names
    block: NDArray[np.float64]
    """Shape [names, *shape], NaN for missing."""

    @classmethod
    def unknown(cls, names: Names, shape: tuple[int, ...]) -> "Quantities":
        """Nothing known yet."""
        return cls(names, np.full((len(names), *shape), np.nan))

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """One quantity, of the shape: a view."""
        return self.block[self.names.position[name]]

    def of(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """Some quantities [names, *shape]: a copy."""
        return self.block[self.names.at(names)]

    def put(self, names: tuple[str, ...], values: NDArray[np.float64]) -> None:
        """Set quantities that stand side by side, in this order."""
        self.block[self.names.span(names)] = values

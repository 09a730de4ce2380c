"""What is usual at a station at a time of year: harmonics fitted to past days."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.features.station_days import StationDays, Values

HARMONICS = 2
"""The annual and the half-yearly wave: enough for Australia's seasons, few enough for three years."""
LEAST_DAYS = 200
RIDGE = 1e-3


def year_phase(days: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Angle of each day on the circle of the year, radians from new year."""
    return 2 * np.pi * (days.dayofyear.to_numpy() - 0.5) / 365.25


def _basis(days: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Constant and waves at each day: shape [days, 1 + 2 * HARMONICS]."""
    phase = year_phase(days)
    waves = [wave(k * phase) for k in range(1, HARMONICS + 1) for wave in (np.sin, np.cos)]
    return np.column_stack([np.ones(len(days)), *waves])


@dataclass(frozen=True)
class HarmonicClimatology:
    """Annual course of each quantity at each station."""

    stations: tuple[str, ...]
    coefficients: dict[str, NDArray[np.float64]]
    """For each quantity [stations, 1 + 2 * HARMONICS]; NaN where fewer than `LEAST_DAYS` days were seen."""

    @classmethod
    def fit(cls, days: StationDays, names: tuple[str, ...]) -> "HarmonicClimatology":
        """Least squares for each station over the days where the quantity is known."""
        fitting = ClimatologyFit(days.stations, names)
        fitting.add(days)
        return fitting.solved()

    def normal(self, name: str, days: pd.DatetimeIndex, at: NDArray[np.intp] | slice = slice(None)) -> Values:
        """The usual value on each day at each station, or at those `at` these indices."""
        # einsum without BLAS: the same digits for one day as for ten years.
        return np.einsum("di,si->ds", _basis(days), self.coefficients[name][at])

    def normal_at(self, name: str, days: pd.DatetimeIndex, station: NDArray[np.intp]) -> NDArray[np.float64]:
        """The usual value on each day at the station of that index: one value for each pair."""
        return np.einsum("di,di->d", _basis(days), self.coefficients[name][station])

    def anomaly(self, name: str, days: StationDays) -> Values:
        """Value less the usual value."""
        return days[name] - self.normal(name, days.days)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model; None for a station without a course."""
        return {
            name: [None if np.isnan(row).any() else row.tolist() for row in coefficients]
            for name, coefficients in self.coefficients.items()
        }

    @classmethod
    def from_dict(cls, stations: tuple[str, ...], stored: dict[str, Any]) -> "HarmonicClimatology":
        """What `to_dict` gave."""
        unknown = [np.nan] * (1 + 2 * HARMONICS)
        return cls(
            stations,
            {
                name: np.array([unknown if row is None else row for row in rows])
                for name, rows in stored.items()
            },
        )


class ClimatologyFit:
    """Fits a climatology to days that come window by window."""

    def __init__(self, stations: tuple[str, ...], names: tuple[str, ...]) -> None:
        self.stations = stations
        basis = 1 + 2 * HARMONICS
        self._gram = {name: np.zeros((len(stations), basis, basis)) for name in names}
        self._moment = {name: np.zeros((len(stations), basis)) for name in names}
        self.known_days = {name: np.zeros(len(stations), dtype=np.intp) for name in names}
        """For each quantity [stations] the days on which it is known."""

    def add(self, days: StationDays) -> None:
        """Take some days into account; they are of the same stations."""
        basis = _basis(days.days)
        for name in self._gram:
            values = days[name]
            known = ~np.isnan(values)
            # Normal equations of all stations at once: known days only.
            self._gram[name] += np.einsum("di,ds,dj->sij", basis, known, basis, optimize=True)
            self._moment[name] += np.einsum("di,ds->si", basis, np.where(known, values, 0.0), optimize=True)
            self.known_days[name] += known.sum(axis=0)

    def solved(self) -> HarmonicClimatology:
        """The climatology of all days so far."""
        coefficients = {}
        ridge = RIDGE * np.eye(1 + 2 * HARMONICS)
        for name, gram in self._gram.items():
            solved = np.linalg.solve(gram + ridge, self._moment[name][..., None])[..., 0]
            solved[self.known_days[name] < LEAST_DAYS] = np.nan
            coefficients[name] = solved
        return HarmonicClimatology(self.stations, coefficients)

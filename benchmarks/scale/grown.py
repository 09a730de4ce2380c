"""The weather generator's network grown: stations between the real ones, with weather between theirs."""

import csv
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.features.neighbours import Network
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.sources.observations import observation_frame
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import Station

SEED: Final = 2007
_PARENTS: Final = 5
_JITTER_DEGREES: Final = 0.4
_LOCAL: Final = 0.05
"""Standard deviation of what is a station's own, as a share of that between days."""


class GrownNetwork:
    """So many stations: the real ones, then others on the way from one to another near it."""

    def __init__(self, real: tuple[Station, ...], count: int) -> None:
        random = np.random.default_rng(SEED)
        others, _ = Network(real).nearest(_PARENTS)
        grown = max(count - len(real), 0)
        from_ = random.integers(len(real), size=grown)
        toward = others[from_, random.integers(_PARENTS, size=grown)]
        share = random.uniform(0.05, 0.6, grown)
        own = np.arange(min(count, len(real)))
        self._from = np.concatenate([own, from_])
        self._toward = np.concatenate([own, toward])
        self._share = np.concatenate([np.zeros(len(own)), share])
        self._weather = WeatherGenerator(SEED)
        jitter = random.normal(0, _JITTER_DEGREES, (grown, 2))
        between = [
            replace(
                real[one],
                station=f"Grown{number:05}",
                name=f"Grown {number}",
                latitude=_mixed(real[one].latitude, real[other].latitude, part) + float(north),
                longitude=_mixed(real[one].longitude, real[other].longitude, part) + float(east),
                elevation_m=_mixed(real[one].elevation_m, real[other].elevation_m, part),
            )
            for number, (one, other, part, (north, east)) in enumerate(
                zip(from_, toward, share, jitter, strict=True)
            )
        ]
        self.stations = (*real[: len(own)], *between)
        self._real = tuple(place.station for place in real)

    def write(self, table: Path) -> None:
        """Write the table of stations, as `METEO_STATIONS` names it."""
        with table.open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, [*asdict(self.stations[0])])
            rows.writeheader()
            rows.writerows(map(asdict, self.stations))

    def days(self, first: date, last: date) -> pd.DataFrame:
        """Observations of all stations on days `first`..`last`, in order of date and station number."""
        real = self._weather.days(first, last).sort_values(["date", "station"])
        days = pd.DatetimeIndex(real["date"].unique())
        place = pd.Index(self._real)[pd.Index(self._real).isin(real["station"].unique())]
        if len(real) != len(days) * len(place) or len(place) != len(self._real):
            raise ValueError("the generator left out a station or a day")
        random = np.random.default_rng([SEED, first.toordinal()])
        values = {}
        for name in PARAMETERS:
            grid = real[name].to_numpy().reshape(len(days), len(place))
            values[name] = self._numbers(name, grid, random) if name in NUMBERS else grid[:, self._from]
        names = np.array([each.station for each in self.stations], dtype=object)
        return observation_frame(
            np.tile(names, len(days)),
            np.repeat(days.to_numpy(), len(names)),
            {name: value.ravel() for name, value in values.items()},
        )

    def _numbers(self, name: str, grid: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Between the two parents' values; rain is one parent's or the other's, so that dry days stay dry."""
        one, other = grid[:, self._from], grid[:, self._toward]
        if name == "rainfall":
            return np.where(random.random(one.shape) < self._share, other, one)
        mixed = one + self._share * (np.where(np.isnan(other), one, other) - one)
        own = np.nanstd(grid) * _LOCAL * random.standard_normal(one.shape) * (self._share > 0)
        limits = PARAMETERS[name]
        return np.clip(np.round(mixed + own, limits.decimals), limits.minimum, limits.maximum)


def _mixed(one: float, other: float, part: float) -> float:
    return float(one + part * (other - one))

"""The predictors of a model: own features, their anomalies, and what the other stations saw that day."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.features.climatology import HarmonicClimatology
from meteo_core.features.daily import (
    DAILY_COLUMNS,
    FEATURE_VERSION,
    LOOK_BACK_DAYS,
    OWN_VALUES,
    RADIANS_PER_DAY,
    known_at,
)
from meteo_core.features.neighbours import Network, weighted_mean
from meteo_core.features.station_days import StationDays, Values, shift
from meteo_core.parameters import KnownAt
from meteo_core.stations import find_station

PREDICTOR_LOOK_BACK_DAYS: Final = 1
"""Days of features before D that the predictors of D may use: a morning needs yesterday's afternoon."""


class Variant(StrEnum):
    """Which predictors a model uses."""

    FULL = "full"
    """Own features and the other stations' of the same day."""
    LOCAL = "local"
    """Own features only, for when nothing is known of the other stations."""


ANOMALIES: Final = (
    *("pressure_9am", "pressure_3pm", "humidity_9am", "humidity_3pm", "temp_3pm", "max_temp"),
    *("min_temp", "dew_point_3pm", "sunshine", "cloud_3pm"),
)
NEAR: Final = (
    *("pressure_9am", "pressure_3pm", "humidity_9am", "humidity_3pm", "temp_3pm", "min_temp"),
    *("dew_point_3pm", "cloud_9am", "cloud_3pm", "sunshine", "rain_today", "wind_gust_speed"),
    *("wind_eastward_3pm", "wind_northward_3pm", "gust_eastward", "gust_northward"),
    *("pressure_change", "humidity_change", "pressure_3pm_change_24h"),
)
MINUS_NEAR: Final = ("pressure_3pm", "humidity_3pm", "temp_3pm", "dew_point_3pm")
SECTORS: Final = MappingProxyType(
    {
        Issue.EVENING: (
            "pressure_3pm",
            "humidity_3pm",
            "dew_point_3pm",
            "rain_today",
            "pressure_3pm_change_24h",
        ),
        Issue.MORNING: (
            "pressure_9am",
            "humidity_9am",
            "dew_point_9am",
            "rain_today",
            "pressure_9am_change_24h",
        ),
    }
)
SITE: Final = ("latitude", "longitude", "elevation_m")
SEASON: Final = ("season_sin", "season_cos")


@dataclass(frozen=True)
class Design:
    """Predictors of some station days, ready for a model."""

    keys: pd.DataFrame
    """`station`, `date` of each row."""
    matrix: NDArray[np.float32]
    """Shape [rows, predictors], NaN for missing."""
    names: tuple[str, ...]
    other_stations: NDArray[np.int64]
    """How many other stations were observed on the day of each row."""
    own_values: NDArray[np.int64]
    """How many parameters of the station's own day are known."""


@dataclass(frozen=True)
class Predictors:
    """Everything fitted that stands between the features table and a model.

    Fitted on the training window only: the climatology that anomalies are measured against.
    """

    issue: Issue
    stations: tuple[str, ...]
    climatology: HarmonicClimatology

    @classmethod
    def fit(cls, features: pd.DataFrame, issue: Issue) -> "Predictors":
        """Fit on features of the training window (`station`, `date`, `DAILY_COLUMNS`)."""
        needed = tuple(dict.fromkeys([*ANOMALIES, *NEAR, *SECTORS[issue]]))
        days = StationDays.from_frame(features, needed)
        return cls(issue, days.stations, HarmonicClimatology.fit(days, needed))

    @cached_property
    def network(self) -> Network:
        """Geometry of the stations that the climatology knows."""
        return Network(tuple(find_station(key) for key in self.stations))

    def names(self, variant: Variant) -> tuple[str, ...]:
        """Predictors of this variant, in the order of the matrix."""
        local = (*DAILY_COLUMNS, *SITE, *SEASON, *(f"{n}_anomaly" for n in ANOMALIES), "usual_wet_chance")
        if variant is Variant.LOCAL:
            return local
        sectors = (f"{sector}_{n}" for n in SECTORS[self.issue] for sector in self.network.sectors)
        return (*local, *(f"near_{n}" for n in NEAR), *(f"{n}_minus_near" for n in MINUS_NEAR), *sectors)

    @cached_property
    def observed_today(self) -> list[int]:
        """Columns of the matrix that tell of the day itself and not of days before it."""
        return [
            index
            for index, name in enumerate(OWN_VALUES)
            if self.issue is Issue.EVENING or known_at(name) is KnownAt.NINE_AM
        ]

    def fingerprint(self) -> str:
        """Hash of what the predictors are; a model refuses features made by another definition."""
        definition = {
            "feature_version": FEATURE_VERSION,
            "look_back_days": LOOK_BACK_DAYS,
            "issue": self.issue,
            "predictors": {variant: self.names(variant) for variant in Variant},
        }
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    def transform(self, features: pd.DataFrame, variant: Variant) -> Design:
        """Predictors of every row of the features table.

        Rows must reach `PREDICTOR_LOOK_BACK_DAYS` before the days that matter. Stations that were not there
        in training are left out: they have no climatology.
        """
        rows = features[features["station"].isin(self.stations)]
        days = StationDays.from_frame(rows, DAILY_COLUMNS, stations=self.stations)
        row, column = days.positions(rows)

        matrix = np.empty((len(rows), len(self.names(variant))), dtype=np.float32)
        for index, values in enumerate(self._columns(days, variant)):
            matrix[:, index] = values[row, column]

        own = (~np.isnan(matrix[:, self.observed_today])).sum(axis=1)
        observed = np.zeros(days.shape)
        observed[row, column] = own > 0
        others = observed.sum(axis=1, keepdims=True) - observed
        return Design(
            keys=rows[["station", "date"]].reset_index(drop=True),
            matrix=matrix,
            names=self.names(variant),
            other_stations=others[row, column].astype(np.int64),
            own_values=own.astype(np.int64),
        )

    def _columns(self, days: StationDays, variant: Variant) -> Iterator[Values]:
        """Arrays [days, stations], one for each of `names(variant)`."""
        for name in DAILY_COLUMNS:
            yield self._as_known(name, days[name])
        sites = [find_station(key) for key in self.stations]
        for attribute in SITE:
            yield np.broadcast_to([getattr(site, attribute) for site in sites], days.shape)
        phase = days.days.dayofyear.to_numpy()[:, None] * RADIANS_PER_DAY
        for wave in (np.sin, np.cos):
            yield np.broadcast_to(wave(phase), days.shape)

        anomalies = {name: self.climatology.anomaly(name, days) for name in self.climatology.coefficients}
        for name in ANOMALIES:
            yield self._as_known(name, anomalies[name])
        yield self.climatology.normal("rain_today", days.days)
        if variant is Variant.LOCAL:
            return

        near = {name: weighted_mean(anomalies[name], self.network.near) for name in NEAR}
        for name in NEAR:
            yield self._as_known(name, near[name])
        for name in MINUS_NEAR:
            yield self._as_known(name, anomalies[name] - near[name])
        for name in SECTORS[self.issue]:
            for weights in self.network.sectors.values():
                yield self._as_known(name, weighted_mean(anomalies[name], weights))

    def _as_known(self, name: str, values: Values) -> Values:
        """Today's value where it is known when the forecast is issued, yesterday's where it is not."""
        late = self.issue is Issue.MORNING and known_at(name) is not KnownAt.NINE_AM
        return shift(values, 1) if late else values

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model."""
        return {
            "issue": self.issue,
            "stations": list(self.stations),
            "climatology": {
                name: [None if np.isnan(row).any() else row.tolist() for row in coefficients]
                for name, coefficients in self.climatology.coefficients.items()
            },
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Predictors":
        """What `to_dict` gave."""
        width = max(len(row) for rows in stored["climatology"].values() for row in rows if row is not None)
        coefficients = {
            name: np.array([[np.nan] * width if row is None else row for row in rows])
            for name, rows in stored["climatology"].items()
        }
        stations = tuple(stored["stations"])
        return cls(Issue(stored["issue"]), stations, HarmonicClimatology(stations, coefficients))

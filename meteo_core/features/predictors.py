"""The predictors of a model: what was fitted for them, and the matrix that a model sees."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.features.climatology import HarmonicClimatology, year_phase
from meteo_core.features.daily import (
    DAILY_COLUMNS,
    FEATURE_VERSION,
    LOOK_BACK_DAYS,
    OWN_VALUES,
    known_at,
)
from meteo_core.features.neighbours import Network, weighted_mean
from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.own_past import OWN_PAST
from meteo_core.features.patterns import Patterns
from meteo_core.features.predictor_table import (
    ANOMALIES,
    MINUS_NEAR,
    NEAR,
    PATTERN_CHANGES,
    PATTERNS,
    SECTORS,
    SITE,
    SLOPES,
    Predictor,
    Variant,
    columns_of,
    is_known,
    own_columns,
    predictor_table,
)
from meteo_core.features.station_days import StationDays, Values, shift
from meteo_core.parameters import COMPASS, KnownAt
from meteo_core.stations import find_station

PREDICTOR_LOOK_BACK_DAYS: Final = 1
"""Days of features before D that the predictors of D may use: a morning needs yesterday's afternoon."""

USUALLY_KNOWN: Final = 0.9
"""A quantity that a station reports on this share of its days is filled in, where it is missing, from the
stations around: a model that has hardly seen it missing cannot tell what that means. One that is missing more
often stays missing. On 2014-07 to 2015-06, trained before, with five fields of the station's own day known:
ROC area 0.917, without filling 0.914 and a calibration error twice as large (.016, .037)."""


@dataclass(frozen=True)
class Design:
    """Predictors of some station days, ready for a model."""

    keys: pd.DataFrame
    """`station`, `date` of each row."""
    matrix: NDArray[np.float32]
    """Shape [rows, predictors of the full variant], NaN for missing."""
    other_stations: NDArray[np.int64]
    """How many other stations were observed on the day of each row."""
    other_stations_late: NDArray[np.int64]
    """How many of them with a value that is complete at midnight only."""
    own_values: NDArray[np.int64]
    """How many parameters of the station's own day are known."""

    def of_rows(self, chosen: NDArray[np.bool_]) -> "Design":
        """The chosen rows alone."""
        return Design(
            keys=self.keys[chosen].reset_index(drop=True),
            matrix=self.matrix[chosen],
            other_stations=self.other_stations[chosen],
            other_stations_late=self.other_stations_late[chosen],
            own_values=self.own_values[chosen],
        )


@dataclass(frozen=True)
class Predictors:
    """Everything fitted that stands between the features table and a model.

    Fitted on the training window only: the climatology that anomalies are measured against, what each
    station usually reports, and the patterns of the weather maps.
    """

    issue: Issue
    stations: tuple[str, ...]
    climatology: HarmonicClimatology
    usually_known: Mapping[str, NDArray[np.bool_]]
    """For each own column [stations]: whether its missing values are filled in."""
    patterns: Mapping[str, Patterns]

    @classmethod
    def fit(cls, features: pd.DataFrame, issue: Issue) -> "Predictors":
        """Fit on features of the training window (`station`, `date`, `DAILY_COLUMNS`)."""
        mapped = [name for quantities, _ in PATTERNS[issue].values() for name in quantities]
        measured = tuple(name for name in DAILY_COLUMNS if name not in COMPASS)
        days = StationDays.from_frame(features, measured)
        climatology = HarmonicClimatology.fit(days, measured)
        anomalies = {name: climatology.anomaly(name, days) for name in mapped}
        patterns = {
            map_name: Patterns.fit(anomalies, quantities, count)
            for map_name, (quantities, count) in PATTERNS[issue].items()
        }
        by_station = features.groupby("station")[list(measured)]
        known_share = by_station.count().div(by_station.size(), axis=0).loc[list(days.stations)]
        usually_known = {name: (known_share[name] >= USUALLY_KNOWN).to_numpy() for name in measured}
        return cls(issue, days.stations, climatology, usually_known, patterns)

    @cached_property
    def network(self) -> Network:
        """Geometry of the stations that the climatology knows."""
        return Network(tuple(find_station(key) for key in self.stations))

    @cached_property
    def table(self) -> tuple[Predictor, ...]:
        """Every predictor of the full variant, in the order of the matrix."""
        return predictor_table(self.issue)

    def columns(self, variant: Variant) -> list[int]:
        """Columns of the full matrix that this variant uses."""
        return columns_of(self.table, variant)

    def names(self, variant: Variant) -> tuple[str, ...]:
        """Predictors of this variant, in the order of its matrix."""
        return tuple(self.table[index].name for index in self.columns(variant))

    def of_variant(self, design: Design, variant: Variant) -> NDArray[np.float32]:
        """Matrix of the full or the afternoon variant; the local one is made by `transform_local`."""
        return design.matrix if variant is Variant.FULL else design.matrix[:, self.columns(variant)]

    def fingerprint(self) -> str:
        """Hash of what the predictors are; a model refuses features made by another definition."""
        return self.fingerprint_of(self.issue)

    @staticmethod
    def fingerprint_of(issue: Issue) -> str:
        """Hash of what this code's predictors are at an issue time."""
        table = predictor_table(issue)
        definition = {
            "feature_version": FEATURE_VERSION,
            "look_back_days": LOOK_BACK_DAYS,
            "issue": issue,
            "usually_known": USUALLY_KNOWN,
            "predictors": {
                variant: [table[index].name for index in columns_of(table, variant)] for variant in Variant
            },
        }
        return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()

    def transform(self, features: pd.DataFrame, *, wanted: NDArray[np.bool_] | None = None) -> Design:
        """Predictors of every row of the features table, or of the wanted ones.

        Rows must reach `PREDICTOR_LOOK_BACK_DAYS` before the days that matter. Stations that were not there
        in training are left out: they have no climatology.
        """
        here = features["station"].isin(self.stations).to_numpy()
        days = StationDays.from_frame(features[here], DAILY_COLUMNS, stations=self.stations)
        rows = features.loc[here if wanted is None else here & wanted, ["station", "date"]]
        return self.design(days, *days.positions(rows), rows.reset_index(drop=True))

    def design(
        self, days: StationDays, row: NDArray[np.intp], column: NDArray[np.intp], keys: pd.DataFrame
    ) -> Design:
        """Predictors at some places [row, column] of a grid of `DAILY_COLUMNS`; `keys` names the places."""
        matrix = np.empty((len(row), len(self.table)), dtype=np.float32)
        for index, values in enumerate(self._columns(days)):
            matrix[:, index] = values[row, column]

        known = {name: ~np.isnan(days[name]) for name in OWN_VALUES if is_known(name, self.issue)}
        observed = np.logical_or.reduce(list(known.values()))
        late = [known[name] for name in known if known_at(name) is KnownAt.MIDNIGHT]
        observed_late = np.logical_or.reduce(late) if late else np.zeros_like(observed)
        return Design(
            keys=keys,
            matrix=matrix,
            other_stations=_others(observed, row, column),
            other_stations_late=_others(observed_late, row, column),
            own_values=np.stack([values[row, column] for values in known.values()]).sum(axis=0),
        )

    def transform_local(self, days: pd.DataFrame) -> NDArray[np.float32]:
        """Matrix of the local variant [rows, its predictors] from `station`, `date` and `OWN_VALUES` alone.

        Nothing is filled in and nothing looked up: what a row does not say is missing.
        """
        station = pd.Index(self.stations).get_indexer(pd.Index(days["station"]))
        dates = pd.DatetimeIndex(days["date"])
        day = StationDays(dates, self.stations, {name: days[name].to_numpy(float) for name in OWN_VALUES})
        for feature in OWN_DAY.values():
            day.values[feature.name] = feature.compute(day)

        sites = [find_station(key) for key in self.stations]
        phase = year_phase(dates)
        columns = [day[name] for name in own_columns(self.issue) if self._is_local(name)]
        columns += [np.array([getattr(site, name) for site in sites])[station] for name in SITE]
        columns += [np.sin(phase), np.cos(phase)]
        columns += [
            day[name] - self.climatology.normal_at(name, dates, station)
            for name in ANOMALIES
            if self._is_local(name)
        ]
        columns.append(self.climatology.normal_at("rain_today", dates, station))
        return np.column_stack(columns).astype(np.float32)

    def _is_local(self, name: str) -> bool:
        return name not in OWN_PAST and is_known(name, self.issue)

    def _columns(self, days: StationDays) -> Iterator[Values]:
        """Arrays [days, stations], one for each predictor of the table."""
        issue, normals = self.issue, self.climatology
        field = _Field(self, days)
        for name in own_columns(issue):
            yield self._as_known(name, field.value(name))
        sites = [find_station(key) for key in self.stations]
        for attribute in SITE:
            yield np.broadcast_to([getattr(site, attribute) for site in sites], days.shape)
        phase = year_phase(days.days)[:, None]
        for wave in (np.sin, np.cos):
            yield np.broadcast_to(wave(phase), days.shape)
        for name in ANOMALIES:
            yield self._as_known(name, field.filled_anomaly(name))
        yield normals.normal("rain_today", days.days)

        for name in NEAR:
            yield self._as_known(name, field.near(name))
        for name in MINUS_NEAR:
            yield self._as_known(name, field.filled_anomaly(name) - field.near(name))
        for name in SECTORS[issue]:
            for sector in self.network.toward_sectors(field.anomaly(name)):
                yield self._as_known(name, sector)
        for name in SLOPES[issue]:
            for slope in self.network.slope(field.anomaly(name)):
                yield self._as_known(name, slope)
        for map_name, (_, count) in PATTERNS[issue].items():
            pattern = self.patterns[map_name]
            amplitudes = pattern.amplitudes({name: field.anomaly(name) for name in pattern.quantities})
            for number in range(count):
                yield np.broadcast_to(amplitudes[:, number, None], days.shape)
        map_name, change, count = PATTERN_CHANGES[issue]
        amplitudes = self.patterns[map_name].amplitudes({change: field.anomaly(change)})
        for number in range(count):
            yield np.broadcast_to(amplitudes[:, number, None], days.shape)

    def _as_known(self, name: str, values: Values) -> Values:
        """Today's value where it is known when the forecast is issued, yesterday's where it is not."""
        return values if is_known(name, self.issue) else shift(values, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON file beside the model."""
        return {
            "issue": self.issue,
            "stations": list(self.stations),
            "climatology": self.climatology.to_dict(),
            "usually_known": {name: known.tolist() for name, known in self.usually_known.items()},
            "patterns": {name: pattern.to_dict() for name, pattern in self.patterns.items()},
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Predictors":
        """What `to_dict` gave."""
        stations = tuple(stored["stations"])
        return cls(
            issue=Issue(stored["issue"]),
            stations=stations,
            climatology=HarmonicClimatology.from_dict(stations, stored["climatology"]),
            usually_known={name: np.array(known) for name, known in stored["usually_known"].items()},
            patterns={name: Patterns.from_dict(pattern) for name, pattern in stored["patterns"].items()},
        )


@dataclass(frozen=True)
class _Field:
    """Anomalies at all stations on some days, and what the stations around make of each."""

    predictors: Predictors
    days: StationDays

    def anomaly(self, name: str) -> Values:
        """Value less the usual one."""
        return self.predictors.climatology.anomaly(name, self.days)

    def near(self, name: str) -> Values:
        """Anomaly of the stations around."""
        return weighted_mean(self.anomaly(name), self.predictors.network.near)

    def filled_anomaly(self, name: str) -> Values:
        """Anomaly; where it is missing and usually is not, that of the stations around, or none."""
        anomaly = self.anomaly(name)
        missing = np.isnan(anomaly) & self.predictors.usually_known[name]
        return np.where(missing, np.nan_to_num(self.near(name)), anomaly) if missing.any() else anomaly

    def value(self, name: str) -> Values:
        """Value; where it is missing and usually is not, the usual one and what is unusual around."""
        values = self.days[name]
        if name in COMPASS or not np.isnan(values).any():
            return values
        best_guess = self.predictors.climatology.normal(name, self.days.days) + self.filled_anomaly(name)
        return np.where(np.isnan(values), best_guess, values)


def _others(
    observed: NDArray[np.bool_], row: NDArray[np.intp], column: NDArray[np.intp]
) -> NDArray[np.int64]:
    """How many stations other than the row's own were observed on its day."""
    return observed.sum(axis=1)[row] - observed[row, column]

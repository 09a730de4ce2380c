"""The predictors of a model: what was fitted for them, and the matrix that a model sees."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.features.assembly import Assembly
from meteo_core.features.climatology import ClimatologyFit, HarmonicClimatology
from meteo_core.features.daily import DAILY_COLUMNS, FEATURE_VERSION, LOOK_BACK_DAYS, OWN_VALUES
from meteo_core.features.neighbours import Network
from meteo_core.features.own_day import OWN_DAY
from meteo_core.features.patterns import Patterns
from meteo_core.features.predictor_table import (
    PATTERNS,
    Predictor,
    Variant,
    columns_of,
    is_known,
    predictor_table,
)
from meteo_core.features.quantities import Names, Quantities
from meteo_core.features.station_days import StationDays, Values
from meteo_core.features.surroundings import Layout, Surroundings, place_and_usual, surroundings_of
from meteo_core.parameters import COMPASS
from meteo_core.stations import find_station

DAILY: Final = Names(DAILY_COLUMNS)
_ALONE: Final = Names((*OWN_VALUES, *OWN_DAY))
"""What is known of a day without any other."""
DAYS_AT_ONCE: Final = 128
STATION_DAYS_AT_ONCE: Final = 80_000
"""Days, and station days, whose surroundings are worked out side by side, to bound memory."""
PREDICTOR_LOOK_BACK_DAYS: Final = 1
"""Days of features before D that the predictors of D may use: a morning needs yesterday's afternoon."""

_MEASURED: Final = tuple(name for name in DAILY_COLUMNS if name not in COMPASS)

USUALLY_KNOWN: Final = 0.9
"""A quantity that a station reports on this share of its days is filled in, where it is missing, from the
stations around: a model that has hardly seen it missing cannot tell what that means. One that is missing more
often stays missing. On 2014-07 to 2015-06, trained before, with five fields of the station's own day known:
ROC area 0.917, without filling 0.914 and a calibration error twice as large (.016, .037)."""


@dataclass(frozen=True)
class Design:
    """Predictors of some station days, ready for a model."""

    station: NDArray[np.intp]
    """Index of the station of each row."""
    matrix: NDArray[np.float32]
    """Shape [rows, predictors of the full variant], NaN for missing."""
    other_stations: NDArray[np.float64]
    """How many other stations were observed on the day of each row."""
    other_stations_late: NDArray[np.float64]
    """How many of them with a value that is complete at midnight only."""
    own_values: NDArray[np.intp]
    """How many parameters of the station's own day are known."""

    @classmethod
    def empty(cls, station: NDArray[np.intp], predictors: int) -> "Design":
        """Room for as many rows as there are stations given."""
        rows = len(station)
        matrix = np.empty((rows, predictors), dtype=np.float32)
        return cls(station, matrix, np.empty(rows), np.empty(rows), np.empty(rows, dtype=np.intp))

    def put(self, rows: NDArray[np.intp], part: "Design") -> None:
        """Fill some rows in."""
        self.matrix[rows] = part.matrix
        self.other_stations[rows] = part.other_stations
        self.other_stations_late[rows] = part.other_stations_late
        self.own_values[rows] = part.own_values


@dataclass(frozen=True)
class DatedDesign(Design):
    """Predictors of rows of the features table."""

    keys: pd.DataFrame
    """`station`, `date` of each row."""

    @classmethod
    def joined(cls, designs: list["DatedDesign"]) -> "DatedDesign":
        """One after the other; the list is emptied as it goes, to hold no row twice for long."""
        if len(designs) == 1:
            return designs.pop()
        sizes = np.cumsum([0, *(len(design.keys) for design in designs)])
        keys = pd.concat([design.keys for design in designs], ignore_index=True)
        made = Design.empty(
            np.concatenate([design.station for design in designs]), designs[0].matrix.shape[1]
        )
        for first, end in pairwise(sizes):
            made.put(np.arange(first, end), designs.pop(0))
        return cls(**vars(made), keys=keys)


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
        return cls.fit_windows([features], issue, stations=sorted(features["station"].unique()))

    @classmethod
    def fit_windows(
        cls, windows: Iterable[pd.DataFrame], issue: Issue, *, stations: Sequence[str]
    ) -> "Predictors":
        """The same of features that come window by window, in order of date, for these stations."""
        fitting = PredictorsFit(tuple(stations), issue)
        for features in windows:
            fitting.add(features)
        return fitting.solved()

    @cached_property
    def network(self) -> Network:
        """Geometry of the stations that the climatology knows."""
        return Network(tuple(find_station(key) for key in self.stations))

    @cached_property
    def layout(self) -> Layout:
        """Where each part of the surroundings stands."""
        return Layout(self.issue)

    @cached_property
    def assembly(self) -> Assembly:
        """Joins a day's own quantities to its surroundings."""
        return Assembly.of(self.layout, self.patterns)

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

    def of_variant(self, matrix: NDArray[np.float32], variant: Variant) -> NDArray[np.float32]:
        """Columns of the full or the afternoon variant; the local one is made by `transform_local`."""
        return matrix if variant is Variant.FULL else matrix[:, self.columns(variant)]

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

    @cached_property
    def day_before(self) -> NDArray[np.intp]:
        """Columns of the full matrix that hold values of the day before."""
        return np.flatnonzero([each.day_before for each in self.table])

    def transform(self, features: pd.DataFrame, *, wanted: NDArray[np.bool_] | None = None) -> DatedDesign:
        """Predictors of every row of the features table, or of the wanted ones.

        Rows must reach `PREDICTOR_LOOK_BACK_DAYS` before the days that matter. Stations that were not there
        in training are left out: they have no climatology.
        """
        here = features["station"].isin(self.stations).to_numpy()
        rows = features.loc[here if wanted is None else here & wanted, ["station", "date"]]
        days = StationDays.from_frame(features[here], DAILY_COLUMNS, stations=self.stations)
        row, column = days.positions(rows)
        made = Design.empty(column, len(self.table))
        days_at_once = min(DAYS_AT_ONCE, max(1, STATION_DAYS_AT_ONCE // max(len(self.stations), 1)))
        look_back = PREDICTOR_LOOK_BACK_DAYS if len(self.day_before) else 0
        for first in range(0, len(days.days), days_at_once):
            at = np.flatnonzero((row >= first) & (row < first + days_at_once))
            if len(at):
                start = max(0, first - look_back)
                some = days.part(start, first + days_at_once)
                made.put(at, self._of_days(some, row[at] - start, column[at]))
        return DatedDesign(**vars(made), keys=rows.reset_index(drop=True))

    def _of_days(self, days: StationDays, today: NDArray[np.intp], column: NDArray[np.intp]) -> Design:
        """Predictors at places [today, column] of a grid of some days."""
        # Where few stations are wanted of many, no more is worked out; where all are, no weights are copied.
        wanted, at = np.unique(column, return_inverse=True)
        every = len(wanted) == len(self.stations)
        around = surroundings_of(self, days, slice(None) if every else wanted)
        own = np.stack([days[name] for name in DAILY_COLUMNS])

        design = self.design(
            Quantities(DAILY, own[:, today, column]),
            Surroundings(self.layout, around.block[today, at]),
            column,
        )
        if len(self.day_before):
            design.matrix[:, self.day_before] = np.nan
            yesterday = today - PREDICTOR_LOOK_BACK_DAYS
            there = yesterday >= 0
            before = self.assembly.matrix(
                Quantities(DAILY, own[:, yesterday[there], column[there]]),
                Surroundings(self.layout, around.block[yesterday[there], at[there]]),
                column[there],
            )
            design.matrix[np.ix_(there, self.day_before)] = before[:, self.day_before]
        return design

    def design(self, own: Quantities, around: Surroundings, station: NDArray[np.intp]) -> Design:
        """Predictors of rows from their own quantities [names, rows] and their surroundings [rows, size].

        The columns `day_before` come out as if of the day itself: whoever knows the day before puts them in.
        """
        return Design(
            station=station,
            matrix=self.assembly.matrix(own, around, station),
            other_stations=around.other_stations,
            other_stations_late=around.other_stations_late,
            own_values=np.count_nonzero(~np.isnan(own.of(self._own_known)), axis=0),
        )

    @cached_property
    def _own_known(self) -> tuple[str, ...]:
        return tuple(name for name in OWN_VALUES if is_known(name, self.issue))

    def transform_local(self, days: pd.DataFrame) -> NDArray[np.float32]:
        """Matrix of the local variant [rows, its predictors] from `station`, `date` and `OWN_VALUES` alone.

        Nothing is filled in and nothing looked up: what a row does not say is missing.
        """
        return self.local_of(days)(days)

    def local_of(self, days: pd.DataFrame) -> Callable[[pd.DataFrame], NDArray[np.float32]]:
        """`transform_local` of these station days, again and again with other `OWN_VALUES`.

        Place and season, which do not change with them, are worked out once.
        """
        station = pd.Index(self.stations).get_indexer(pd.Index(days["station"]))
        around = place_and_usual(self, pd.DatetimeIndex(days["date"]), station)

        def of(same_days: pd.DataFrame) -> NDArray[np.float32]:
            own = Quantities.unknown(_ALONE, (len(same_days),))
            own.put(OWN_VALUES, same_days[list(OWN_VALUES)].to_numpy(float).T)
            OWN_DAY.derive(own)
            return self.assembly.local_matrix(own, around)

        return of

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


class PredictorsFit:
    """Fits predictors to features that come window by window, in memory bounded by one of them.

    Kept from one to the next is what a climatology needs, and the values that are laid on maps at the few
    stations that maps are made of.
    """

    def __init__(self, stations: tuple[str, ...], issue: Issue) -> None:
        self.issue = issue
        self.network = Network(tuple(find_station(key) for key in stations))
        self._climatology = ClimatologyFit(stations, _MEASURED)
        self._rows = np.zeros(len(stations), dtype=np.intp)
        self._mapped = dict.fromkeys(name for names, _ in PATTERNS[issue].values() for name in names)
        self._days: list[pd.DatetimeIndex] = []
        self._of_maps: list[dict[str, Values]] = []

    def add(self, features: pd.DataFrame) -> None:
        """Take some days into account."""
        days = StationDays.from_frame(features, _MEASURED, stations=self._climatology.stations)
        self._climatology.add(days)
        self._rows += np.bincount(days.positions(features)[1], minlength=len(self._rows))
        self._days.append(days.days)
        self._of_maps.append({name: days[name][:, self.network.anchors] for name in self._mapped})

    def solved(self) -> Predictors:
        """The predictors of all days so far."""
        climatology, anchors = self._climatology.solved(), self.network.anchors
        days = pd.DatetimeIndex(np.concatenate(self._days))
        anomalies = {
            name: np.concatenate([values[name] for values in self._of_maps])
            - climatology.normal(name, days, anchors)
            for name in self._mapped
        }
        patterns = {
            map_name: Patterns.fit(anomalies, quantities, count).at(anchors, len(self._rows))
            for map_name, (quantities, count) in PATTERNS[self.issue].items()
        }
        known_days, rows = self._climatology.known_days, np.maximum(self._rows, 1)
        usually_known = {name: known_days[name] / rows >= USUALLY_KNOWN for name in _MEASURED}
        return Predictors(self.issue, climatology.stations, climatology, usually_known, patterns)

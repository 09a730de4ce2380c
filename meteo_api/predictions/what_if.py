"""The science of a what-if: the pipeline's features and model, in a world where one station's day differs.

Nothing is defined here a second time. `build_features` makes the features of the day, `Predictors.design` the
predictors, `RainModel.forecast` the chances; this module only lays out what they are given, many questions
side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS, LOOK_BACK_DAYS, build_features
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, Design, Predictors
from meteo_core.features.station_days import StationDays, Values
from meteo_core.model.rain_models import RainModels
from meteo_core.parameters import PARAMETERS

AT_ONCE: Final = 256
"""Questions computed side by side: as many as fit in a processor's cache."""
_ANY_DAY: Final = pd.Timestamp("2000-01-01")


@dataclass(frozen=True, eq=False)
class Context:
    """What a snapshot knows of the stations of a model, day by day."""

    world: World
    features: Values
    """`DAILY_COLUMNS` [columns, days + 1, stations]; nothing is known of the last day."""

    @classmethod
    def of(cls, world: World, stations: tuple[str, ...]) -> Self:
        """Lay out the features of these stations."""
        known = world.features[world.features["station"].isin(stations)]
        day = world.day_index(known["date"].to_numpy())
        station = pd.Index(stations).get_indexer(pd.Index(known["station"]))

        features = np.full((len(DAILY_COLUMNS), world.days + 1, len(stations)), np.nan)
        features[:, day, station] = known[list(DAILY_COLUMNS)].to_numpy().T
        return cls(world, features)


@dataclass(frozen=True, eq=False)
class PredictorsInContext(Predictors):
    """Predictors of station days whose neighbours are as the snapshot knows them.

    Each row stands in a world of its own, where only this row differs from the snapshot: several rows may
    speak of the same station and day, and none sees another.
    """

    context: Context

    @classmethod
    def around(cls, predictors: Predictors, context: Context) -> Self:
        """The same predictors, in the context of a snapshot."""
        fitted = {field.name: getattr(predictors, field.name) for field in fields(Predictors)}
        return cls(**fitted, context=context)

    @cached_property
    def days_back(self) -> int:
        """How many days before its own a row looks at: none where all of the day is known."""
        return PREDICTOR_LOOK_BACK_DAYS if any(each.day_before for each in self.table) else 0

    def transform(self, features: pd.DataFrame, *, wanted: NDArray[np.bool_] | None = None) -> Design:
        """Predictors of every row of `features`, or of the wanted ones, each alone in the context.

        Rows may repeat a station day.
        """
        here = features["station"].isin(self.stations).to_numpy()
        rows = features[here if wanted is None else here & wanted].reset_index(drop=True)
        parts = [
            self._side_by_side(rows.iloc[start : start + AT_ONCE])
            for start in range(0, max(len(rows), 1), AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else _one_below_the_other(parts)

    def _side_by_side(self, rows: pd.DataFrame) -> Design:
        """Lay the days that each row looks at one under the other: as many days as rows x days looked at."""
        back = self.days_back
        looked_at = rows["date"].to_numpy()[:, None] + np.arange(-back, 1) * np.timedelta64(1, "D")
        today = np.arange(len(rows)) * (back + 1) + back
        column = pd.Index(self.stations).get_indexer(pd.Index(rows["station"]))

        grids = self.context.features[:, self.context.world.day_index(looked_at.ravel())]
        grids[:, today, column] = rows[list(DAILY_COLUMNS)].to_numpy().T
        worlds = StationDays(
            pd.DatetimeIndex(looked_at.ravel()),
            self.stations,
            dict(zip(DAILY_COLUMNS, grids, strict=True)),
        )
        return self.design(worlds, today, column, rows[["station", "date"]])


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Models that answer in the context of a snapshot."""

    models: RainModels
    world: World

    @classmethod
    def of(cls, models: RainModels, world: World) -> "WhatIf":
        """Put the models of all issue times into the context of a snapshot."""
        context = Context.of(world, models.stations)
        in_context = {
            model.issue: replace(model, predictors=PredictorsInContext.around(model.predictors, context))
            for model in models
        }
        return cls(RainModels(in_context), world)

    def forecast(self, days: pd.DataFrame) -> pd.DataFrame:
        """Chances for station days as they might have been, one row for each row of `days`, in order.

        `days` holds `station`, one that the models were trained on, `date`, `issue`, and the parameters as
        observed or supposed. Columns as those of `RainModel.forecast`.
        """
        parts = [self.features(days.iloc[start : start + AT_ONCE]) for start in range(0, len(days), AT_ONCE)]
        features = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

        issue = days["issue"].to_numpy()
        asked = [each for each in Issue if (issue == each).any()]
        if len(asked) == 1:
            return self.models[asked[0]].forecast(features)
        rows = [np.flatnonzero(issue == each) for each in asked]
        made = [self.models[each].forecast(features.iloc[at]) for each, at in zip(asked, rows, strict=True)]
        return pd.concat(made).set_axis(np.concatenate(rows)).sort_index()

    def features(self, days: pd.DataFrame) -> pd.DataFrame:
        """Features of station days as they might have been, from the station's history in the snapshot.

        Each day becomes the last of a station of its own, named by its row number, with the history of the
        real station before it. Features look at a station's days in relation to one another and never at
        the calendar, so that all of these can stand on the same dates.
        """
        window = LOOK_BACK_DAYS + 1
        looked_at = days["date"].to_numpy()[:, None] + np.arange(-LOOK_BACK_DAYS, 1) * np.timedelta64(1, "D")
        index = self.world.day_index(looked_at.ravel()).reshape(-1, window)
        column = pd.Index(self.world.stations).get_indexer(pd.Index(days["station"]))[:, None]

        histories: dict[str, Sequence | NDArray] = {
            "station": np.repeat(np.arange(len(days)), window),
            "date": np.tile(pd.date_range(end=_ANY_DAY, periods=window, freq="D").to_numpy(), len(days)),
        }
        for name in PARAMETERS:
            values = self.world.observed[name][index, column]
            values[:, -1] = days[name].to_numpy()
            histories[name] = values.ravel()
        built = build_features(pd.DataFrame(histories))
        last = built[built["date"] == _ANY_DAY].reset_index(drop=True)
        return last.assign(station=days["station"].to_numpy(), date=days["date"].to_numpy())


def _one_below_the_other(parts: Sequence[Design]) -> Design:
    return Design(
        keys=pd.concat([part.keys for part in parts], ignore_index=True),
        matrix=np.concatenate([part.matrix for part in parts]),
        other_stations=np.concatenate([part.other_stations for part in parts]),
        other_stations_late=np.concatenate([part.other_stations_late for part in parts]),
        own_values=np.concatenate([part.own_values for part in parts]),
    )

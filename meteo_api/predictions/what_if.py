"""The science of a what-if: the pipeline's features and model, in a world where one station's day differs.

Nothing is defined here a second time. `build_features` makes the features of the day, `RainModel.forecast`
the chance; this module only lays out what they are given, many questions side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.snapshot.world import World
from meteo_core.features.daily import DAILY_COLUMNS, LOOK_BACK_DAYS, build_features
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, Design, Predictors, Variant
from meteo_core.features.station_days import StationDays
from meteo_core.model.rain_model import RainModel
from meteo_core.parameters import PARAMETERS

AT_ONCE: Final = 256
"""Questions computed side by side: as many as fit in a processor's cache."""
_ANY_DAY: Final = pd.Timestamp("2000-01-01")


@dataclass(frozen=True, eq=False)
class PredictorsInContext(Predictors):
    """Predictors of station days whose neighbours are as the snapshot knows them.

    Each row stands in a world of its own, where only this row differs from the snapshot: several rows may
    speak of the same station and day, and none sees another.
    """

    context: StationDays
    """Features of the snapshot [days + 1, stations of the model]; nothing is known of the last day."""
    present: NDArray[np.bool_]
    """Which of them have a row in the snapshot."""
    world: World

    @classmethod
    def around(cls, predictors: Predictors, world: World) -> Self:
        """The same predictors, in the context of a snapshot."""
        known = world.features[world.features["station"].isin(predictors.stations)]
        shape = world.days + 1, len(predictors.stations)
        day = world.day_index(known["date"].to_numpy())
        station = pd.Index(predictors.stations).get_indexer(pd.Index(known["station"]))

        values = {name: np.full(shape, np.nan) for name in DAILY_COLUMNS}
        for name, grid in values.items():
            grid[day, station] = known[name].to_numpy()
        present = np.zeros(shape, dtype=bool)
        present[day, station] = True
        days = pd.date_range(world.first_day, periods=world.days + 1, freq="D")
        return cls(
            predictors.issue,
            predictors.stations,
            predictors.climatology,
            context=StationDays(days, predictors.stations, values),
            present=present,
            world=world,
        )

    def transform(self, features: pd.DataFrame, variant: Variant) -> Design:
        """Predictors of every row of `features`, each alone in the context; rows may repeat a station day."""
        rows = features[features["station"].isin(self.stations)].reset_index(drop=True)
        parts = [
            self._side_by_side(rows.iloc[start : start + AT_ONCE], variant)
            for start in range(0, max(len(rows), 1), AT_ONCE)
        ]
        return Design(
            keys=rows[["station", "date"]],
            matrix=np.concatenate([part.matrix for part in parts]),
            names=self.names(variant),
            other_stations=np.concatenate([part.other_stations for part in parts]),
            own_values=np.concatenate([part.own_values for part in parts]),
        )

    def _side_by_side(self, rows: pd.DataFrame, variant: Variant) -> Design:
        """Lay the days that each row looks at one under the other: as many days as rows x days looked at."""
        back = PREDICTOR_LOOK_BACK_DAYS
        looked_at = rows["date"].to_numpy()[:, None] + np.arange(-back, 1) * np.timedelta64(1, "D")
        index = self.world.day_index(looked_at.ravel())
        today = np.arange(len(rows)) * (back + 1) + back
        column = pd.Index(self.stations).get_indexer(pd.Index(rows["station"]))

        worlds = StationDays(pd.DatetimeIndex(looked_at.ravel()), self.stations)
        for name in DAILY_COLUMNS:
            values = self.context[name][index]
            values[today, column] = rows[name].to_numpy()
            worlds.values[name] = values
        present = self.present[index[today]]
        present[np.arange(len(rows)), column] = True

        matrix = np.empty((len(rows), len(self.names(variant))), dtype=np.float32)
        observed = np.zeros(present.shape, dtype=bool)
        for position, values in enumerate(self._columns(worlds, variant)):
            matrix[:, position] = values[today, column]
            if position in self.observed_today:
                observed |= ~np.isnan(values[today]) & present
        own = (~np.isnan(matrix[:, self.observed_today])).sum(axis=1)
        return Design(
            keys=rows[["station", "date"]],
            matrix=matrix,
            names=self.names(variant),
            other_stations=observed.sum(axis=1) - (own > 0),
            own_values=own,
        )


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A model that answers in the context of a snapshot."""

    model: RainModel
    world: World

    @classmethod
    def of(cls, model: RainModel, world: World) -> "WhatIf":
        """Put a model into the context of a snapshot."""
        return cls(replace(model, predictors=PredictorsInContext.around(model.predictors, world)), world)

    def forecast(self, days: pd.DataFrame) -> pd.DataFrame:
        """Chances for station days as they might have been, one row for each row of `days`, in order.

        `days` holds `station`, `date` and the parameters as observed or supposed. Columns as those of
        `RainModel.forecast`. Stations that the model was not trained on are left out.
        """
        parts = [self.features(days.iloc[start : start + AT_ONCE]) for start in range(0, len(days), AT_ONCE)]
        return self.model.forecast(pd.concat(parts, ignore_index=True))

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

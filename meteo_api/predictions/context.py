"""What a snapshot says beside a station's own day, laid out so that a question only has to look up."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.snapshot.world import World
from meteo_core.features.assembly import Matrix, Rows
from meteo_core.features.daily import DAILY_COLUMNS, LOOK_BACK_DAYS, OWN_VALUES, as_numbers, features_of
from meteo_core.features.own_past import PAST
from meteo_core.features.predictors import DAILY, PREDICTOR_LOOK_BACK_DAYS, Predictors
from meteo_core.features.quantities import Quantities
from meteo_core.features.station_days import StationDays
from meteo_core.features.surroundings import Surroundings, place_and_usual, surroundings_of

DAYS_AFTER: Final = 2
"""Days after the newest observation that still have a history: a what-if may be about tomorrow."""
_DAY: Final = np.timedelta64(1, "D")

Cells = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class History:
    """Station days of a snapshot: row `day x stations + station`, for each of a model's stations."""

    first_day: np.datetime64
    days: int
    stations: tuple[str, ...]
    own: Rows
    """`OWN_VALUES` as observed [cells + 1, values]; nothing is known of the last, which stands for any day
    outside the snapshot."""
    past: Rows
    """`PAST` [cells + 1, quantities]."""
    grid: StationDays
    """`DAILY_COLUMNS` of these days."""

    @classmethod
    def of(cls, world: World, stations: tuple[str, ...]) -> Self:
        """Lay out what was observed at these stations."""
        observed = world.observations[world.observations["station"].isin(stations)]
        days = StationDays.from_frame(
            as_numbers(observed), OWN_VALUES, stations=stations, days_after=DAYS_AFTER
        )
        blocks = np.concatenate([quantities.block for _, quantities in features_of(days)], axis=1)
        daily, past = blocks[: len(DAILY_COLUMNS)], blocks[-len(PAST) :]
        return cls(
            first_day=days.days[0].to_datetime64(),
            days=len(days.days),
            stations=stations,
            own=_as_cells(daily[: len(OWN_VALUES)]),
            past=_as_cells(past),
            grid=StationDays(days.days, stations, dict(zip(DAILY_COLUMNS, daily, strict=True))),
        )

    def cells(self, dates: NDArray[np.datetime64], station: NDArray[np.intp]) -> Cells:
        """Cell of each station day; the last one for days of which the snapshot does not know enough.

        Those are the days outside it, and its first, which have less of a history here than in the pipeline.
        """
        day = (dates - self.first_day) // _DAY
        known = (day >= LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS) & (day < self.days)
        return np.where(known, day * len(self.stations) + station, len(self.own) - 1)

    def is_outside(self, cells: Cells) -> NDArray[np.bool_]:
        """Which of them are outside the snapshot."""
        return cells == len(self.own) - 1


@dataclass(frozen=True, eq=False)
class Context:
    """Surroundings of every station day of a snapshot, for the predictors of one issue time."""

    predictors: Predictors
    history: History
    around: Rows
    """[cells + 1, size]; the last cell is filled in for each question that needs it."""
    before: Matrix
    """Columns `Predictors.day_before` of the matrix, as observed the day before [cells + 1, columns]."""

    @classmethod
    def of(cls, predictors: Predictors, history: History) -> Self:
        """Work out once what does not change with the station's own day."""
        around = surroundings_of(predictors, history.grid)
        stations = len(history.stations)
        cells = Surroundings(around.layout, around.block.reshape(-1, around.layout.size))
        before = np.full((len(history.own), len(predictors.day_before)), np.nan, dtype=np.float32)
        if len(predictors.day_before):
            daily = np.stack([history.grid[name].ravel() for name in DAILY_COLUMNS])
            station = np.tile(np.arange(stations), history.days)
            matrix = predictors.assembly.matrix(Quantities(DAILY, daily), cells, station)
            before[stations:-1] = matrix[:-stations, predictors.day_before]
        return cls(predictors, history, _with_unknown(cells.block), before)

    def surroundings(
        self, cells: Cells, dates: NDArray[np.datetime64], station: NDArray[np.intp]
    ) -> Surroundings:
        """Surroundings of rows; of a day outside the snapshot, place and season alone."""
        found = Surroundings(self.predictors.layout, self.around[cells])
        outside = self.history.is_outside(cells)
        if outside.any():
            known = place_and_usual(self.predictors, pd.DatetimeIndex(dates[outside]), station[outside])
            found.block[outside, : known.block.shape[1]] = known.block
            found["others"][outside] = 0
        return found


def _as_cells(grid: NDArray[np.float64]) -> Rows:
    """[values, days, stations] as [cells + 1, values]."""
    return _with_unknown(np.ascontiguousarray(grid.reshape(len(grid), -1).T))


def _with_unknown(cells: Rows) -> Rows:
    return np.concatenate([cells, np.full((1, cells.shape[1]), np.nan)])

"""The science of a what-if: the pipeline's features and model, in a world where one station's day differs.

Nothing is defined here a second time. `features_of_rows` makes the features of the day, `Predictors.design`
the predictors, `RainModel.answer` the chances; this module only looks up what they are given, many questions
side by side.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from meteo_api.predictions.context import Cells, Context, History
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.features.daily import OWN_VALUES, as_numbers, features_of_rows
from meteo_core.features.predictors import Design
from meteo_core.features.quantities import Quantities
from meteo_core.features.surroundings import Surroundings
from meteo_core.model.drivers import Driver, drivers_of
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY, MARKOV, ROUTES, Answers, RainModel
from meteo_core.model.rain_models import RainModels

AT_ONCE: Final = 512
"""Questions computed side by side: as many as fit in a processor's cache."""
_WET: Final = OWN_VALUES.index("rain_today")


@dataclass(frozen=True, eq=False)
class Questions:
    """Station days of one issue time, as they might have been."""

    dates: NDArray[np.datetime64]
    """Days, of unit D."""
    station: NDArray[np.intp]
    """Index among the stations of the models."""
    day: Quantities
    """The station's own day and past [names, questions], NaN for unknown: the same at any issue time."""
    cells: Cells
    """Where the snapshot knows of them."""

    def part(self, which: slice | NDArray[np.intp]) -> "Questions":
        """Some of them."""
        day = Quantities(self.day.names, self.day.block[:, which])
        return Questions(self.dates[which], self.station[which], day, self.cells[which])


@dataclass(frozen=True, eq=False)
class Laid:
    """Questions laid out for a model."""

    around: Surroundings
    design: Design


@dataclass(frozen=True, eq=False)
class WhatIf:
    """Models that answer in the context of a snapshot."""

    models: RainModels
    history: History
    contexts: Mapping[Issue, Context]
    station_index: Mapping[str, int]
    """Index of each station that the models were trained on."""

    @classmethod
    def of(cls, models: RainModels, world: World) -> Self:
        """Put the models of all issue times into the context of a snapshot: about half a second's work."""
        history = History.of(world, models.stations)
        return cls(
            models=models,
            history=history,
            contexts={model.issue: Context.of(model.predictors, history) for model in models},
            station_index={key: index for index, key in enumerate(models.stations)},
        )

    def answer(self, issue: Issue, questions: Questions) -> Answers:
        """Chances of each question; none of them sees another, even of the same station and day."""
        count = len(questions.cells)
        if count <= AT_ONCE:
            return self._answer(issue, questions)
        parts = [
            self._answer(issue, questions.part(slice(start, start + AT_ONCE)))
            for start in range(0, count, AT_ONCE)
        ]
        return Answers(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("chances", "climatology", "markov", "route")
            )
        )

    def _answer(self, issue: Issue, questions: Questions) -> Answers:
        model, laid = self.models[issue], self.lay(issue, questions)
        return answer_of(model, laid, questions)

    def drivers(self, issue: Issue, questions: Questions, made: Answers) -> list[list[Driver]]:
        """What drove the chances that `answer` gave, for each question."""
        model, laid = self.models[issue], self.lay(issue, questions)
        return drivers_of(
            model, laid.design, made.route, made.chances, local=local_of(model, laid, questions)
        )

    def lay(self, issue: Issue, questions: Questions) -> Laid:
        """Lay questions out for the model of an issue time."""
        context = self.contexts[issue]
        around = context.surroundings(questions.cells, questions.dates, questions.station)
        design = context.predictors.design(questions.day, around, questions.station)
        if len(context.predictors.day_before):
            design.matrix[:, context.predictors.day_before] = context.before[questions.cells]
        return Laid(around, design)

    def questions(self, station: NDArray[np.intp], dates: NDArray, values: NDArray[np.float64]) -> Questions:
        """Questions of station days; `values` are the days' own [OWN_VALUES, questions], NaN for unknown."""
        cells = self.history.cells(dates, station)
        return Questions(dates, station, features_of_rows(values, self.history.past[cells].T), cells)

    def questions_of(self, days: pd.DataFrame) -> Questions:
        """Questions of `station`, one that the models were trained on, `date`, and the parameters."""
        values = as_numbers(days)[list(OWN_VALUES)].to_numpy(dtype=float, na_value=np.nan).T
        station = pd.Index(self.models.stations).get_indexer(pd.Index(days["station"]))
        return self.questions(station, days["date"].to_numpy("datetime64[D]"), values)

    def forecast(self, days: pd.DataFrame) -> pd.DataFrame:
        """Chances for station days as they might have been, one row for each row of `days`, in order.

        `days` is as for `questions_of`, with an `issue`. Columns as those of `RainModel.forecast`.
        """
        columns = [*CHANCES, *CLIMATOLOGY, *MARKOV]
        numbers, route = np.empty((len(days), len(columns))), np.empty(len(days), dtype=object)
        for issue in Issue:
            asked = (days["issue"] == issue).to_numpy()
            if asked.any():
                found = self.answer(issue, self.questions_of(days[asked]))
                numbers[asked] = np.hstack([found.chances, found.climatology, found.markov])
                route[asked] = np.array(ROUTES, dtype=object)[found.route]
        keys = days[["station", "date"]].reset_index(drop=True)
        return pd.concat([keys, pd.DataFrame(numbers, columns=columns)], axis=1).assign(route=route)


def answer_of(model: RainModel, laid: Laid, questions: Questions) -> Answers:
    """Chances of questions that are laid out."""
    months = questions.dates.astype("datetime64[M]").astype(int) % 12 + 1
    return model.answer(
        laid.design, month=months, wet_today=questions.day.block[_WET], local=local_of(model, laid, questions)
    )


def local_of(
    model: RainModel, laid: Laid, questions: Questions
) -> Callable[[NDArray[np.bool_]], NDArray[np.float32]]:
    """Gives the matrix of the local variant of the chosen questions."""
    return lambda chosen: model.predictors.assembly.local_matrix(
        Quantities(questions.day.names, questions.day.block[:, chosen]), laid.around.rows(chosen)
    )

"""The models of all issue times: trained, promoted, loaded and rolled back together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.features.predictors import Predictors
from meteo_core.model.rain_model import RainModel, UnusableModel


@dataclass(frozen=True, eq=False)
class RainModels:
    """A model for each issue time."""

    by_issue: Mapping[Issue, RainModel]

    def __getitem__(self, issue: Issue) -> RainModel:
        return self.by_issue[issue]

    def __iter__(self) -> Iterator[RainModel]:
        return iter(self.by_issue.values())

    @property
    def main(self) -> RainModel:
        """The evening's model, by which versions are named and compared first."""
        return self.by_issue[Issue.EVENING]

    @property
    def stations(self) -> tuple[str, ...]:
        """Stations that all of them were trained on."""
        return self.main.predictors.stations

    @property
    def trained_until(self) -> pd.Timestamp:
        """Last day of training."""
        return max(model.trained_until for model in self)

    @property
    def card(self) -> Mapping[str, Any]:
        """Card of the evening's model; the others are reached by issue."""
        return self.main.card

    def fingerprint(self) -> str:
        """Hash of what the predictors of all issue times are."""
        return " ".join(model.predictors.fingerprint() for model in self)

    @staticmethod
    def fingerprint_here() -> str:
        """The fingerprint that models of this code have."""
        return " ".join(Predictors.fingerprint_of(issue) for issue in Issue)

    def save(self, folder: Path) -> None:
        """Write each model into a folder named after its issue time."""
        for issue, model in self.by_issue.items():
            model.save(folder / issue.value)

    @classmethod
    def load(cls, folder: Path) -> "RainModels":
        """Read what `save` wrote; raises `UnusableModel` that says what is wrong."""
        models = {issue: RainModel.load(folder / issue.value) for issue in Issue}
        stations = {model.predictors.stations for model in models.values()}
        if len(stations) > 1:
            raise UnusableModel(f"the models in {folder} were trained on different stations")
        return cls(models)

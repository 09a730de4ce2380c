"""A trained model of rain for one issue time: what it needs, what it forecasts, how it is kept on disk."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.errors import MeteoError
from meteo_core.features.daily import OWN_VALUES
from meteo_core.features.predictor_table import Variant
from meteo_core.features.predictors import Design, Predictors
from meteo_core.model.blend import RULES, Blend
from meteo_core.model.members import Members
from meteo_core.references import References

LEAST_OTHER_STATIONS: Final = 5
"""With fewer other stations observed than this, the local variant is the better one."""
CARD_FILE: Final = "rain_model.json"
CLIMATOLOGY_ROUTE: Final = "climatology"
CHANCES: Final = tuple(f"p_{rule}" for rule in RULES)
"""Columns of the chances at each threshold."""
CLIMATOLOGY: Final = tuple(f"climatology_{rule}" for rule in RULES)
MARKOV: Final = tuple(f"markov_{rule}" for rule in RULES)


_UNREADABLE: Final = (
    *(OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError),
    *(zipfile.BadZipFile, xgb.core.XGBoostError),
)


class UnusableModel(MeteoError):
    """A model that must not serve: corrupt, or made for other predictors than this code's."""


def variants_of(issue: Issue) -> tuple[Variant, ...]:
    """Variants that make sense at an issue time: a morning knows nothing of midnight anyway."""
    return (
        (Variant.FULL, Variant.LOCAL)
        if issue is Issue.MORNING
        else (Variant.FULL, Variant.AFTERNOON, Variant.LOCAL)
    )


@dataclass(frozen=True)
class RainModel:
    """Chances of rain at all stations, for one issue time."""

    predictors: Predictors
    members: Mapping[Variant, Members]
    blends: Mapping[Variant, Blend]
    references: References
    card: Mapping[str, Any]
    """What a person asks of a model: training window, rows, label rule, settings, scores."""

    @property
    def issue(self) -> Issue:
        """Issue time that the model forecasts for."""
        return self.predictors.issue

    @property
    def trained_until(self) -> pd.Timestamp:
        """Last day of training."""
        return pd.Timestamp(self.card["trained_until"])

    def forecast(self, features: pd.DataFrame) -> pd.DataFrame:
        """Chances for every row of the features table.

        Columns `station`, `date`, a chance `p_*`, a `climatology_*` and a `markov_*` for each threshold, and
        `route`: `full` where other stations were observed, `afternoon` where they were but their maxima,
        sunshine and gusts are not known yet, else `local` where the station itself was observed, else
        `climatology`, as for a station that was not there in training.
        """
        known = features["station"].isin(self.predictors.stations)
        rows = features[known].reset_index(drop=True)
        design = self.predictors.transform(rows)
        climatology = self.references.climatology_of(design.keys)
        markov = self.references.markov_of(design.keys, rows["rain_today"].to_numpy(float))

        chances, route = climatology.copy(), self.route(design)
        for variant in self.members:
            chosen = route == variant
            if chosen.any():
                chances[chosen] = self.chances(variant, design, rows, chosen)
        made = _forecasts(design.keys, chances, climatology, markov, route)
        if known.all():
            return made
        return pd.concat([made, self._by_climatology(features.loc[~known])], ignore_index=True)

    def route(self, design: Design) -> NDArray[np.object_]:
        """Variant that each row goes to, or `climatology`."""
        around = design.other_stations >= LEAST_OTHER_STATIONS
        late = design.other_stations_late >= LEAST_OTHER_STATIONS
        route = np.full(len(around), CLIMATOLOGY_ROUTE, dtype=object)
        route[design.own_values > 0] = str(Variant.LOCAL)
        route[around] = str(Variant.FULL)
        if Variant.AFTERNOON in self.members:
            route[around & ~late] = str(Variant.AFTERNOON)
        return route

    def chances(
        self, variant: Variant, design: Design, rows: pd.DataFrame, chosen: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Chances [chosen rows, thresholds] by one variant; `rows` are the features behind the design."""
        return self.blends[variant].chances(*self.logits(variant, design, rows, chosen))

    def logits(
        self, variant: Variant, design: Design, rows: pd.DataFrame, chosen: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log odds of the members of one variant, for some rows."""
        own = rows.loc[chosen, ["station", "date", *OWN_VALUES]]
        matrix = (
            self.predictors.transform_local(own)
            if variant is Variant.LOCAL
            else self.predictors.of_variant(design.of_rows(chosen), variant)
        )
        station = pd.Index(self.predictors.stations).get_indexer(pd.Index(own["station"]))
        return self.members[variant].logits(matrix, station)

    def _by_climatology(self, rows: pd.DataFrame) -> pd.DataFrame:
        keys = rows[["station", "date"]].reset_index(drop=True)
        usual = self.references.climatology_of(keys)
        return _forecasts(keys, usual, usual, usual, np.full(len(keys), CLIMATOLOGY_ROUTE, dtype=object))

    def save(self, folder: Path) -> None:
        """Write trees in XGBoost's own format, networks as arrays, the rest as JSON; nothing is pickled."""
        folder.mkdir(parents=True, exist_ok=True)
        for variant, members in self.members.items():
            members.save(folder, variant)
        stored = {
            "fingerprint": self.predictors.fingerprint(),
            "predictors": self.predictors.to_dict(),
            "blends": {variant: blend.weights.tolist() for variant, blend in self.blends.items()},
            "references": self.references.to_dict(),
            "card": dict(self.card),
        }
        (folder / CARD_FILE).write_text(json.dumps(stored, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "RainModel":
        """Read what `save` wrote; raises `UnusableModel` that says what is wrong."""
        try:
            stored = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
            fingerprint, issue = stored["fingerprint"], Issue(stored["predictors"]["issue"])
            if fingerprint != (expected := Predictors.fingerprint_of(issue)):
                raise UnusableModel(
                    f"the model in {folder} was trained on other predictors ({fingerprint[:12]}, here "
                    f"{expected[:12]}): train a new one or run the code it came from"
                )
            model = cls(
                predictors=Predictors.from_dict(stored["predictors"]),
                members={variant: Members.load(folder, variant) for variant in variants_of(issue)},
                blends={
                    Variant(name): Blend(np.array(weights)) for name, weights in stored["blends"].items()
                },
                references=References.from_dict(stored["references"]),
                card=stored["card"],
            )
        except _UNREADABLE as error:
            raise UnusableModel(f"the model in {folder} cannot be read: {error}") from error
        for variant, members in model.members.items():
            if members.trees.num_features() != len(model.predictors.columns(variant)):
                raise UnusableModel(
                    f"the {variant} model in {folder} expects other predictors than its card says"
                )
        return model


def _forecasts(
    keys: pd.DataFrame,
    chances: NDArray[np.float64],
    climatology: NDArray[np.float64],
    markov: NDArray[np.float64],
    route: NDArray[np.object_],
) -> pd.DataFrame:
    columns = dict(zip(CHANCES, chances.T, strict=True))
    columns |= dict(zip(CLIMATOLOGY, climatology.T, strict=True))
    columns |= dict(zip(MARKOV, markov.T, strict=True))
    return keys.assign(**columns, route=route)

"""A trained model of rain for one issue time: what it needs, what it forecasts, how it is kept on disk."""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
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
from meteo_core.references import References, ReferenceTables

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


ROUTES: Final = (*(variant.value for variant in Variant), CLIMATOLOGY_ROUTE)
"""Ways to a chance: a variant, or climatology."""
_FULL, _AFTERNOON, _LOCAL, _CLIMATOLOGY = range(len(ROUTES))


@dataclass(frozen=True)
class Answers:
    """Chances for some station days, each [rows, thresholds]."""

    chances: NDArray[np.float64]
    climatology: NDArray[np.float64]
    markov: NDArray[np.float64]
    route: NDArray[np.intp]
    """Index in `ROUTES` [rows]."""


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

    def forecast(self, features: pd.DataFrame, *, since: date | pd.Timestamp | None = None) -> pd.DataFrame:
        """Chances for every row of the features table, or for those from the day `since` on.

        Earlier rows have their say all the same: `PREDICTOR_LOOK_BACK_DAYS` of them must be there.

        Columns `station`, `date`, a chance `p_*`, a `climatology_*` and a `markov_*` for each threshold, and
        `route`: `full` where other stations were observed, `afternoon` where they were but their maxima,
        sunshine and gusts are not known yet, else `local` where the station itself was observed, else
        `climatology`, as for a station that was not there in training.
        """
        wanted = features["date"] >= (pd.Timestamp.min if since is None else pd.Timestamp(since))
        known = features["station"].isin(self.predictors.stations)
        rows = features[known & wanted].reset_index(drop=True)
        design = self.predictors.transform(features, wanted=wanted.to_numpy())
        made = self.answer(
            design,
            month=design.keys["date"].dt.month.to_numpy(dtype=np.intp),
            wet_today=rows["rain_today"].to_numpy(float),
            local=self.local_of(rows),
        )
        answers = _forecasts(design.keys, made)
        strangers = features.loc[wanted & ~known]
        if strangers.empty:
            return answers
        return pd.concat([answers, self._by_climatology(strangers)], ignore_index=True)

    def answer(
        self,
        design: Design,
        *,
        month: NDArray[np.intp],
        wet_today: NDArray[np.float64],
        local: Callable[[NDArray[np.bool_]], NDArray[np.float32]],
    ) -> Answers:
        """Chances for rows of a design.

        `month` counts from 1, `wet_today` is 0, 1 or NaN; `local` gives the matrix of the local variant of
        the chosen rows, and is asked only where some need it.
        """
        climatology = self._reference_tables.climatology(design.station, month)
        markov = self._reference_tables.markov(design.station, month, wet_today)
        chances, route = climatology.copy(), self.route(design)
        for code, variant in self._variants.items():
            chosen = route == code
            if chosen.all():
                chances = self.blends[variant].chances(*self.logits(variant, design, chosen, local))
            elif chosen.any():
                chances[chosen] = self.blends[variant].chances(*self.logits(variant, design, chosen, local))
        return Answers(chances, climatology, markov, route)

    def route(self, design: Design) -> NDArray[np.intp]:
        """Index in `ROUTES` of the variant that each row goes to, or of climatology."""
        around = design.other_stations >= LEAST_OTHER_STATIONS
        alone = np.where(design.own_values > 0, _LOCAL, _CLIMATOLOGY)
        together = np.full_like(alone, _FULL)
        if Variant.AFTERNOON in self.members:
            together[design.other_stations_late < LEAST_OTHER_STATIONS] = _AFTERNOON
        return np.where(around, together, alone)

    def logits(
        self,
        variant: Variant,
        design: Design,
        chosen: NDArray[np.bool_],
        local: Callable[[NDArray[np.bool_]], NDArray[np.float32]],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log odds of the members of one variant, for the chosen rows."""
        if variant is Variant.LOCAL:
            matrix = local(chosen)
        else:
            matrix = self.predictors.of_variant(
                design.matrix if chosen.all() else design.matrix[chosen], variant
            )
        # The members tell regions apart: stations, as long as there are no more than they can learn of.
        return self.members[variant].logits(matrix, self.predictors.network.region[design.station[chosen]])

    def local_of(self, own: pd.DataFrame) -> Callable[[NDArray[np.bool_]], NDArray[np.float32]]:
        """Gives the local matrix of the chosen rows of `station`, `date` and `OWN_VALUES`."""
        return lambda chosen: self.predictors.transform_local(
            own.loc[chosen, ["station", "date", *OWN_VALUES]]
        )

    @cached_property
    def _variants(self) -> Mapping[int, Variant]:
        return {ROUTES.index(variant.value): variant for variant in self.members}

    @cached_property
    def _reference_tables(self) -> ReferenceTables:
        return self.references.tables(self.predictors.stations)

    def _by_climatology(self, rows: pd.DataFrame) -> pd.DataFrame:
        keys = rows[["station", "date"]].reset_index(drop=True)
        usual = self.references.climatology_of(keys)
        return _forecasts(keys, Answers(usual, usual, usual, np.full(len(keys), _CLIMATOLOGY)))

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


def _forecasts(keys: pd.DataFrame, made: Answers) -> pd.DataFrame:
    columns = dict(zip(CHANCES, made.chances.T, strict=True))
    columns |= dict(zip(CLIMATOLOGY, made.climatology.T, strict=True))
    columns |= dict(zip(MARKOV, made.markov.T, strict=True))
    return keys.assign(**columns, route=np.array(ROUTES, dtype=object)[made.route])

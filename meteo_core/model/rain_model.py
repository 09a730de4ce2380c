"""A trained model of rain: what it needs, what it forecasts, how it is kept on disk."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from meteo_core.calendar import Issue
from meteo_core.errors import MeteoError
from meteo_core.features.predictors import Design, Predictors, Variant
from meteo_core.references import References

LEAST_OTHER_STATIONS = 5
"""With fewer other stations observed than this, the local variant is the better one."""
CARD_FILE = "rain_model.json"
ONE_THREAD = {"nthread": 1}
"""Threads of XGBoost wait by spinning: on a machine that does anything else, one is faster than two."""
CLIMATOLOGY_ROUTE = "climatology"


class UnusableModel(MeteoError):
    """A model that must not serve: corrupt, or made for other predictors than this code's."""


@dataclass(frozen=True)
class RainModel:
    """Chance of rain at all stations, for one issue time."""

    predictors: Predictors
    boosters: Mapping[Variant, xgb.Booster]
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

        Columns `station`, `date`, `p_gt_1_0`, `climatology_gt_1_0`, `markov_gt_1_0` and `route`: `full` where
        other stations were observed, else `local` where the station itself was, else `climatology`, as for a
        station that was not there in training.
        """
        full = self.predictors.transform(features, Variant.FULL)
        climatology = self.references.climatology_of(full.keys)
        wet_today = full.matrix[:, full.names.index("rain_today")].astype(float)

        chance, route = climatology.copy(), np.full(len(climatology), CLIMATOLOGY_ROUTE, dtype=object)
        seen_around = full.other_stations >= LEAST_OTHER_STATIONS
        for variant, chosen in (
            (Variant.FULL, seen_around),
            (Variant.LOCAL, ~seen_around & (full.own_values > 0)),
        ):
            if chosen.any():
                chance[chosen] = self._chance(variant, full, chosen)
                route[chosen] = variant.value
        known = full.keys.assign(
            p_gt_1_0=chance,
            climatology_gt_1_0=climatology,
            markov_gt_1_0=self.references.markov_of(full.keys, wet_today),
            route=route,
        )
        unknown = features.loc[~features["station"].isin(self.predictors.stations), ["station", "date"]]
        return (
            known if unknown.empty else pd.concat([known, self._by_climatology(unknown)], ignore_index=True)
        )

    def _by_climatology(self, keys: pd.DataFrame) -> pd.DataFrame:
        usual = self.references.climatology_of(keys)
        return keys.assign(
            p_gt_1_0=usual, climatology_gt_1_0=usual, markov_gt_1_0=usual, route=CLIMATOLOGY_ROUTE
        )

    def _chance(self, variant: Variant, full: Design, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        # The local predictors are the first columns of the full ones.
        width = len(self.predictors.names(variant))
        return self.boosters[variant].inplace_predict(full.matrix[rows, :width]).astype(float)

    def save(self, folder: Path) -> None:
        """Write boosters in XGBoost's own format and the rest as JSON; nothing is pickled."""
        folder.mkdir(parents=True, exist_ok=True)
        for variant, booster in self.boosters.items():
            booster.save_model(folder / f"{variant}.ubj")
        stored = {
            "fingerprint": self.predictors.fingerprint(),
            "predictors": self.predictors.to_dict(),
            "references": self.references.to_dict(),
            "card": dict(self.card),
        }
        (folder / CARD_FILE).write_text(json.dumps(stored, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "RainModel":
        """Read what `save` wrote; raises `UnusableModel` that says what is wrong."""
        try:
            stored = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
            predictors = Predictors.from_dict(stored["predictors"])
            boosters = {
                variant: xgb.Booster(ONE_THREAD, model_file=folder / f"{variant}.ubj") for variant in Variant
            }
            references = References.from_dict(stored["references"])
            card, fingerprint = stored["card"], stored["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError, xgb.core.XGBoostError) as error:
            raise UnusableModel(f"the model in {folder} cannot be read: {error}") from error
        if fingerprint != predictors.fingerprint():
            raise UnusableModel(
                f"the model in {folder} was trained on other predictors ({fingerprint[:12]}, here "
                f"{predictors.fingerprint()[:12]}): train a new one or run the code it came from"
            )
        for variant, booster in boosters.items():
            if booster.num_features() != len(predictors.names(variant)):
                raise UnusableModel(
                    f"the {variant} model in {folder} expects other predictors than its card says"
                )
        return cls(predictors, boosters, references, card)

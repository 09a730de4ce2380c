"""What drove a chance: the share of each kind of evidence, by tree SHAP.

Contributions of single predictors (Lundberg et al. 2020, computed by XGBoost) add up to the log odds of the
trees. Hundreds of predictors say much the same in other words, so they are added up by what they are about
and where they were seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy.special import expit, logit

from meteo_core.features.predictor_table import Family, Predictor, Variant
from meteo_core.features.predictors import Design
from meteo_core.model.blend import MAIN
from meteo_core.model.rain_model import ROUTES, RainModel

TOPICS: Final = (
    ("Pressure", ("pressure",)),
    ("Moisture of the air", ("humidity", "dew_point", "moisture")),
    ("Rain", ("rain", "root_rainfall", "wet_", "dry_")),
    ("Cloud and sunshine", ("cloud", "sunshine", "evaporation")),
    ("Wind", ("wind", "gust")),
    ("Temperature", ("temp", "max_temp", "min_temp", "warmth")),
)
"""What predictors are about, by how their names begin."""
SEASON_AND_PLACE: Final = "Season and place"
PLACES: Final = {
    Family.OWN_DAY: "here, on the day",
    Family.ANOMALY: "here, on the day",
    Family.OWN_PAST: "here, on the days before",
    Family.NEAR: "at other stations",
    Family.SECTOR: "at other stations",
    Family.SLOPE: "at other stations",
    Family.PATTERN: "at other stations",
}
"""Where the evidence was seen, by the family of its predictor."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One kind of evidence behind a chance."""

    about: str
    """What it is and where it was seen, in words."""
    log_odds: float
    """What it added to the log odds of more than 1.0 mm."""
    points: float
    """The same as a difference of chances, -1 to 1: the chance less what it would be without."""


def drivers_of(
    model: RainModel,
    design: Design,
    route: NDArray[np.intp],
    chances: NDArray[np.float64],
    *,
    local: Callable[[NDArray[np.bool_]], NDArray[np.float32]],
) -> list[list[Driver]]:
    """Drivers of the chance of more than 1.0 mm for each row, largest first; none for climatology.

    `route` and `chances` are those of `RainModel.answer`. The networks are taken to weigh the evidence as the
    trees do: each contribution counts with the weights of both.
    """
    found: list[list[Driver]] = [[] for _ in route]
    for variant in model.members:
        chosen = route == ROUTES.index(variant.value)
        if chosen.any():
            matrix = (
                local(chosen)
                if variant is Variant.LOCAL
                else model.predictors.of_variant(design.matrix[chosen], variant)
            )
            predictors = [model.predictors.table[index] for index in model.predictors.columns(variant)]
            _, of_trees, of_networks = model.blends[variant].weights[MAIN]
            contributions = (of_trees + of_networks) * _contributions(model.members[variant].trees, matrix)
            by_evidence = _added_up(contributions, [evidence_of(predictor) for predictor in predictors])
            for row, chance, drivers in zip(
                np.flatnonzero(chosen),
                chances[chosen, MAIN],
                zip(*by_evidence.values(), strict=True),
                strict=True,
            ):
                found[row] = _largest_first(dict(zip(by_evidence, drivers, strict=True)), chance)
    return found


def evidence_of(predictor: Predictor) -> str:
    """What a predictor is about and where it was seen, in words."""
    where = PLACES.get(predictor.family)
    if where is None or predictor.name == "usual_wet_chance":
        return SEASON_AND_PLACE
    if predictor.day_before and predictor.family in (Family.OWN_DAY, Family.ANOMALY):
        where = PLACES[Family.OWN_PAST]
    name = predictor.name.removeprefix("near_").removeprefix("mean_")
    topic = next((topic for topic, beginnings in TOPICS if name.startswith(beginnings)), None)
    if topic is None:
        raise ValueError(f"no topic is known for the predictor {predictor.name}")
    return f"{topic} {where}"


def _contributions(trees: xgb.Booster, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """SHAP values of the log odds [rows, predictors]."""
    rows = xgb.DMatrix(matrix, feature_names=trees.feature_names, nthread=1)
    return trees.predict(rows, pred_contribs=True)[:, :-1].astype(np.float64)


def _added_up(contributions: NDArray[np.float64], evidence: list[str]) -> dict[str, NDArray[np.float64]]:
    kinds = list(dict.fromkeys(evidence))
    belongs = np.array([[each == kind for kind in kinds] for each in evidence], dtype=float)
    return dict(zip(kinds, (contributions @ belongs).T, strict=True))


def _largest_first(log_odds: dict[str, float], chance: float) -> list[Driver]:
    at = logit(np.clip(chance, 1e-6, 1 - 1e-6))
    drivers = [
        Driver(about, float(each), float(chance - expit(at - each))) for about, each in log_odds.items()
    ]
    return sorted(drivers, key=lambda driver: -abs(driver.log_odds))

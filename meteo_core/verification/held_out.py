"""Scores of a model on days that it had not seen, as a whole: what decides on its promotion."""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from meteo_core.verification.reliability import Array, calibration_error


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one set of forecasts and outcomes."""

    rows: int
    base_rate: float
    """Share of wet days."""
    roc_area: float
    """0.5 no discrimination, 1 perfect."""
    brier_score: float
    """Mean squared error of the probability: 0 perfect (Brier 1950)."""
    log_loss: float
    accuracy: float
    """Share of right calls at one half; "always dry" already gives one less the base rate."""
    calibration_error: float
    """Mean absolute gap between forecast and frequency over groups of equal size, see `calibration_error`."""
    skill_over_climatology: float
    """Brier skill score: 1 perfect, 0 no better than the reference."""
    skill_over_markov: float
    skill_over_persistence: float

    def as_dict(self) -> dict[str, float]:
        """Score names and values."""
        return asdict(self)


def score(*, wet: Array, chance: Array, climatology: Array, markov: Array, wet_today: Array) -> Scores:
    """Score forecasts `chance` against outcomes `wet` (0 or 1).

    Persistence forecasts today's outcome with certainty; where today is unknown it falls back to
    climatology. All arrays have one value for each forecast. Raises ValueError where the outcomes are of
    one kind only: discrimination is then undefined.
    """
    if len(np.unique(wet)) < 2:
        raise ValueError("the outcomes are all wet or all dry: there is nothing to tell apart")
    brier = float(brier_score_loss(wet, chance))

    def skill_over(reference: Array) -> float:
        return 1 - brier / float(brier_score_loss(wet, reference))

    return Scores(
        rows=len(wet),
        base_rate=float(wet.mean()),
        roc_area=float(roc_auc_score(wet, chance)),
        brier_score=brier,
        log_loss=float(log_loss(wet, chance)),
        accuracy=float(((chance >= 0.5) == (wet == 1)).mean()),
        calibration_error=calibration_error(wet, chance),
        skill_over_climatology=skill_over(climatology),
        skill_over_markov=skill_over(markov),
        skill_over_persistence=skill_over(np.where(np.isnan(wet_today), climatology, wet_today)),
    )

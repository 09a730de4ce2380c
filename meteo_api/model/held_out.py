"""How good a version was on days that its twin had not seen, at every threshold, with intervals."""

from datetime import date
from pathlib import Path
from typing import Annotated

import pandas as pd
from msgspec import Meta, Struct

from meteo_core.calendar import Issue
from meteo_core.labels import THRESHOLDS
from meteo_core.verification.pairs import held_out_pairs
from meteo_core.verification.summary import summarise


class ThresholdScores(Struct, frozen=True, kw_only=True):
    """Scores at one issue time and threshold."""

    issue: Issue
    threshold: Annotated[str, Meta(description="Name of the rule")]
    words: Annotated[str, Meta(description="The rule in words")]
    first: date
    last: date
    station_days: int
    base_rate: Annotated[float, Meta(description="Share of station days on which it happened")]
    brier_score: Annotated[float, Meta(description="0 perfect")]
    skill: Annotated[
        float | None,
        Meta(description="Brier skill over climatology of station and month: 1 perfect, 0 no better"),
    ]
    skill_low: Annotated[
        float | None, Meta(description="Lower end of its interval of 95 %, bootstrap over weeks")
    ]
    skill_high: Annotated[float | None, Meta(description="Upper end of it")]
    roc_area: Annotated[float | None, Meta(description="0.5 no discrimination, 1 perfect")]
    calibration_error: Annotated[float, Meta(description="Mean gap between chance and frequency")]


def scores_in(file: Path) -> list[ThresholdScores]:
    """Scores from the forecasts of held-out days that were kept with a version."""
    held_out = pd.read_parquet(file)
    return [
        scores
        for issue in reversed(Issue)
        for scores in _of_issue(issue, held_out[held_out["issue"] == issue.value])
    ]


def _of_issue(issue: Issue, held_out: pd.DataFrame) -> list[ThresholdScores]:
    if held_out.empty:
        return []
    summary = summarise(held_out_pairs(held_out), by=["threshold"])
    by_threshold = {str(row["threshold"]): row for row in summary.to_dict("records")}
    return [
        ThresholdScores(
            issue=issue,
            threshold=name,
            words=rule.words,
            first=held_out["date"].min().date(),
            last=held_out["date"].max().date(),
            station_days=int(row["rows"]),
            base_rate=float(row["base_rate"]),
            brier_score=float(row["brier_score"]),
            skill=_known(row["skill_over_climatology"]),
            skill_low=_known(row["skill_over_climatology_low"]),
            skill_high=_known(row["skill_over_climatology_high"]),
            roc_area=_known(row["roc_area"]),
            calibration_error=float(row["calibration_error"]),
        )
        for name, rule in THRESHOLDS.items()
        if (row := by_threshold.get(name))
    ]


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)

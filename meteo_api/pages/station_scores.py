"""How good a station's forecasts have been, in words."""

from dataclasses import dataclass
from typing import Final

from meteo_api.language.texts import _
from meteo_api.pages import words
from meteo_api.snapshot.world import World
from meteo_api.verification.scores import GroupScores
from meteo_core.calendar import Issue
from meteo_core.labels import PREDICTAND

FEW_DAYS: Final = 60
"""Days below which a station's scores are mostly luck."""


@dataclass(frozen=True, slots=True)
class VerificationView:
    """How good the station's forecasts have been, in words."""

    scores: GroupScores
    skill: str
    reliability: str
    counted: str
    """How many forecasts, on how many days."""
    few: bool


def station_scores(world: World, key: str, issue: Issue) -> VerificationView | None:
    """Scores of a station's forecasts of an issue time; None where none has an outcome."""
    scores = next(
        (
            row
            for row in world.verification
            if (row.station, row.issue, row.threshold) == (key, issue, PREDICTAND.name)
        ),
        None,
    )
    if scores is None:
        return None
    return VerificationView(
        scores,
        _skill(scores),
        _reliability(scores),
        counted=words.forecasts_on_days(scores.rows, scores.days),
        few=scores.days < FEW_DAYS,
    )


def _skill(scores: GroupScores) -> str:
    skill, low, high = (
        scores.skill_over_climatology,
        scores.skill_over_climatology_low,
        scores.skill_over_climatology_high,
    )
    if skill is None:
        return _("Skill over climatology is not defined: outcomes were all of one kind.")
    said = _("better than climatology") if skill > 0 else _("no better than climatology")
    if low is None or high is None:
        return _("On these days %(said)s; they are too few to say more.", said=said)
    if low <= 0 < high:
        said = _("not surely better or worse than climatology")
    return _(
        "Brier skill: %(said)s, 95\u202f%% interval %(interval)s.",
        said=said,
        interval=words.interval(low, high, 2),
    )


def _reliability(scores: GroupScores) -> str:
    if scores.mean_chance is None or scores.base_rate is None:
        return _("Nothing is known of its reliability.")
    return _(
        "On average it said %(said)s, and %(came)s of the days brought %(event)s.",
        said=words.percent(scores.mean_chance),
        came=words.percent(scores.base_rate),
        event=words.event(PREDICTAND),
    )

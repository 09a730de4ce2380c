"""Two versions side by side, score by score, with the comparison that the pipeline made of them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from meteo_api.model.versions import Version
from meteo_core.calendar import Issue

_LARGER_IS_BETTER: Final = ("roc_area", "accuracy", "skill_")
_SMALLER_IS_BETTER: Final = ("brier_score", "log_loss", "calibration_error")
_AGAINST_CHAMPION: Final = "champion"


class ScorePair(Struct, frozen=True, kw_only=True):
    """One score of both versions."""

    issue: Issue
    score: str
    a: float | None
    b: float | None
    difference: Annotated[float | None, Meta(description="b less a")]
    better: Annotated[
        Literal["a", "b"] | None, Meta(description="The one with the better value; null: equal, or no matter")
    ]


class OnTheSameDays(Struct, frozen=True, kw_only=True):
    """Challenger and champion on the same days of one issue time, which neither had seen."""

    issue: Issue
    first: date
    last: date
    station_days: int
    brier_challenger: float
    brier_champion: float
    difference: Annotated[float, Meta(description="Challenger less champion: negative is better")]
    low: Annotated[float, Meta(description="Lower end of its interval of 95 %, bootstrap over weeks")]
    high: Annotated[float, Meta(description="Upper end of it")]
    worse_at: Annotated[list[str], Meta(description="Stations where the challenger is worse beyond doubt")]
    better_at: Annotated[list[str], Meta(description="Stations where it is better beyond doubt")]


class StoredComparison(Struct, frozen=True, kw_only=True):
    """What the pipeline found when it compared the two."""

    challenger: int
    champion: int
    decision: str
    by_issue: list[OnTheSameDays]


class Comparison(Struct, frozen=True, kw_only=True):
    """Two versions side by side."""

    a: Version
    b: Version
    same_days: Annotated[
        bool,
        Meta(description="Whether the scores are of the same days; otherwise they are not quite comparable"),
    ]
    scores: list[ScorePair]
    comparison: Annotated[
        StoredComparison | None,
        Meta(description="The pipeline's own, on the same days; null where these two were never compared"),
    ]


def compared(a: Version, b: Version, stored: Mapping[str, Any] | None) -> Comparison:
    """Put two versions side by side; `stored` is what the pipeline kept of comparing them."""
    return Comparison(
        a=a,
        b=b,
        same_days=(a.held_out_from, a.held_out_until) == (b.held_out_from, b.held_out_until),
        scores=[
            _pair(issue, name, a.scores.get(issue, {}).get(name), b.scores.get(issue, {}).get(name))
            for issue in reversed(Issue)
            for name in dict.fromkeys([*a.scores.get(issue, {}), *b.scores.get(issue, {})])
        ],
        comparison=_stored(stored) if stored else None,
    )


def _pair(issue: Issue, name: str, a: float | None, b: float | None) -> ScorePair:
    difference = None if a is None or b is None else b - a
    better: Literal["a", "b"] | None = None
    if difference and name.startswith(_LARGER_IS_BETTER):
        better = "b" if difference > 0 else "a"
    elif difference and name.startswith(_SMALLER_IS_BETTER):
        better = "b" if difference < 0 else "a"
    return ScorePair(issue=issue, score=name, a=a, b=b, difference=difference, better=better)


def _stored(kept: Mapping[str, Any]) -> StoredComparison:
    return StoredComparison(
        challenger=kept["challenger"],
        champion=kept["champion"],
        decision=kept["decision"],
        by_issue=[_of_issue(each) for each in kept["against"].get(_AGAINST_CHAMPION, [])],
    )


def _of_issue(kept: Mapping[str, Any]) -> OnTheSameDays:
    difference, low, high = kept["difference"]
    stations = kept["by_station"]
    return OnTheSameDays(
        issue=Issue(kept["issue"]),
        first=date.fromisoformat(kept["first"]),
        last=date.fromisoformat(kept["last"]),
        station_days=kept["rows"],
        brier_challenger=kept["brier_challenger"],
        brier_champion=kept["brier_champion"],
        difference=difference,
        low=low,
        high=high,
        worse_at=[each["station"] for each in stations if each["low"] > 0],
        better_at=[each["station"] for each in stations if each["high"] < 0],
    )

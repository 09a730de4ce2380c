"""Scores in sentences, and beside each other with their intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from meteo_api.pages import words
from meteo_api.verification.reliability import ReliabilityBin
from meteo_api.verification.rolling import ExpectedSkill, SkillWindow
from meteo_api.verification.schemas import Reliability
from meteo_api.verification.scores import GroupScores
from meteo_core.drift.skill import INSUFFICIENT, LEAST_COVERAGE, WHOLE
from meteo_core.verification.reliability import LEAST_IN_BIN

EXAMPLE: Final = 0.62
"""The chance whose meaning the page explains."""
SCALE: Final = (-0.25, 1.0)
"""Skill at the left and the right end of a bar; what is worse stands at the left end."""
BAR: Final = 200
"""Width of a bar."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """Scores of one group, and where its interval of skill stands in a bar of `BAR`."""

    name: str
    address: str | None
    scores: GroupScores
    low: float | None
    value: float | None
    high: float | None

    @property
    def standing(self) -> str:
        """Class of the point: "unsure" unless its interval is on one side of 0, "worse" on the wrong one."""
        low, high = self.scores.skill_over_climatology_low, self.scores.skill_over_climatology_high
        if low is None or high is None or low <= 0 <= high:
            return "unsure"
        return "worse" if high < 0 else ""


def score_rows(
    scores: Sequence[GroupScores],
    *,
    name: Callable[[GroupScores], str],
    address: Callable[[GroupScores], str] = lambda _: "",
    best_first: bool = False,
) -> tuple[ScoreRow, ...]:
    """A row for each group, in the order given or the most skilful first."""
    ordered = sorted(scores, key=_worst_last) if best_first else scores
    return tuple(
        ScoreRow(
            name=name(row),
            address=address(row) or None,
            scores=row,
            low=_place(row.skill_over_climatology_low),
            value=_place(row.skill_over_climatology),
            high=_place(row.skill_over_climatology_high),
        )
        for row in ordered
    )


def meaning(table: Reliability) -> tuple[str, ...]:
    """What the chance `EXAMPLE` has meant: how often it came, on how many days, and what that proves."""
    held = next((each for each in table.bins if each.chance_from <= EXAMPLE < each.chance_to), None)
    if held is None:
        return ()
    said = f"{held.chance_from * 100:.0f} to {held.chance_to * 100:.0f}{words.NARROW}%"
    if not held.count or held.mean_chance is None or held.observed_frequency is None:
        return (f"No {table.issue} forecast said {said} yet.",)
    came = round(held.observed_frequency * held.count)
    sentences = (
        f"{words.capitalize_first(table.issue)} forecasts said {said} on "
        f"{words.count(held.count, 'station day')}, {words.percent(held.mean_chance)} on average.",
        f"On {came:,} of them, {words.percent(held.observed_frequency)}, {table.event} of rain came.",
    )
    return (*sentences, _judged(held))


def skill_said(scores: GroupScores) -> tuple[str, ...]:
    """How much better than both references, with intervals."""
    sentences = []
    for reference, value, low, high in (
        (
            "climatology",
            scores.skill_over_climatology,
            scores.skill_over_climatology_low,
            scores.skill_over_climatology_high,
        ),
        (
            "persistence",
            scores.skill_over_markov,
            scores.skill_over_markov_low,
            scores.skill_over_markov_high,
        ),
    ):
        if value is None:
            sentences.append(f"Over {reference} skill is not defined: outcomes were all of one kind.")
            continue
        less = "less" if value >= 0 else "more"
        sentence = f"{abs(value) * 100:.0f}{words.NARROW}% {less} squared error than {reference}"
        if low is None or high is None:
            sentences.append(f"{sentence}; the days are too few for an interval.")
            continue
        sure = "" if low > 0 or high < 0 else ": not surely different"
        sentences.append(
            f"{sentence}{sure} (skill {words.number(value, 2)}, 95{words.NARROW}% interval "
            f"{words.number(low, 2)} to {words.number(high, 2)})."
        )
    return tuple(sentences)


def expectation_said(newest: SkillWindow | None, expectation: Sequence[ExpectedSkill]) -> tuple[str, ...]:
    """Whether the newest window is as good as expected, and what was expected for which reason."""
    if newest is None:
        return ()
    span = f"in the {newest.window_days} days to {_day(newest.last)}"
    whole = next((each for each in expectation if each.season == WHOLE), None)
    if newest.expected_skill is None or whole is None:
        return ("There is no verdict: it is not known what to expect of the model in service.",)
    if newest.verdict == INSUFFICIENT:
        late = (newest.coverage or 1.0) < LEAST_COVERAGE
        why = (
            f"only {words.percent(newest.coverage)} of the forecasts due have an outcome so far"
            if late
            else "too few days have an outcome"
        )
        verdict = f"Insufficient data for a verdict {span}: {why}."
    else:
        verdict = (
            f"{words.capitalize_first(newest.verdict)}: a skill of "
            f"{words.number(newest.skill_over_climatology, 2)} over climatology {span}, "
            f"where {words.number(newest.expected_skill, 2)} was expected."
        )
    return (
        verdict,
        "Expected is what the model in service reached in the same seasons of the days that were held out "
        f"when it was trained, {_day(whole.first)} to {_day(whole.last)}. A "
        "window is below it where even the upper end of its interval is, by more than years differ.",
    )


def _day(when: date) -> str:
    return f"{words.day_short(when)} {when.year}"


def hindcasts_said(kinds: Sequence[GroupScores]) -> str | None:
    """How many were forecasts indeed, and how many were made afterwards."""
    if not kinds:
        return None
    counts = {row.kind: row.rows for row in kinds}
    issued, hindcast = counts.get("issued", 0), counts.get("hindcast", 0)
    if not hindcast:
        return f"All {words.count(issued, 'forecast')} were issued on their day."
    made = "made afterwards by a model that had not seen the outcome"
    if not issued:
        return (
            f"All {words.count(hindcast, 'forecast')} are hindcasts, {made}. None that was issued on its day "
            "has an outcome yet."
        )
    return (
        f"{words.count(issued, 'forecast')} of {issued + hindcast:,} were issued on their day; the other "
        f"{hindcast:,} are hindcasts, {made}."
    )


def _judged(held: ReliabilityBin) -> str:
    if held.count < LEAST_IN_BIN:
        return f"Fewer than {LEAST_IN_BIN} forecasts say little about how reliable they are."
    if held.gap is None or held.gap_low is None or held.gap_high is None:
        return "The days are too few to tell luck from error."
    span = f"95{words.NARROW}% interval {words.points(held.gap_low)} to {words.points(held.gap_high)}"
    if held.gap_low <= 0 <= held.gap_high:
        return f"The difference of {words.points(held.gap)} is no more than chance explains ({span})."
    often = "more" if held.gap > 0 else "less"
    return f"It came {often} often than said, beyond what chance explains: {words.points(held.gap)} ({span})."


def _place(skill: float | None) -> float | None:
    if skill is None:
        return None
    low, high = SCALE
    return BAR * (min(max(skill, low), high) - low) / (high - low)


def _worst_last(row: GroupScores) -> tuple[bool, float]:
    skill = row.skill_over_climatology
    return skill is None, -(skill or 0.0)

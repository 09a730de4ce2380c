"""Scores in sentences, and beside each other with their intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from meteo_api.language.texts import N_, _, ngettext
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
    low, high = words.number(held.chance_from * 100), words.number(held.chance_to * 100)
    said, issue = _("%(low)s to %(high)s\u202f%%", low=low, high=high), words.issue(table.issue)
    if not held.count or held.mean_chance is None or held.observed_frequency is None:
        return (_("No %(issue)s forecast said %(chance)s yet.", issue=issue, chance=said),)
    came = round(held.observed_frequency * held.count)
    first = ngettext(
        "%(issue)s forecasts said %(chance)s on %(num)s station day, %(mean)s on average.",
        "%(issue)s forecasts said %(chance)s on %(num)s station days, %(mean)s on average.",
        held.count,
        issue=issue,
        chance=said,
        mean=words.percent(held.mean_chance),
    )
    second = _(
        "On %(number)s of them, %(share)s, %(event)s of rain came.",
        number=words.whole(came),
        share=words.percent(held.observed_frequency),
        event=words.event(table.threshold),
    )
    return words.capitalize_first(first), second, _judged(held)


def skill_said(scores: GroupScores) -> tuple[str, ...]:
    """How much better than both references, with intervals."""
    sentences = []
    for reference, value, low, high in (
        (
            _("climatology"),
            scores.skill_over_climatology,
            scores.skill_over_climatology_low,
            scores.skill_over_climatology_high,
        ),
        (
            _("persistence"),
            scores.skill_over_markov,
            scores.skill_over_markov_low,
            scores.skill_over_markov_high,
        ),
    ):
        if value is None:
            sentences.append(
                _(
                    "Over %(reference)s skill is not defined: outcomes were all of one kind.",
                    reference=reference,
                )
            )
            continue
        share = f"{words.number(abs(value) * 100)}{words.NARROW}%"
        sentence = (
            _("%(share)s less squared error than %(reference)s", share=share, reference=reference)
            if value >= 0
            else _("%(share)s more squared error than %(reference)s", share=share, reference=reference)
        )
        if low is None or high is None:
            sentences.append(_("%(said)s; the days are too few for an interval.", said=sentence))
            continue
        if low <= 0 <= high:
            sentence = _("%(said)s: not surely different", said=sentence)
        sentences.append(
            _(
                "%(said)s (skill %(skill)s, 95\u202f%% interval %(interval)s).",
                said=sentence,
                skill=words.number(value, 2),
                interval=words.interval(low, high, 2),
            )
        )
    return tuple(sentences)


def expectation_said(newest: SkillWindow | None, expectation: Sequence[ExpectedSkill]) -> tuple[str, ...]:
    """Whether the newest window is as good as expected, and what was expected for which reason."""
    if newest is None:
        return ()
    span = _(
        "in the %(number)s days to %(day)s",
        number=newest.window_days,
        day=words.day_short_with_year(newest.last),
    )
    whole = next((each for each in expectation if each.season == WHOLE), None)
    if newest.expected_skill is None or whole is None:
        return (_("There is no verdict: it is not known what to expect of the model in service."),)
    if newest.verdict == INSUFFICIENT:
        late = (newest.coverage or 1.0) < LEAST_COVERAGE
        why = (
            _(
                "only %(share)s of the forecasts due have an outcome so far",
                share=words.percent(newest.coverage),
            )
            if late
            else _("too few days have an outcome")
        )
        verdict = _("Insufficient data for a verdict %(span)s: %(why)s.", span=span, why=why)
    else:
        verdict = _(
            "%(verdict)s: a skill of %(skill)s over climatology %(span)s, where %(expected)s was expected.",
            verdict=words.capitalize_first(_(newest.verdict)),
            skill=words.number(newest.skill_over_climatology, 2),
            span=span,
            expected=words.number(newest.expected_skill, 2),
        )
    held_out = _(
        "Expected is what the model in service reached in the same seasons of the days that were held out "
        "when it was trained, %(first)s to %(last)s. A window is below it where even the upper end of its "
        "interval is, by more than years differ.",
        first=words.day_short_with_year(whole.first),
        last=words.day_short_with_year(whole.last),
    )
    return verdict, held_out


def hindcasts_said(kinds: Sequence[GroupScores]) -> str | None:
    """How many were forecasts indeed, and how many were made afterwards."""
    if not kinds:
        return None
    counts = {row.kind: row.rows for row in kinds}
    issued, hindcast = counts.get("issued", 0), counts.get("hindcast", 0)
    if not hindcast:
        return ngettext(
            "All %(num)s forecast were issued on their day.",
            "All %(num)s forecasts were issued on their day.",
            issued,
        )
    if not issued:
        return ngettext(
            "All %(num)s forecast are hindcasts, made afterwards by a model that had not seen the outcome. "
            "None that was issued on its day has an outcome yet.",
            "All %(num)s forecasts are hindcasts, made afterwards by a model that had not seen the outcome. "
            "None that was issued on its day has an outcome yet.",
            hindcast,
        )
    return ngettext(
        "%(num)s forecast of %(all)s were issued on their day; the other %(others)s are hindcasts, made "
        "afterwards by a model that had not seen the outcome.",
        "%(num)s forecasts of %(all)s were issued on their day; the other %(others)s are hindcasts, made "
        "afterwards by a model that had not seen the outcome.",
        issued,
        all=words.whole(issued + hindcast),
        others=words.whole(hindcast),
    )


def _judged(held: ReliabilityBin) -> str:
    if held.count < LEAST_IN_BIN:
        return _(
            "Fewer than %(number)s forecasts say little about how reliable they are.", number=LEAST_IN_BIN
        )
    if held.gap is None or held.gap_low is None or held.gap_high is None:
        return _("The days are too few to tell luck from error.")
    span = _(
        "95\u202f%% interval %(low)s to %(high)s",
        low=words.points(held.gap_low),
        high=words.points(held.gap_high),
    )
    if held.gap_low <= 0 <= held.gap_high:
        said = N_("The difference of %(gap)s is no more than chance explains (%(span)s).")
    elif held.gap > 0:
        said = N_("It came more often than said, beyond what chance explains: %(gap)s (%(span)s).")
    else:
        said = N_("It came less often than said, beyond what chance explains: %(gap)s (%(span)s).")
    return _(said, gap=words.points(held.gap), span=span)


def _place(skill: float | None) -> float | None:
    if skill is None:
        return None
    low, high = SCALE
    return BAR * (min(max(skill, low), high) - low) / (high - low)


def _worst_last(row: GroupScores) -> tuple[bool, float]:
    skill = row.skill_over_climatology
    return skill is None, -(skill or 0.0)

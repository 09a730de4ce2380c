"""Versions, their scores and the changes of the champion, as rows in words."""

from dataclasses import dataclass
from typing import Final

from meteo_api.language.texts import N_, _, english, ngettext, plain
from meteo_api.model.held_out import ThresholdScores
from meteo_api.model.versions import Change, Version
from meteo_api.pages.words import (
    DASH,
    day_short_with_year,
    day_with_year,
    event,
    interval,
    moment_utc,
    number,
    percent,
)
from meteo_core.calendar import Issue
from meteo_core.model.registry import CHAMPION, FAILED, PASSED, Action

SHORT: Final = 60
"""Characters of a decision that are shown whole."""
ISSUES: Final = {
    Issue.EVENING: N_("Evening, with all of the day known"),
    Issue.MORNING: N_("Morning, with the 9 am observation"),
}
_CHECKS: Final = {PASSED: ("good", N_("checks passed")), FAILED: ("bad", N_("checks failed"))}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """How good the champion is at one threshold."""

    words: str
    happened: str
    brier: str
    skill: str
    interval: str
    roc_area: str
    calibration_error: str


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """How good the champion is at one issue time."""

    title: str
    caption: str
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list."""

    version: int
    badges: tuple[tuple[str, str], ...]
    """Colour and word."""
    trained_to: str
    skill_evening: str
    skill_morning: str
    roc_area: str
    checks: tuple[str, str]
    failed: str
    decision: str
    compare_with: int | None
    """Champion to compare it with; None for the champion itself."""
    may_be_promoted: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of the champion."""

    when: str
    iso: str
    what: str
    who: str
    reason: str


def score_tables(scores: list[ThresholdScores]) -> tuple[ScoreTable, ...]:
    """How good a version is, a table for each issue time."""
    return tuple(
        ScoreTable(
            title=_(title),
            caption=ngettext(
                "On %(num)s station day from %(first)s to %(last)s, forecast by a twin of the champion that "
                "had not seen them. Intervals of 95 %% from a bootstrap over weeks.",
                "On %(num)s station days from %(first)s to %(last)s, forecast by a twin of the champion that "
                "had not seen them. Intervals of 95 %% from a bootstrap over weeks.",
                of_issue[0].station_days,
                first=day_with_year(of_issue[0].first),
                last=day_with_year(of_issue[0].last),
            ),
            rows=tuple(_score_row(each) for each in of_issue),
        )
        for issue, title in ISSUES.items()
        if (of_issue := [each for each in scores if each.issue is issue])
    )


def _score_row(scores: ThresholdScores) -> ScoreRow:
    return ScoreRow(
        words=event(scores.threshold),
        happened=percent(scores.base_rate),
        brier=number(scores.brier_score, 4),
        skill=number(scores.skill, 3),
        interval=interval(scores.skill_low, scores.skill_high, 3),
        roc_area=number(scores.roc_area, 3),
        calibration_error=number(scores.calibration_error, 3),
    )


def version_row(version: Version, champion: int | None) -> VersionRow:
    """A version in words; `champion` is the version that forecasts."""
    badges = [("good" if name == CHAMPION else "", plain(name)) for name in version.aliases]
    if version.in_service:
        badges.append(("good", _("in service")))
    if version.fits_this_service is False:
        badges.append(("warn", _("for other code")))
    colour, checks = _CHECKS.get(version.status or "", ("warn", N_("checks not run")))
    evening, morning = (version.scores.get(issue, {}) for issue in (Issue.EVENING, Issue.MORNING))
    return VersionRow(
        version=version.version,
        badges=tuple(badges),
        trained_to=day_short_with_year(version.trained_until) if version.trained_until else DASH,
        skill_evening=number(evening.get("skill_over_climatology"), 3),
        skill_morning=number(morning.get("skill_over_climatology"), 3),
        roc_area=number(evening.get("roc_area"), 3),
        checks=(colour, _(checks)),
        failed=", ".join(name.replace("_", " ") for name, ended in version.checks.items() if ended == FAILED),
        decision=verdict(version.decision) if version.decision else DASH,
        compare_with=champion if champion != version.version else None,
        may_be_promoted=version.version != champion and version.fits_this_service is not False,
    )


def verdict(decision: str) -> str:
    """What a comparison led to, without its figures."""
    return english(decision if len(decision) <= SHORT else decision.split(":")[0])


def change_row(change: Change) -> ChangeRow:
    """A change of the champion in words."""
    if change.action is Action.PROMOTED:
        what = (
            N_("Version %(version)s became champion, version %(before)s was")
            if change.replaced
            else N_("Version %(version)s became champion, there was none")
        )
    else:
        what = (
            N_("Version %(version)s became champion again by a rollback, version %(before)s was")
            if change.replaced
            else N_("Version %(version)s became champion again by a rollback, there was none")
        )
    return ChangeRow(
        when=moment_utc(change.at),
        iso=change.at.isoformat(timespec="seconds"),
        what=_(what, version=change.version, before=change.replaced),
        who=change.who,
        reason=change.reason,
    )

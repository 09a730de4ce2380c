"""Two versions side by side, in words."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from meteo_api.language.texts import N_, _, ngettext, plain
from meteo_api.model.compared import Comparison, OnTheSameDays, ScorePair
from meteo_api.model.versions import Version
from meteo_api.pages.model_versions import ISSUES, verdict
from meteo_api.pages.words import DASH, day_with_year, interval, moment_utc, number, span, whole

SCORES: Final = {
    "skill_over_climatology": N_("Brier skill over climatology"),
    "skill_over_markov": N_("Brier skill over Markov"),
    "skill_over_persistence": N_("Brier skill over persistence"),
    "brier_score": N_("Brier score"),
    "roc_area": N_("ROC area"),
    "log_loss": N_("Log loss"),
    "accuracy": N_("Accuracy at one half"),
    "calibration_error": N_("Calibration error"),
    "base_rate": N_("Share of wet days"),
    "rows": N_("Station days"),
}


@dataclass(frozen=True, slots=True)
class PairRow:
    """One score of two versions."""

    words: str
    a: str
    b: str
    difference: str
    better: str | None


@dataclass(frozen=True, slots=True)
class ComparedView:
    """Two versions side by side."""

    a: int
    b: int
    facts: tuple[tuple[str, str, str], ...]
    tables: tuple[tuple[str, tuple[PairRow, ...]], ...]
    days: str
    """Which days the scores are of, and whether that is fair."""
    decision: str | None
    found: tuple[tuple[str, str, str], ...]
    """Issue time, what was found on the same days, at which stations."""


def compared_view(found: Comparison) -> ComparedView:
    """What tells two versions apart."""
    a, b = found.a, found.b
    stored = found.comparison
    return ComparedView(
        a=a.version,
        b=b.version,
        facts=tuple((words, of_a, of_b) for words, of_a, of_b in _facts(a, b)),
        tables=tuple(
            (_(title), pairs)
            for issue, title in ISSUES.items()
            if (pairs := tuple(_pair_row(found, pair) for pair in found.scores if pair.issue is issue))
        ),
        days=_("Both were scored on the same days, each by a twin that had not seen them.")
        if found.same_days
        else _("The two were scored on different days: only large differences mean something."),
        decision=verdict(stored.decision) if stored else None,
        found=tuple(
            (_(ISSUES[each.issue]), _found(each, stored.challenger, stored.champion), _stations(each))
            for each in stored.by_issue
        )
        if stored
        else (),
    )


def _facts(a: Version, b: Version) -> list[tuple[str, str, str]]:
    def both(words: str, of: Any) -> tuple[str, str, str]:
        return words, of(a), of(b)

    return [
        both(_("Aliases"), lambda version: ", ".join(version.aliases) or DASH),
        both(_("Registered"), lambda version: moment_utc(version.registered_at)),
        both(_("Trained"), lambda version: _span(version.trained_from, version.trained_until)),
        both(_("Scored on"), lambda version: _span(version.held_out_from, version.held_out_until)),
        both(_("Checks"), lambda version: plain(version.status or N_("not run"))),
        both(_("Training set"), lambda version: (version.training_set or DASH)[:12]),
        both(_("Code"), lambda version: (version.code or DASH)[:12]),
    ]


def _pair_row(found: Comparison, pair: ScorePair) -> PairRow:
    decimals = 0 if pair.score == "rows" else 4
    better = {"a": found.a.version, "b": found.b.version}.get(pair.better or "")
    sign = "+" if pair.difference and pair.difference > 0 else ""
    return PairRow(
        words=plain(SCORES.get(pair.score, pair.score.replace("_", " "))),
        a=_figure(pair.a, decimals),
        b=_figure(pair.b, decimals),
        difference=DASH if pair.difference is None else f"{sign}{_figure(pair.difference, decimals)}",
        better=_("version %(number)s", number=better) if better else None,
    )


def _figure(value: float | None, decimals: int) -> str:
    return whole(round(value)) if value is not None and decimals == 0 else number(value, decimals)


def _found(found: OnTheSameDays, challenger: int, champion: int) -> str:
    verdict = (
        N_("Version %(challenger)s was better beyond doubt than version %(champion)s")
        if found.high < 0
        else N_("Version %(challenger)s was worse beyond doubt than version %(champion)s")
        if found.low > 0
        else N_("Version %(challenger)s was neither better nor worse beyond doubt than version %(champion)s")
    )
    return ngettext(
        "%(verdict)s: Brier score %(challenger)s against %(champion)s, difference %(difference)s (95 %%: "
        "%(interval)s) on %(num)s station day from %(first)s to %(last)s.",
        "%(verdict)s: Brier score %(challenger)s against %(champion)s, difference %(difference)s (95 %%: "
        "%(interval)s) on %(num)s station days from %(first)s to %(last)s.",
        found.station_days,
        verdict=_(verdict, challenger=challenger, champion=champion),
        challenger=number(found.brier_challenger, 4),
        champion=number(found.brier_champion, 4),
        difference=number(found.difference, 5),
        interval=interval(found.low, found.high, 5),
        first=day_with_year(found.first),
        last=day_with_year(found.last),
    )


def _stations(found: OnTheSameDays) -> str:
    return _(
        "Better beyond doubt at %(better)s; worse at %(worse)s.",
        better=", ".join(found.better_at) or _("no station"),
        worse=", ".join(found.worse_at) or _("none"),
    )


def _span(first: date | None, last: date | None) -> str:
    return span(first, last) if first and last else DASH

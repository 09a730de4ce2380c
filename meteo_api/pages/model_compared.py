"""Two versions side by side, in words."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from meteo_api.model.compared import Comparison, OnTheSameDays, ScorePair
from meteo_api.model.versions import Version
from meteo_api.pages.model_versions import ISSUES, verdict
from meteo_api.pages.words import DASH, count, day_with_year, moment_utc, number

SCORES: Final = {
    "skill_over_climatology": "Brier skill over climatology",
    "skill_over_markov": "Brier skill over Markov",
    "skill_over_persistence": "Brier skill over persistence",
    "brier_score": "Brier score",
    "roc_area": "ROC area",
    "log_loss": "Log loss",
    "accuracy": "Accuracy at one half",
    "calibration_error": "Calibration error",
    "base_rate": "Share of wet days",
    "rows": "Station days",
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
            (title, pairs)
            for issue, title in ISSUES.items()
            if (pairs := tuple(_pair_row(found, pair) for pair in found.scores if pair.issue is issue))
        ),
        days="Both were scored on the same days, each by a twin that had not seen them."
        if found.same_days
        else "The two were scored on different days: only large differences mean something.",
        decision=verdict(stored.decision) if stored else None,
        found=tuple(
            (ISSUES[each.issue], _found(each, stored.challenger, stored.champion), _stations(each))
            for each in stored.by_issue
        )
        if stored
        else (),
    )


def _facts(a: Version, b: Version) -> list[tuple[str, str, str]]:
    def both(words: str, of: Any) -> tuple[str, str, str]:
        return words, of(a), of(b)

    return [
        both("Aliases", lambda version: ", ".join(version.aliases) or DASH),
        both("Registered", lambda version: moment_utc(version.registered_at)),
        both("Trained", lambda version: _span(version.trained_from, version.trained_until)),
        both("Scored on", lambda version: _span(version.held_out_from, version.held_out_until)),
        both("Checks", lambda version: version.status or "not run"),
        both("Training set", lambda version: (version.training_set or DASH)[:12]),
        both("Code", lambda version: (version.code or DASH)[:12]),
    ]


def _pair_row(found: Comparison, pair: ScorePair) -> PairRow:
    decimals = 0 if pair.score == "rows" else 4
    better = {"a": found.a.version, "b": found.b.version}.get(pair.better or "")
    sign = "+" if pair.difference and pair.difference > 0 else ""
    return PairRow(
        words=SCORES.get(pair.score, pair.score.replace("_", " ")),
        a=_figure(pair.a, decimals),
        b=_figure(pair.b, decimals),
        difference=DASH if pair.difference is None else f"{sign}{_figure(pair.difference, decimals)}",
        better=f"version {better}" if better else None,
    )


def _figure(value: float | None, decimals: int) -> str:
    return f"{value:,.0f}" if value is not None and decimals == 0 else number(value, decimals)


def _found(found: OnTheSameDays, challenger: int, champion: int) -> str:
    verdict = (
        "better beyond doubt"
        if found.high < 0
        else "worse beyond doubt"
        if found.low > 0
        else "neither better nor worse beyond doubt"
    )
    return (
        f"Version {challenger} was {verdict} than version {champion}: Brier score "
        f"{number(found.brier_challenger, 4)} against {number(found.brier_champion, 4)}, difference "
        f"{number(found.difference, 5)} (95 %: {number(found.low, 5)} to {number(found.high, 5)}) on "
        f"{count(found.station_days, 'station day')} from {day_with_year(found.first)} to "
        f"{day_with_year(found.last)}."
    )


def _stations(found: OnTheSameDays) -> str:
    return (
        f"Better beyond doubt at {', '.join(found.better_at) or 'no station'}; "
        f"worse at {', '.join(found.worse_at) or 'none'}."
    )


def _span(first: date | None, last: date | None) -> str:
    return f"{day_with_year(first)} to {day_with_year(last)}" if first and last else DASH

"""Skill over time: the windows of a snapshot, as rows."""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec
import pandas as pd
from msgspec import Meta, Struct

from meteo_api.frames import records
from meteo_api.predictand import ISSUE, Threshold
from meteo_api.verification.scores import Score
from meteo_core.calendar import Issue

SkillVerdict = Literal["as expected", "below expectation", "insufficient data"]
"""As `meteo_core.drift.skill.judged` gives it."""
WindowDays = Literal[30, 90]
"""Lengths of windows, as in `meteo_core.verification.rolling.WINDOWS`."""


class SkillWindow(Struct, frozen=True, kw_only=True):
    """How good the forecasts of some weeks were, all stations together."""

    issue: Annotated[Issue, Meta(description=ISSUE)]
    threshold: Annotated[Threshold, Meta(description="Rule for calling a day wet")]
    window_days: Annotated[int, Meta(description="Length of the window, days: 30 or 90")]
    first: Annotated[date, Meta(description="First day of the window")]
    last: Annotated[date, Meta(description="Last day of the window, included")]
    due: Annotated[
        int | None, Meta(description="Forecasts of the window that should have an outcome, null if not known")
    ]
    rows: Annotated[int, Meta(description="Forecasts that have one, and were scored")]
    coverage: Annotated[
        Score, Meta(description="rows / due, 0 to 1: low where outcomes are late, which no score tells")
    ]
    issued: Annotated[
        int, Meta(description="Of the rows, those issued on their day; the others are hindcasts")
    ]
    days: Annotated[int, Meta(description="Days with any of them; below 60 % of the window none is told")]
    base_rate: Annotated[Score, Meta(description="Share of outcomes that came, 0 to 1")]
    mean_chance: Annotated[
        Score, Meta(description="Mean of the chances, 0 to 1, perfect where it is the base rate")
    ]
    gap: Annotated[Score, Meta(description="Base rate less mean chance, perfect 0")]
    gap_low: Annotated[
        Score, Meta(description="Lower bound of its 95 % interval; null with fewer than 28 days")
    ]
    gap_high: Annotated[Score, Meta(description="Upper bound of its 95 % interval")]
    brier_score: Annotated[Score, Meta(description="Mean squared error of the chances, 0 to 1, perfect 0")]
    brier_climatology: Annotated[Score, Meta(description="The same of the climatology of station and month")]
    brier_markov: Annotated[
        Score, Meta(description="The same of persistence: climatology after a day as wet as this one")
    ]
    skill_over_climatology: Annotated[
        Score, Meta(description="Brier skill score, up to 1, perfect 1, 0 no better")
    ]
    skill_over_climatology_low: Annotated[
        Score, Meta(description="Lower bound of its 95 % interval; null with fewer than 28 days")
    ]
    skill_over_climatology_high: Annotated[Score, Meta(description="Upper bound of its 95 % interval")]
    skill_over_markov: Annotated[
        Score, Meta(description="Brier skill score over persistence, up to 1, perfect 1, 0 no better")
    ]
    skill_over_markov_low: Annotated[
        Score, Meta(description="Lower bound of its 95 % interval; null with fewer than 28 days")
    ]
    skill_over_markov_high: Annotated[Score, Meta(description="Upper bound of its 95 % interval")]
    expected_skill: Annotated[
        Score,
        Meta(
            description="Skill over climatology of the champion in the same seasons of the days held out "
            "when it was trained; null where there is none"
        ),
    ]
    verdict: Annotated[
        SkillVerdict,
        Meta(
            description="below expectation: even the upper bound of skill over climatology is, by more than "
            "years differ. insufficient data: no interval, no expectation, or a coverage below 0.8"
        ),
    ]


class ExpectedSkill(Struct, frozen=True, kw_only=True):
    """How good the champion's twin was on days held out: what windows are held against."""

    issue: Annotated[Issue, Meta(description=ISSUE)]
    threshold: Annotated[Threshold, Meta(description="Rule for calling a day wet")]
    season: Annotated[str, Meta(description="Southern season, or all: every day held out")]
    first: Annotated[date, Meta(description="First day held out")]
    last: Annotated[date, Meta(description="Last day held out, included")]
    days: Annotated[int, Meta(description="Days of the season among them")]
    brier_score: Annotated[float, Meta(description="Mean squared error of the chances, 0 to 1, perfect 0")]
    brier_climatology: Annotated[float, Meta(description="The same of the climatology of station and month")]
    skill: Annotated[Score, Meta(description="Brier skill score over climatology, up to 1, perfect 1")]


WINDOW_COLUMNS: Final = SkillWindow.__struct_fields__
EXPECTED_COLUMNS: Final = ExpectedSkill.__struct_fields__


def skill_windows(table: pd.DataFrame) -> tuple[SkillWindow, ...]:
    """Windows in the order of the table: by issue time, threshold, length, oldest first."""
    rows = table.assign(
        first=table["first"].dt.date,
        last=table["last"].dt.date,
        due=table["due"].astype("Int64"),
    )
    return tuple(msgspec.convert(records(rows, WINDOW_COLUMNS), list[SkillWindow]))


def expected_skill(table: pd.DataFrame) -> tuple[ExpectedSkill, ...]:
    """What is expected, in the order of the table."""
    rows = table.assign(first=table["first"].dt.date, last=table["last"].dt.date)
    return tuple(msgspec.convert(records(rows, EXPECTED_COLUMNS), list[ExpectedSkill]))

"""Verification as clients see it."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from meteo_api.predictand import ISSUE, Threshold
from meteo_api.snapshot.schemas import SnapshotInService
from meteo_api.verification.reliability import ReliabilityBin
from meteo_api.verification.rolling import ExpectedSkill, SkillWindow
from meteo_api.verification.scores import GroupScores
from meteo_core.calendar import Issue


class Verification(Struct, frozen=True, kw_only=True):
    """How good forecasts of about the last year have been, against what came."""

    snapshot: SnapshotInService
    scores: Annotated[list[GroupScores], Meta(description="A row for each group; empty before any outcome")]


class Reliability(Struct, frozen=True, kw_only=True):
    """Of the days given a chance, how many came: ten bins of chance."""

    snapshot: SnapshotInService
    issue: Annotated[Issue, Meta(description=ISSUE)]
    threshold: Annotated[Threshold, Meta(description="Rule for calling a day wet")]
    event: Annotated[str, Meta(description="The same in words: more than 1 mm")]
    station: Annotated[str | None, Meta(description="Key of the station, null for all of them together")]
    first: Annotated[
        date | None, Meta(description="First day of forecasts that were scored, null before any")
    ]
    last: Annotated[date | None, Meta(description="Last day of them, included")]
    bins: Annotated[
        list[ReliabilityBin], Meta(description="From the lowest chances up; empty before any outcome")
    ]


class SkillOverTime(Struct, frozen=True, kw_only=True):
    """How skill went up and down over the last year, all stations together."""

    snapshot: SnapshotInService
    windows: Annotated[
        list[SkillWindow],
        Meta(description="By length, oldest first, ends a week apart; empty before enough outcomes"),
    ]
    expectation: Annotated[
        list[ExpectedSkill],
        Meta(description="What the champion reached on days held out; empty where it has no such record"),
    ]

"""Scores of groups of forecasts: the verification table of a snapshot, as rows."""

from typing import Annotated, Final, Literal

import msgspec
import pandas as pd
from msgspec import Meta, Struct

from meteo_api.frames import records
from meteo_api.predictand import ISSUE, Threshold
from meteo_core.calendar import Issue

Group = Literal["overall", "kind", "station", "season", "month"]
"""What rows tell apart beside issue time and threshold, as in `meteo_core.verification.published`."""
Score = float | None
"""No score has a unit; null says that it is not defined for the group."""


class GroupScores(Struct, frozen=True, kw_only=True):
    """How good a group of forecasts was. For calls, a day is called wet from a chance of 50 % on.

    Intervals are by block bootstrap over days. Definitions: `meteo_core.verification.summary`.
    """

    group: Annotated[Group, Meta(description="What the row tells apart: overall nothing more")]
    issue: Annotated[Issue, Meta(description=ISSUE)]
    threshold: Annotated[Threshold, Meta(description="Rule for calling a day wet")]
    kind: Annotated[str | None, Meta(description="issued or hindcast, in rows of the group kind")]
    station: Annotated[str | None, Meta(description="Key of the station, in rows of the group station")]
    season: Annotated[str | None, Meta(description="Southern season, in rows of the group season")]
    month: Annotated[str | None, Meta(description="Calendar month, `2016-06`, in rows of the group month")]
    rows: Annotated[int, Meta(description="Forecasts that were scored")]
    days: Annotated[int, Meta(description="Days with any of them")]
    base_rate: Annotated[Score, Meta(description="Share of outcomes that came, 0 to 1")]
    mean_chance: Annotated[
        Score, Meta(description="Mean of the chances, 0 to 1, perfect where it is the base rate")
    ]
    brier_score: Annotated[Score, Meta(description="Mean squared error of the chances, 0 to 1, perfect 0")]
    brier_climatology: Annotated[Score, Meta(description="The same of the climatology of station and month")]
    brier_markov: Annotated[
        Score, Meta(description="The same of the climatology after a day as wet as this one")
    ]
    skill_over_climatology: Annotated[
        Score, Meta(description="Brier skill score, up to 1, perfect 1, 0 no better")
    ]
    skill_over_climatology_low: Annotated[Score, Meta(description="Lower bound of its 95 % interval")]
    skill_over_climatology_high: Annotated[Score, Meta(description="Upper bound of its 95 % interval")]
    skill_over_markov: Annotated[
        Score, Meta(description="Brier skill score, up to 1, perfect 1, 0 no better")
    ]
    skill_over_markov_low: Annotated[Score, Meta(description="Lower bound of its 95 % interval")]
    skill_over_markov_high: Annotated[Score, Meta(description="Upper bound of its 95 % interval")]
    log_loss: Annotated[Score, Meta(description="Mean of -ln(chance given to what came), from 0, perfect 0")]
    roc_area: Annotated[
        Score, Meta(description="Whether wet days were given more, 0 to 1, perfect 1, chance 0.5")
    ]
    calibration_error: Annotated[
        Score, Meta(description="Mean gap of chance and frequency, 0 to 1, perfect 0")
    ]
    probability_of_detection: Annotated[
        Score, Meta(description="Share of wet days called wet, 0 to 1, perfect 1")
    ]
    false_alarm_ratio: Annotated[
        Score, Meta(description="Share of days called wet that were not, 0 to 1, perfect 0")
    ]
    equitable_threat_score: Annotated[Score, Meta(description="-1/3 to 1, perfect 1, 0 no skill")]
    heidke_skill_score: Annotated[Score, Meta(description="-1 to 1, perfect 1, 0 no skill")]
    frequency_bias: Annotated[Score, Meta(description="Days called wet / wet days, from 0, perfect 1")]
    accuracy: Annotated[Score, Meta(description="Share of right calls, 0 to 1, perfect 1")]


SCORE_COLUMNS: Final = GroupScores.__struct_fields__


def scores_of_groups(table: pd.DataFrame) -> tuple[GroupScores, ...]:
    """Rows of the table, in its order; raises ValueError where one is not what a row must be."""
    return tuple(msgspec.convert(records(table, SCORE_COLUMNS), list[GroupScores]))

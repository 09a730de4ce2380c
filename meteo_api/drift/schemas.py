"""Drift as clients see it."""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec
import pandas as pd
from msgspec import Meta, Struct

from meteo_api.frames import records
from meteo_api.snapshot.schemas import SnapshotInService
from meteo_core.parameters import PARAMETERS

Verdict = Literal["steady", "drift", "insufficient data"]
"""As `meteo_core.drift` gives it."""


class ParameterDrift(Struct, frozen=True, kw_only=True):
    """How far one parameter was from its season in the 30 days to the end of a week."""

    parameter: Annotated[str, Meta(description="Name of the parameter: `pressure_9am`")]
    label: Annotated[str, Meta(description="The same for people")]
    score: Annotated[
        float | None,
        Meta(
            description="Wasserstein distance of the anomalies of all stations from those of the same season "
            "in earlier years, in standard deviations; null where there are too few data"
        ),
    ]
    threshold: Annotated[
        float | None,
        Meta(description="Score beyond which it is drift: 1.15 x the largest that an earlier year showed"),
    ]
    rows: Annotated[int, Meta(description="Values in the 30 days")]
    verdict: Annotated[
        Verdict,
        Meta(description="insufficient data: fewer than 200 values, or fewer than three earlier years"),
    ]


class RequestDrift(Struct, frozen=True, kw_only=True):
    """Whether what the service was asked in what-ifs looks like what the model learnt from."""

    verdict: Annotated[
        Verdict, Meta(description="drift if any parameter drifts, steady if any was judged and none does")
    ]
    parameters: Annotated[
        list[ParameterDrift],
        Meta(
            description="As of the observations; `rows` are the questions that gave the parameter, the "
            "reference is the season at the stations asked about. Empty before any report"
        ),
    ]


class Alarm(Struct, frozen=True, kw_only=True):
    """One alarm, over all days in succession on which it was active."""

    kind: Annotated[
        str,
        Meta(
            description="pooled: all stations against their season; station: one against those near by; "
            "hard: values that no weather gives; skill: forecasts worse than expected"
        ),
    ]
    station: Annotated[str | None, Meta(description="Key of the station; null where it is of all of them")]
    parameter: Annotated[
        str, Meta(description="Name of the parameter; of skill what was scored: `skill_evening_30`")
    ]
    label: Annotated[str, Meta(description="The same for people")]
    since: Annotated[date, Meta(description="First day of it")]
    last: Annotated[date, Meta(description="Newest day of it")]
    active: Annotated[bool, Meta(description="Whether it is active on the newest day looked at")]
    score: Annotated[float, Meta(description="Score on its newest day, beyond the threshold")]
    threshold: Annotated[float, Meta(description="What may be reached without an alarm")]


class Drift(Struct, frozen=True, kw_only=True):
    """Scores of a week, and the newest alarms."""

    snapshot: SnapshotInService
    week: Annotated[date | None, Meta(description="Sunday that begins the week; null before any report")]
    first: Annotated[date | None, Meta(description="First of the 30 days that were looked at")]
    last: Annotated[date | None, Meta(description="Last of them, included")]
    verdict: Annotated[
        Verdict, Meta(description="drift if any parameter drifts, steady if any was judged and none does")
    ]
    parameters: Annotated[list[ParameterDrift], Meta(description="Those that drift first, empty before any")]
    requests: RequestDrift
    weeks: Annotated[list[date], Meta(description="Weeks that can be asked for, newest first")]
    alarms: Annotated[
        list[Alarm], Meta(description="Alarms of the last 60 days, of whatever week: active ones first")
    ]


DRIFT_COLUMNS: Final = ("week", "parameter", "score", "threshold", "rows", "verdict")


def drift_by_week(table: pd.DataFrame) -> dict[date, tuple[ParameterDrift, ...]]:
    """Scores of each week, newest week first; drifting parameters first, then by score."""
    rows = table[table["parameter"].isin(list(PARAMETERS))].assign(week=pd.to_datetime(table["week"]).dt.date)
    rows = rows.assign(
        label=rows["parameter"].map({name: parameter.label for name, parameter in PARAMETERS.items()}),
        beyond=rows["verdict"] == "drift",
        share=(rows["score"].astype(float) / rows["threshold"].astype(float)).fillna(-1.0),
    ).sort_values(["week", "beyond", "share"], ascending=False, kind="stable")
    weeks: dict[date, list[ParameterDrift]] = {}
    for row in records(rows, (*DRIFT_COLUMNS, "label")):
        weeks.setdefault(row.pop("week"), []).append(msgspec.convert(row, ParameterDrift))
    return {week: tuple(scores) for week, scores in weeks.items()}

"""Alarms as clients see them: days in succession told as one."""

from datetime import date, timedelta
from typing import Final

import msgspec
import pandas as pd

from meteo_api.drift.schemas import Alarm
from meteo_api.frames import records
from meteo_core.drift.alarms import ALARM_KEY, episodes
from meteo_core.parameters import PARAMETERS

ACTIVE_DAYS: Final = 1
"""Days before the newest day of data on which an alarm still counts as active: that day goes on."""
_OF_SKILL: Final = {
    "skill": "Skill of {} forecasts, {} days",
    "calibration": "Chances of {} forecasts, {} days",
}


def alarms_told(days: pd.DataFrame, newest: date) -> tuple[Alarm, ...]:
    """Alarms with the score of their newest day, active ones first, then the newest.

    `days` has the columns of `monitoring.alarms`, `newest` is the newest day of data.
    """
    if days.empty:
        return ()
    told = episodes(days).drop(columns=["score", "days"])
    newest_of = days.rename(columns={"date": "last"})[["last", *ALARM_KEY[1:], "score", "threshold"]]
    told = told.merge(newest_of, on=["last", *ALARM_KEY[1:]])
    active = told["last"] >= pd.Timestamp(newest - timedelta(days=ACTIVE_DAYS))
    told = told.assign(
        since=told["first"].dt.date,
        active=active,
        label=[label_of(each) for each in told["parameter"]],
        station=told["station"].replace("", None),
    ).sort_values(["active", "last", "since"], ascending=False, kind="stable")
    rows = records(told.assign(last=told["last"].dt.date), Alarm.__struct_fields__)
    return tuple(msgspec.convert(rows, list[Alarm]))


def label_of(parameter: str) -> str:
    """A parameter, or what was scored, for people."""
    if parameter in PARAMETERS:
        return PARAMETERS[parameter].label
    what, *of = parameter.split("_")
    return _OF_SKILL[what].format(*of) if what in _OF_SKILL else parameter

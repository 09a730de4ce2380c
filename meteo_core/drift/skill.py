"""Skill drift: forecasts that are worse than their model was on days that it had not seen.

What is expected of the champion comes from its own hold-out, the year of days that a twin of it forecast
without having seen them: the Brier scores of the same seasons, in the shares in which a window holds them. A
window is below expectation where even the upper end of its skill's interval is; one with too few outcomes, or
whose outcomes are late, has no verdict. Chances that are off as a whole are told apart from skill: the gap
between what came and what was said.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.drift.alarms import SKILL, alarm_table
from meteo_core.labels import PREDICTAND
from meteo_core.verification.pairs import held_out_pairs
from meteo_core.verification.rolling import windows_ending
from meteo_core.verification.summary import SEASONS, season_of, summarise

AS_EXPECTED, BELOW, INSUFFICIENT = "as expected", "below expectation", "insufficient data"
LEAST_COVERAGE: Final = 0.8
"""Windows with outcomes of a smaller share of the forecasts due have no verdict: what is late may differ."""
LEAST_SEASON_DAYS: Final = 28
"""A season with fewer days held out is expected to be as the whole hold-out was."""
TOLERANCE: Final = 0.05
"""Brier skill by which even the upper end of an interval may be below: a season differs from year to year.

On the real record a model of 2013 raised 3 alarms in the next 33 months with it, of windows of 30 days, and
none of 90; without it 7 and 4."""
MOST_GAP: Final = 0.03
"""Share of days by which what came may surely differ from what was said; in those months never over 0.018."""
WHOLE: Final = "all"
"""Season of the row that holds all days held out."""
EXPECTATION_TYPES: Final = {
    "issue": "object",
    "threshold": "object",
    "season": "object",
    "first": "datetime64[ns]",
    "last": "datetime64[ns]",
    "days": "int64",
    "brier_score": "float64",
    "brier_climatology": "float64",
    "skill": "float64",
}
"""Columns of what is expected; `first` and `last` bound the days held out."""


def expected_scores(held_out: pd.DataFrame | None) -> pd.DataFrame:
    """Scores to be expected of a model, by issue time, threshold and season: `EXPECTATION_TYPES`.

    `held_out` are the forecasts that its twins made of days held out, as `Trained.held_out`, of one issue
    time or several; without any the table has no rows. The row of season `WHOLE` holds all days. `skill` is
    the Brier skill over climatology.
    """
    tables = []
    for _, forecasts in () if held_out is None else held_out.groupby("issue"):
        pairs = held_out_pairs(forecasts)
        bounds = {"first": pairs["date"].min(), "last": pairs["date"].max()}
        for by in (["season"], []):
            scored = summarise(pairs, ["issue", "threshold", *by]).assign(**bounds)
            scored = scored.rename(columns={"skill_over_climatology": "skill"})
            tables.append(scored if by else scored.assign(season=WHOLE))
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype=type_) for name, type_ in EXPECTATION_TYPES.items()})
    return pd.concat(tables, ignore_index=True)[list(EXPECTATION_TYPES)].astype(EXPECTATION_TYPES)


def judged(windows: pd.DataFrame, expectation: pd.DataFrame | None) -> pd.DataFrame:
    """Windows of `rolling` with `expected_skill` (NaN where nothing is known to expect) and `verdict`."""
    expected = np.full(len(windows), np.nan)
    if expectation is not None and not expectation.empty:
        for key, rows in windows.reset_index(drop=True).groupby(["issue", "threshold"]):
            of_key = (expectation["issue"] == key[0]) & (expectation["threshold"] == key[1])
            expected[rows.index] = _expected(rows, expectation[of_key])
    table = windows.assign(expected_skill=expected)
    short, late = _shortfall(table), table["coverage"] < LEAST_COVERAGE
    verdict = np.select([late | short.isna(), short > TOLERANCE], [INSUFFICIENT, BELOW], AS_EXPECTED)
    return table.assign(verdict=verdict.astype(object))


def skill_alarms(
    pairs: pd.DataFrame,
    due: pd.DataFrame | None,
    expectation: pd.DataFrame | None,
    days: Sequence[date],
) -> pd.DataFrame:
    """Alarms of these days, in `ALARM_COLUMNS`, from what was known on each: outcomes to the day before.

    `pairs` are rows of `verification.daily`, `due` those of `due_forecasts`, both at least of the `WINDOWS`
    before the first day. Two parameters for each issue time and length of window: `skill_evening_30`, whose
    score is by how much the upper end of the interval of skill falls short of the expected skill, with
    `TOLERANCE` as its threshold; and `calibration_evening_30`, whose score is the size of the gap between
    what came and what was said at that end of its interval which is nearest to 0, with `MOST_GAP`.
    """
    main = pairs[pairs["threshold"] == PREDICTAND.name]
    due = None if due is None else due[due["threshold"] == PREDICTAND.name]
    lasts = [pd.Timestamp(day) - pd.Timedelta(days=1) for day in days]
    table = judged(windows_ending(main, lasts, due), expectation)
    table = table[table["verdict"] != INSUFFICIENT].assign(
        kind=SKILL, station="", date=table["last"] + pd.Timedelta(days=1)
    )
    names = table["issue"].astype(str) + "_" + table["window_days"].astype(str)

    short = table.assign(parameter="skill_" + names, score=_shortfall(table), threshold=TOLERANCE)
    nearest = np.where(table["gap"] > 0, table["gap_low"], -table["gap_high"])
    off = table.assign(parameter="calibration_" + names, score=nearest, threshold=MOST_GAP)
    return alarm_table([each[each["score"] > each["threshold"]] for each in (short, off)])


def _shortfall(judged: pd.DataFrame) -> pd.Series:
    """By how much even the upper end of each window's interval of skill is below what is expected."""
    return judged["expected_skill"] - judged["skill_over_climatology_high"]


def _expected(windows: pd.DataFrame, expectation: pd.DataFrame) -> list[float]:
    """Skill that each window's days lead to expect; `expectation` is of their issue time and threshold."""
    days_held_out = dict(zip(expectation["season"], expectation["days"], strict=True))
    source = [each if days_held_out.get(each, 0) >= LEAST_SEASON_DAYS else WHOLE for each in SEASONS]
    of_season = expectation.set_index("season")[["brier_score", "brier_climatology"]].reindex(source)
    skill = []
    for first, last in zip(windows["first"], windows["last"], strict=True):
        days = season_of(pd.Series(pd.date_range(first, last))).value_counts().reindex(SEASONS, fill_value=0)
        error, of_climatology = days.to_numpy(float) @ of_season.to_numpy(float)
        skill.append(1 - error / of_climatology)
    return skill

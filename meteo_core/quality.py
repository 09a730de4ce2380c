"""Inspection of observations: the impossible is taken out, the unusual pointed at, each with a reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from meteo_core.calendar import last_complete_day, local_date
from meteo_core.labels import rain_today
from meteo_core.parameters import COMPASS, COMPASS_POINTS, NUMBERS, PARAMETERS, WIND_PAIRS
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import find_station

FINDING_COLUMNS = ("station", "date", "parameter", "value", "verdict", "reason")
FIRST_DAY = pd.Timestamp("1900-01-01")


@dataclass(frozen=True)
class Inspection:
    """Observations fit for use, and what was found on the way."""

    observations: pd.DataFrame
    """As delivered, without the impossible values, with `rain_today` derived and provenance columns."""
    findings: pd.DataFrame
    """One row for each rejected or flagged value: `FINDING_COLUMNS` and provenance."""


def inspect(delivery: Delivery) -> Inspection:
    """Apply every rule to a delivery.

    Rejected values become missing. Rows of days that have not begun at the station, or before 1900, are
    rejected whole. A row is `provisional` until its day is complete at the station.
    """
    rows = delivery.observations
    found: list[pd.DataFrame] = []

    fetched_at = delivery.fetched_at

    today = _at_each_station(rows, lambda zone: local_date(fetched_at, zone))
    impossible_day = (rows["date"] > today) | (rows["date"] < FIRST_DAY)
    found.append(
        _finding(rows[impossible_day], "date", "rejected", "a day that has not begun, or before 1900")
    )
    rows = rows[~impossible_day].copy()

    for mask, parameter, verdict, reason in _judgements(rows):
        found.append(_finding(rows[mask], parameter, verdict, reason))
        if verdict == "rejected":
            kept = rows[parameter] if parameter in NUMBERS else rows[parameter].astype(object)
            rows[parameter] = kept.where(~mask, np.nan if parameter in NUMBERS else None)

    rows["rain_today"] = rain_today(rows["rainfall"]).fillna(rows["rain_today"].astype("boolean"))
    complete_until = _at_each_station(rows, lambda zone: last_complete_day(fetched_at, zone))
    rows["status"] = np.where(rows["date"] <= complete_until, "final", "provisional")
    findings = pd.concat(found, ignore_index=True)
    for frame in (rows, findings):
        frame["source"] = delivery.source
        frame["content_sha256"] = delivery.content_sha256
    rows["fetched_at"] = pd.Timestamp(fetched_at)
    findings["found_at"] = pd.Timestamp(fetched_at)
    return Inspection(rows, findings)


def newest_of_each_day(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each station and day where several deliveries speak of it: the one fetched last."""
    return rows.sort_values("fetched_at", kind="stable").drop_duplicates(["station", "date"], keep="last")


def _judgements(rows: pd.DataFrame) -> Iterator[tuple[pd.Series, str, str, str]]:
    """Each rule's verdict: which rows, of which parameter, and why."""
    for name in NUMBERS:
        limits, values = PARAMETERS[name], rows[name]
        impossible = ~values.between(limits.minimum, limits.maximum) & values.notna()
        yield (
            impossible,
            name,
            "rejected",
            f"outside {limits.minimum:g} to {limits.maximum:g} {limits.unit}: {limits.limit_reason}",
        )
        unusual = ~values.between(limits.usual_low, limits.usual_high) & values.notna() & ~impossible
        yield (
            unusual,
            name,
            "flagged",
            f"outside the usual {limits.usual_low:g} to {limits.usual_high:g} {limits.unit}",
        )
    for name in COMPASS:
        yield rows[name].notna() & ~rows[name].isin(COMPASS_POINTS), name, "rejected", "not a compass point"
    for speed, direction in WIND_PAIRS.values():
        yield (rows[speed] == 0) & rows[direction].notna(), direction, "rejected", "a calm has no direction"
    yield rows["min_temp"] > rows["max_temp"], "min_temp", "flagged", "above the maximum of the day"
    # astype: the archive may hold "rain today" without a gauge value, and then it is all there is.
    contradicts = rain_today(rows["rainfall"]) != rows["rain_today"].astype("boolean")
    yield contradicts.fillna(False).astype(bool), "rain_today", "rejected", "contradicts the rain measured"


def _finding(rows: pd.DataFrame, parameter: str, verdict: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "station": rows["station"].astype(str),
            "date": rows["date"],
            "parameter": parameter,
            "value": rows[parameter].astype(str),
            "verdict": verdict,
            "reason": reason,
        },
        columns=list(FINDING_COLUMNS),
    )


def _at_each_station(rows: pd.DataFrame, day_of: Callable[[ZoneInfo], date]) -> pd.Series:
    """A date that depends on the clock of each row's station."""
    days = {key: pd.Timestamp(day_of(find_station(key).zone)) for key in rows["station"].unique()}
    return rows["station"].map(days).astype("datetime64[ns]")

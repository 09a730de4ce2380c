"""Inspection of documents: the impossible is taken out, the unusual pointed at, each with a reason."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from meteo_core.calendar import last_complete_day, local_date
from meteo_core.labels import rain_today
from meteo_core.parameters import COMPASS, COMPASS_POINTS, NUMBERS, PARAMETERS, WIND_PAIRS, Parameter
from meteo_core.quality.findings import finding
from meteo_core.quality.units import columns_in_another_unit, values_in_another_unit
from meteo_core.sources.observations import join_observations
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import find_station

EARLIEST_CREDIBLE_DAY = pd.Timestamp("1900-01-01")
CLEARLY = 2.0
"""°C by which a temperature is beyond the day's extreme before it is flagged.

Measured on the archive (2007-11 to 2016-06, 126,000 station days): 9 am above the maximum never, 3 pm above
the maximum never, 9 am below the minimum once (Canberra 2010-11-15, 2.2 °C). By any amount at all it is
6, 13 and 5 times, the readings being instantaneous and the extremes those of another instrument."""


@dataclass(frozen=True)
class Inspection:
    """Observations fit for use, and what was found on the way."""

    observations: pd.DataFrame
    """As delivered, without the impossible values, with `rain_today` derived and provenance columns."""
    findings: pd.DataFrame
    """One row for each rejected or flagged value, with the reason and provenance."""


def inspect(deliveries: Sequence[Delivery]) -> Inspection:
    """Apply every rule to what some documents say.

    Rejected values become missing. Rows of days that had not begun at the station when the document was
    fetched, or before 1900, are rejected whole. A row is `provisional` until its day is complete there.
    """
    rows = _with_provenance(deliveries)
    found: list[pd.DataFrame] = []

    today = _at_each_station(rows, local_date)
    impossible_day = (rows["date"] > today) | (rows["date"] < EARLIEST_CREDIBLE_DAY)
    found.append(
        finding(rows[impossible_day], "date", "rejected", "a day that has not begun, or before 1900")
    )
    rows = rows[~impossible_day].copy()

    for mask, parameter, verdict, reason in _judgements(rows):
        if not mask.any():
            continue
        found.append(finding(rows[mask], parameter, verdict, reason))
        if verdict == "rejected":
            missing: Any = np.nan if parameter in NUMBERS else None
            values = rows[parameter] if parameter in NUMBERS else rows[parameter].astype(object)
            rows[parameter] = values.where(~mask, missing)

    rows["rain_today"] = rain_today(rows["rainfall"]).fillna(rows["rain_today"].astype("boolean"))
    complete_until = _at_each_station(rows, last_complete_day)
    rows["status"] = np.where(rows["date"] <= complete_until, "final", "provisional")
    return Inspection(rows, pd.concat(found, ignore_index=True))


def _with_provenance(deliveries: Sequence[Delivery]) -> pd.DataFrame:
    """All rows of the documents, each with the source, time and hash of its own."""
    rows = join_observations([delivery.observations for delivery in deliveries])
    # join_observations leaves empty documents out, and a document of no rows has none to mark.
    sizes = [len(delivery.observations) for delivery in deliveries]
    return rows.assign(
        source=np.repeat(np.array([d.source for d in deliveries], dtype=object), sizes),
        fetched_at=pd.DatetimeIndex([pd.Timestamp(d.fetched_at) for d in deliveries], tz="UTC").repeat(sizes),
        content_sha256=np.repeat(np.array([d.content_sha256 for d in deliveries], dtype=object), sizes),
    )


def newest_of_each_day(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each station and day where several deliveries speak of it: the one fetched last."""
    return rows.sort_values("fetched_at", kind="stable").drop_duplicates(["station", "date"], keep="last")


def impossible_values(values: pd.Series, limits: Parameter) -> pd.Series:
    """Whether each value is there and outside the limits of the parameter table."""
    return ~values.between(limits.minimum, limits.maximum) & values.notna()


def _judgements(rows: pd.DataFrame) -> Iterator[tuple[pd.Series, str, str, str]]:
    """Each rule's verdict: which rows, of which parameter, and why."""
    # First, so that what is rejected as a column is not judged again value by value.
    for mask, name, reason in columns_in_another_unit(rows):
        yield mask, name, "rejected", reason
    for name in NUMBERS:
        limits, values = PARAMETERS[name], rows[name]
        impossible = impossible_values(values, limits)
        outside = f"outside {limits.minimum:g} to {limits.maximum:g} {limits.unit}"
        unexplained = impossible
        for explained, what in values_in_another_unit(values.where(impossible), limits):
            yield explained, name, "rejected", f"{outside}, looks like {what}: {limits.limit_reason}"
            unexplained = unexplained & ~explained
        yield unexplained, name, "rejected", f"{outside}: {limits.limit_reason}"
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
    for name in ("temp_9am", "temp_3pm"):
        beyond = rows[name] > rows["max_temp"] + CLEARLY
        yield beyond, name, "flagged", f"above the maximum of the day by more than {CLEARLY:g} °C"
    # Not 3 pm: the minimum is that of the night before, and after a cold change the afternoon is below it
    # (1,050 real days, by up to 9 °C).
    beyond = rows["temp_9am"] < rows["min_temp"] - CLEARLY
    yield beyond, "temp_9am", "flagged", f"below the minimum of the night by more than {CLEARLY:g} °C"
    # astype: the archive may hold "rain today" without a gauge value, and then it is all there is.
    contradicts = rain_today(rows["rainfall"]) != rows["rain_today"].astype("boolean")
    yield contradicts.fillna(False).astype(bool), "rain_today", "rejected", "contradicts the rain measured"


def _at_each_station(rows: pd.DataFrame, day_of: Callable[[datetime, ZoneInfo], date]) -> pd.Series:
    """A date that depends on when each row was fetched and on the clock of its station."""
    pairs = rows[["station", "fetched_at"]].drop_duplicates()
    days = [
        pd.Timestamp(day_of(moment.to_pydatetime(), find_station(key).zone))
        for key, moment in pairs.itertuples(index=False)
    ]
    pairs = pairs.assign(day=pd.Series(days, index=pairs.index, dtype="datetime64[ns]"))
    return rows[["station", "fetched_at"]].merge(pairs, how="left")["day"].set_axis(rows.index)

"""What the alarms of any period would have been, day by day, had the watch stood there."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from meteo_core.drift.alarms import alarm_table
from meteo_core.drift.hard import rejection_alarms, spell_alarms
from meteo_core.drift.pooled import pooled_alarms, pooled_scores
from meteo_core.drift.station import FOLLOWED, station_alarms
from meteo_core.drift.thresholds import Threshold
from meteo_core.features.station_days import StationDays
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.quality.inspection import impossible_values
from meteo_core.stations import stations

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """What a watch said."""

    alarms: pd.DataFrame
    """`ALARM_COLUMNS`, a row for each day on which an alarm is active."""
    thresholds: list[Threshold]


def replay(observations: pd.DataFrame, first: date, last: date, *, names: Sequence[str] = NUMBERS) -> Watched:
    """Alarms of days `first`..`last` by the rules for stations, all stations, and hard ones.

    Everything is fitted to the days before `first`, and what is said of a day rests on that day and earlier
    ones. `observations` holds `station`, `date` and the numeric parameters from the beginning of the record,
    as the instruments said them: impossible values are rejected here as an ingestion would. `names` may name
    some of the parameters.
    """
    rows = observations[observations["date"] <= pd.Timestamp(last)]
    kept, findings = _reject(rows, names)
    begin = pd.Timestamp(first)
    logger.info(
        "%s to %s, fitted to %d days before", first, last, kept.loc[kept["date"] < begin, "date"].nunique()
    )
    watched = watch(kept, fitted_before=first, first=first, names=names)
    spells = spell_alarms(kept, first=first)
    hard = [spells[spells["parameter"].isin(names)], rejection_alarms(findings, kept[kept["date"] >= begin])]
    return Watched(alarm_table([watched.alarms, *hard]), watched.thresholds)


def watch(
    observations: pd.DataFrame, *, fitted_before: date, first: date, names: Sequence[str] = NUMBERS
) -> Watched:
    """Alarms of day `first` and later that rest on what earlier years were like: stations and all stations.

    `observations` as `replay` wants them, without impossible values; fitted to days before `fitted_before`.
    """
    days = StationDays.from_frame(observations, names, stations=tuple(stations()))
    followed = tuple(name for name in FOLLOWED if name in names)
    of_stations, thresholds = station_alarms(days, fitted_before=fitted_before, first=first, names=followed)
    scores, pooled = pooled_scores(days, fitted_before=fitted_before, first=first, names=tuple(names))
    return Watched(alarm_table([of_stations, pooled_alarms(scores)]), [*thresholds, *pooled])


def watch_by_year(observations: pd.DataFrame, first: date, last: date) -> Iterator[tuple[date, Watched]]:
    """`watch` of days `first`..`last`, each year fitted to the days before it: its first day, what was said.

    A day is judged alike however many are asked for, and a fit is a second or two for each year of record.
    """
    for year in range(first.year, last.year + 1):
        begin, end = date(year, 1, 1), min(date(year, 12, 31), last)
        rows = observations[observations["date"] <= pd.Timestamp(end)]
        yield begin, watch(rows, fitted_before=begin, first=max(begin, first))


def _reject(rows: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows without the impossible values, and a finding for each of those.

    That a month's column is in another unit takes ten days to be seen, and is left out here.
    """
    kept, found = rows.copy(), []
    for name in names:
        impossible = impossible_values(rows[name], PARAMETERS[name])
        found.append(
            rows.loc[impossible, ["station", "date"]].assign(
                parameter=name, value=rows.loc[impossible, name], verdict="rejected"
            )
        )
        kept.loc[impossible, name] = np.nan
    return kept, pd.concat(found, ignore_index=True)

"""The pipeline's jobs by name, and the days and weeks they run for.

The pipeline defines them, others start them. Tags that begin with `dagster/` are Dagster's own words for
what a run is of.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DAILY_JOB: Final = "daily"
"""Observations to snapshot, of a day or a range of days."""
WEEKLY_JOB: Final = "weekly"
"""Drift report, training, comparison and promotion, of a week."""
PUBLISH_JOB: Final = "publish"
"""The snapshot alone."""
UPKEEP_JOB: Final = "upkeep"
"""Small files of the warehouse merged, old snapshots dropped."""
SHADOW_JOB: Final = "shadow_retrain"
"""Training and comparison of a week, and no promotion."""

FIRST_DAY: Final = date(2007, 11, 1)
"""First day of the public archive, and the first that can be asked for."""
FIRST_WEEK: Final = date(2007, 11, 4)
"""First Sunday from then on."""
WEEK_LESS_A_DAY: Final = timedelta(days=6)
"""From the first to the last day of a week."""
ZONE: Final = "Australia/Sydney"
"""Clock of the schedules. A partition is a date on each station's own calendar."""

MORNING: Final = timedelta(hours=9)
"""From midnight to the first readings of a day."""

PARTITION: Final = "dagster/partition"
RANGE_START: Final = "dagster/asset_partition_range_start"
RANGE_END: Final = "dagster/asset_partition_range_end"
REQUESTED_BY: Final = "meteo/requested_by"
"""Tag of a run that a person asked for: who."""
REQUESTED_AS: Final = "meteo/requested_as"
"""Tag of a run that a person asked for: as what."""


def day_tags(first: date, last: date) -> Mapping[str, str]:
    """Tags that make one run of a day, or of a range of days with both ends included."""
    return {PARTITION: first.isoformat()} if first == last else range_tags(first, last)


def range_tags(first: date, last: date) -> Mapping[str, str]:
    """Tags that make one run of a range of daily partitions."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def today(moment: datetime) -> date:
    """The newest day that can be asked for at this moment: the date on the schedules' clock."""
    return moment.astimezone(ZoneInfo(ZONE)).date()


def newest_observed_day(moment: datetime) -> date:
    """The newest day whose 9 am readings can be there in the east at this moment; `today` from 9 am on."""
    return today(moment - MORNING)


def week_containing(day: date) -> str:
    """Key of the training week that holds this day: its Sunday."""
    return (day - timedelta(days=(day.weekday() + 1) % 7)).isoformat()


def last_complete_week(today: date) -> str:
    """Key of the newest training week, Sunday to Saturday, that is over."""
    return week_containing(today - timedelta(days=7))

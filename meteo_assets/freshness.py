"""By when each daily asset must have been made: Dagster's UI shows as late what was not."""

from datetime import timedelta
from typing import Final

import dagster as dg

from meteo_assets.partitions import observation_days
from meteo_core.jobs import ZONE

BY_MORNING_AND_EVENING: Final = dg.FreshnessPolicy.cron(
    deadline_cron="30 13,21 * * *", lower_bound_delta=timedelta(hours=3), timezone=ZONE
)
"""By 13:30 since 10:30, when the morning's runs begin, and by 21:30 since 18:30, before the evening's."""
ALSO_DAILY: Final = frozenset({dg.AssetKey("serving_snapshot")})
"""Without partitions, and made with those of a day."""


def with_deadlines(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The asset with the deadline, if it is a daily one."""
    if spec.partitions_def == observation_days or spec.key in ALSO_DAILY:
        return spec.replace_attributes(freshness_policy=BY_MORNING_AND_EVENING)
    return spec

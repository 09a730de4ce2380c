"""When and where the science runs: assets, checks, schedules."""

import warnings

import dagster as dg

# A range of days in a single run needs backfill policies, which Dagster still marks as beta.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

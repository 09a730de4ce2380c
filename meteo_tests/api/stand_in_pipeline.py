"""A pipeline for a real Dagster, with the real one's jobs and partitions, and steps that tests steer.

A step waits while the file `hold` is in the folder that `STAND_IN_FOLDER` names, and fails where `fail` is.
The process of the run is noted in `pid`.
"""

import os
import time
from pathlib import Path

import dagster as dg

from meteo_core.jobs import DAILY_JOB, WEEKLY_JOB

FOLDER = Path(os.environ.get("STAND_IN_FOLDER", "."))
DAYS = dg.DailyPartitionsDefinition("2024-01-01", timezone="Australia/Sydney", end_offset=1)
WEEKS = dg.WeeklyPartitionsDefinition("2024-01-07", timezone="Australia/Sydney")
AS_ONE_RUN = dg.BackfillPolicy.single_run()


@dg.asset(partitions_def=DAYS, backfill_policy=AS_ONE_RUN, pool="duckdb")
def raw_observations(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    days = len(context.partition_keys)
    context.log.info(f"reading {days} days")
    (FOLDER / "pid").write_text(str(os.getpid()))
    while (FOLDER / "hold").exists():
        time.sleep(0.1)
    if (FOLDER / "fail").exists():
        raise dg.Failure("the source gave no observations") from ValueError("the site answered 403")
    return dg.MaterializeResult(
        metadata={"station_days": 49 * days, "new_revisions": 3, "documents_refused": 0}
    )


@dg.asset_check(asset=raw_observations, blocking=True)
def observations_are_sound() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(partitions_def=DAYS, backfill_policy=AS_ONE_RUN, deps=[raw_observations])
def forecasts() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"forecasts": 98, "added": 98})


@dg.asset(partitions_def=WEEKS)
def champion_model() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"model_version": 4, "changed": True, "reason": "better by far"})


defs = dg.Definitions(
    assets=[raw_observations, forecasts, champion_model],
    asset_checks=[observations_are_sound],
    jobs=[
        dg.define_asset_job(DAILY_JOB, selection=dg.AssetSelection.assets(raw_observations, forecasts)),
        dg.define_asset_job(WEEKLY_JOB, selection=dg.AssetSelection.assets(champion_model)),
    ],
    executor=dg.in_process_executor,
)

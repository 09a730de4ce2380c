"""A pipeline of four assets in a Dagster instance on disk: jobs, partitions and figures as the real one's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from meteo_assets.exporter.graph import Graph, graph_of
from meteo_assets.instance import opened_instance
from meteo_assets.partitions import observation_days, training_weeks
from meteo_assets.settings import Settings
from meteo_core.jobs import DAILY_JOB, PARTITION, RANGE_END, RANGE_START, WEEKLY_JOB

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
AS_ONE_RUN = dg.BackfillPolicy.single_run()


class Fate(dg.Config):
    """What happens in a run."""

    fails: bool = False
    sound: bool = True


@dg.asset(partitions_def=observation_days, backfill_policy=AS_ONE_RUN)
def raw_observations(config: Fate) -> dg.MaterializeResult:
    if config.fails:
        raise dg.Failure("the source gave nothing")
    return dg.MaterializeResult(
        metadata={
            "source": "simulator",
            "documents_refused": 0,
            "station_days": 98,
            "new_revisions": 3,
            "values_rejected": 2,
            "values_flagged": 1,
            "suspicions": 4,
            "sound": config.sound,
        }
    )


@dg.asset_check(asset=raw_observations)
def observations_are_sound(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    event = context.instance.get_latest_materialization_event(dg.AssetKey("raw_observations"))
    assert event is not None
    assert event.asset_materialization is not None
    return dg.AssetCheckResult(passed=bool(event.asset_materialization.metadata["sound"].value))


@dg.asset(partitions_def=observation_days, backfill_policy=AS_ONE_RUN)
def features() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"missing_share": 0.12, "columns": 84, "station_days": 98})


@dg.asset(partitions_def=observation_days, backfill_policy=AS_ONE_RUN, deps=[raw_observations])
def forecasts() -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={"forecasts": 98, "stations_waiting_morning": 3, "stations_waiting_evening": 0}
    )


@dg.asset(partitions_def=training_weeks)
def rain_model() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"training_rows": 20_000, "dagster/partition_row_count": 5})


@dg.asset
def serving_snapshot() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"observations": 4_000})


daily_job = dg.define_asset_job(
    DAILY_JOB, selection=dg.AssetSelection.assets(raw_observations, features, forecasts, serving_snapshot)
)
weekly_job = dg.define_asset_job(WEEKLY_JOB, selection=dg.AssetSelection.assets(rain_model))


@dg.schedule(job=daily_job, cron_schedule="30 10 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def every_morning() -> dg.SkipReason:
    return dg.SkipReason("never asked here")


@dg.sensor(job=weekly_job)
def never_on() -> dg.SkipReason:
    return dg.SkipReason("never asked here")


DEFINITIONS = dg.Definitions(
    assets=[raw_observations, features, forecasts, rain_model, serving_snapshot],
    asset_checks=[observations_are_sound],
    jobs=[daily_job, weekly_job],
    schedules=[every_morning],
    sensors=[never_on],
    executor=dg.in_process_executor,
)
GRAPH: Graph = graph_of(DEFINITIONS)


@contextmanager
def small_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """An instance in a state folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        patch.setenv("METEO_HOME", str(home))  # the storage asks for it itself
        with opened_instance(Settings()) as instance:
            yield instance


def run_days(instance: dg.DagsterInstance, first: str, last: str, **fate: bool) -> bool:
    """The daily job over a range of days; whether it ended well."""
    config = {"ops": {"raw_observations": {"config": fate}}}
    return _run(instance, DAILY_JOB, {RANGE_START: first, RANGE_END: last}, config)


def run_week(instance: dg.DagsterInstance, week: str) -> bool:
    """The weekly job."""
    return _run(instance, WEEKLY_JOB, {PARTITION: week}, {})


def _run(instance: dg.DagsterInstance, job: str, tags: dict[str, str], config: dict) -> bool:
    return (
        DEFINITIONS.resolve_job_def(job)
        .execute_in_process(
            instance=instance, tags=tags, run_config={**QUIET, **config}, raise_on_error=False
        )
        .success
    )

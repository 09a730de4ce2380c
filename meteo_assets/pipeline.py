"""Runs of the assets started from code: the same jobs, instance and events as the Dagster UI shows."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from meteo_assets.definitions import build_definitions
from meteo_assets.failures import first_failure
from meteo_assets.instance import prepare_instance
from meteo_assets.settings import Settings
from meteo_core.errors import MeteoError
from meteo_core.jobs import DAILY_JOB, FIRST_DAY, PUBLISH_JOB, WEEKLY_JOB, range_tags, week_containing

# Two events for each asset and day would fill the console; they are all in the UI.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


YESTERDAY: Final = timedelta(days=1)
_OF_EVERY_DAY: Final = (
    *("raw_observations", "features", "labels", "forecasts"),
    *("forecast_verification", "drift_alarms"),
)
WEEKLY_ASSETS: Final = ("drift_report", "rain_model", "model_comparison", "champion_model")


class RunFailed(MeteoError):
    """A run ended in failure: of a step, or of a blocking check. The message is that of the first."""


@dataclass(frozen=True)
class StageRun:
    """A finished run of one or more assets."""

    assets: tuple[str, ...]
    seconds: float
    run_id: str
    metadata: Mapping[str, Mapping[str, Any]]
    """For each asset the metadata of its last materialization."""


@contextmanager
def open_pipeline(settings: Settings) -> Iterator["Pipeline"]:
    """Pipeline on the Dagster instance of the state folder."""
    ref = InstanceRef.from_dir(str(prepare_instance(settings)))
    with dg.DagsterInstance.from_ref(ref) as instance:
        yield Pipeline(settings, instance)


class Pipeline:
    """Materializes assets in this process."""

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings = settings
        self.instance = instance
        self._definitions = build_definitions(settings)

    def run_days(
        self, assets: Sequence[str], first: date, last: date, *, archive: Path | None = None
    ) -> StageRun:
        """Materialize daily assets over a range of days, as one run."""
        config = (
            {"ops": {"raw_observations": {"config": {"archive": str(archive.resolve())}}}}
            if archive is not None and "raw_observations" in assets
            else None
        )
        return self._run(DAILY_JOB, assets, config=config, tags=range_tags(first, last))

    def run_week(self, assets: Sequence[str], day: date) -> StageRun:
        """Materialize weekly assets for the week that holds this day."""
        return self._run(WEEKLY_JOB, assets, partition_key=week_containing(day))

    def publish_snapshot(self) -> StageRun:
        """Materialize the serving snapshot."""
        return self._run(PUBLISH_JOB, ["serving_snapshot"])

    def run_all(
        self,
        first: date,
        last: date,
        *,
        training_day: date | None,
        archive: Path | None = None,
        report: Callable[[StageRun], None] = lambda _: None,
    ) -> list[StageRun]:
        """Every asset from the source to the snapshot, over days `first`..`last`.

        A model is trained for the week that holds `training_day`; with None the champion stays. `report` is
        told of each stage as it ends.
        """
        if first < FIRST_DAY:
            raise RunFailed(f"the first day can be {FIRST_DAY} at the earliest, not {first}")
        stages: list[Callable[[], StageRun]] = [
            lambda: self.run_days(["raw_observations"], first, last, archive=archive),
            lambda: self.run_days(["features"], first, last),
            lambda: self.run_days(["labels"], first, last),
        ]
        if training_day is not None:
            stages.append(lambda: self.run_week(WEEKLY_ASSETS, training_day))
        stages.append(lambda: self.run_days(["forecasts"], first, last))
        stages.append(lambda: self.run_days(["forecast_verification"], first, last))
        stages.append(lambda: self.run_days(["drift_alarms"], first, last))
        stages.append(self.publish_snapshot)
        # What was asked before is collected already, day by day.
        stages.append(lambda: self.run_days(["prediction_requests"], max(first, last - YESTERDAY), last))
        done = []
        for stage in stages:
            done.append(stage())
            report(done[-1])
        return done

    def first_missing_day(self, first: date, last: date) -> date:
        """First of these days that some daily asset lacks; the day after the last where none does."""
        made = set.intersection(
            *(set(self.instance.get_materialized_partitions(dg.AssetKey(asset))) for asset in _OF_EVERY_DAY)
        )
        day = first
        while day <= last and day.isoformat() in made:
            day += timedelta(days=1)
        return day

    def _run(
        self, job_name: str, assets: Sequence[str], *, config: dict[str, Any] | None = None, **how: Any
    ) -> StageRun:
        started = time.monotonic()
        result = self._definitions.resolve_job_def(job_name).execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            raise_on_error=False,
            run_config={**_QUIET, **(config or {})},
            **how,
        )
        if not result.success and any(_was_interrupted(event) for event in result.all_events):
            raise KeyboardInterrupt
        if not result.success:
            raise RunFailed(_first_failure(result))
        metadata: dict[str, dict[str, Any]] = {}
        for event in result.get_asset_materialization_events():
            materialized = event.materialization
            metadata[materialized.asset_key.to_user_string()] = {
                name: value.value for name, value in materialized.metadata.items()
            }
        return StageRun(tuple(assets), time.monotonic() - started, result.run_id, metadata)


def _was_interrupted(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error if event.is_step_failure else None
    return error is not None and error.cls_name == "DagsterExecutionInterruptedError"


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    failure = first_failure(result.all_events)
    return str(failure) if failure else f"run {result.run_id} failed"

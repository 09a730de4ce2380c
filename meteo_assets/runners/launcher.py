"""Dagster's end: starts, ends and watches runs that runners carry out. `dagster.yaml` names it.

dagster-celery's launcher does the starting. What it leaves out is here: its `terminate` does not say that a
run is to be canceled, so that Dagster takes it for failed and starts it again; of a runner that is gone it
goes on saying that it is at work; and it fails every run that is due while the broker is away.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, Self

import dagster as dg
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._serdes import ConfigurableClassData
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.defaults import task_default_queue
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from kombu.exceptions import OperationalError

from meteo_assets.broker_settings import BrokerSettings
from meteo_assets.runners import RUNNER_TAG, SETTINGS

PATIENCE: Final = 45
"""Seconds. Longer than a runner may wait (30) before it looks again for a broker that was away."""
ANSWER: Final = 5.0
"""Seconds that a runner may take to answer."""


class RunnerLauncher(CeleryRunLauncher):
    """Hands runs to the broker that `METEO_BROKER` names; raises `BrokerNotNamed` where it names none."""

    def __init__(self, patience_seconds: int, inst_data: ConfigurableClassData | None = None) -> None:
        self._patience = patience_seconds
        super().__init__(
            default_queue=task_default_queue,
            broker=BrokerSettings().broker_address(),
            config_source=dict(SETTINGS),
            inst_data=inst_data,
        )

    @classmethod
    def config_type(cls) -> Any:
        """No address: Dagster shows this part of its settings, and sends it along with every run."""
        said = "How long a runner may be silent before its run is told as failed."
        return {"patience_seconds": dg.Field(int, default_value=PATIENCE, description=said)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """As `dagster.yaml` says."""
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Hand a run over. Where the broker is away it goes back into the queue."""
        try:
            self._reach_broker()
            # It is registered with each run, and Celery warns where it is already.
            self.celery.tasks.pop(TASK_EXECUTE_JOB_NAME, None)
            super().launch_run(context)
        except OperationalError as error:  # no other kind than this one brings a run back into the queue
            raise DagsterUserCodeUnreachableError(f"The broker of the runners is away: {error}") from error

    def terminate(self, run_id: str) -> bool:
        """Ask whoever has it to end a run; gives whether there was anything to end."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        # A run that is told as canceling while nobody hears of it would be told as canceled, and go on.
        self._reach_broker()
        self._instance.report_run_canceling(run)
        self._end(run)
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether a runner says that it is at work on this run. Raises where the broker is away."""
        until = time.monotonic() + self._patience
        runner = run.tags.get(RUNNER_TAG)
        if runner and self._is_at_work(run, [runner]):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        while not self._is_at_work(run, None):
            now = self._instance.get_run_by_id(run.run_id)
            if now is None or now.is_finished:
                return CheckRunHealthResult(WorkerStatus.SUCCESS)
            if time.monotonic() > until:
                self._end(run)  # should it only have been slow
                return CheckRunHealthResult(WorkerStatus.FAILED, f"{runner or 'Its runner'} is gone.")
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def get_run_worker_debug_info(
        self,
        run: dg.DagsterRun,
        include_container_logs: bool | None = True,  # noqa: ARG002 (Dagster's signature)
    ) -> str:
        """Where to look for what became of a run."""
        return f"taken by {run.tags.get(RUNNER_TAG, 'nobody')}, task {self._task(run)}"

    @property
    def supports_resume_run(self) -> bool:
        """Runners begin runs, and none that was begun."""
        return False

    def _task(self, run: dg.DagsterRun) -> str | None:
        return run.tags.get(DAGSTER_CELERY_TASK_ID_TAG)

    def _reach_broker(self) -> None:
        with self.celery.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1)

    def _end(self, run: dg.DagsterRun) -> None:
        if task := self._task(run):
            self.celery.control.revoke(task, terminate=True)  # by SIGTERM

    def _is_at_work(self, run: dg.DagsterRun, runners: list[str] | None) -> bool:
        """Asks these runners, or all: then it takes `ANSWER` seconds, whoever answers."""
        answers = self.celery.control.inspect(runners, timeout=ANSWER).active() or {}
        return any(task["id"] == self._task(run) for tasks in answers.values() for task in tasks)


class RunnerQueue(QueuedRunCoordinator):
    """Dagster's queue, as it is. `max_concurrent_runs` is the number of runners, from the environment.

    Dagster takes that number from a variable only here, and beside limits of pools only under another name
    than its own.
    """

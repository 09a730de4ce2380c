"""`python -m meteo_assets.runners.runner [NAME]`: takes runs from the broker, and carries out one at a time.

It does nothing else that a message may ask for: dagster-celery's worker would also carry out steps, of code
that the message names. Of a message it takes the run's id; the run itself is read from Dagster's database. On
SIGTERM it brings its run to the end first.
"""

import sys
from typing import Any

import dagster as dg
from celery import Task
from celery.signals import task_prerun
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import unpack_value
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task

from meteo_assets.broker_settings import BrokerSettings
from meteo_assets.runners import RUNNER_TAG, SETTINGS

NAME = "runs@%h"
"""%h is the name of the machine."""


def tell_who_took_it(sender: Task, kwargs: dict[str, Any], **_: Any) -> None:
    """Write this runner's name on the run that it begins with."""
    run = unpack_value(kwargs["execute_job_args_packed"], as_type=ExecuteRunArgs)
    with dg.DagsterInstance.get() as instance:
        instance.add_run_tags(run.run_id, {RUNNER_TAG: sender.request.hostname})


def main() -> None:
    """Become Celery's worker."""
    app = make_app({"broker": BrokerSettings().broker_address(), "config_source": SETTINGS})
    create_execute_job_task(app)
    task_prerun.connect(tell_who_took_it)
    name = sys.argv[1] if len(sys.argv) > 1 else NAME
    # Without what runners have to tell each other: nothing.
    app.worker_main(
        [
            "worker",
            "-n",
            name,
            "--pool=prefork",
            "--concurrency=1",
            "--without-gossip",
            "--without-mingle",
            "-l",
            "INFO",
        ]
    )


if __name__ == "__main__":
    main()

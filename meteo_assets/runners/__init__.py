"""Runs on other machines: a launcher that hands each run to a broker, and runners that take them from it.

Beside Dagster's own way, where a run is a child of the code server; `run_launcher` in `dagster.yaml` says
which. Celery carries the messages; what a run is, and how it went, is in Dagster's database as ever.
"""

from typing import Final

from dagster_celery.config import DEFAULT_CONFIG
from dagster_celery.defaults import broker_transport_options

RUNNER_TAG: Final = "meteo/runner"
"""Tag of a run: which runner took it."""
SETTINGS: Final = {
    **DEFAULT_CONFIG,
    # How a run went is known from Dagster: no results in the broker, that could be lost with it.
    "task_ignore_result": True,
    # A runner's memory is given back after each run, and it takes none before it is free.
    "worker_max_tasks_per_child": 1,
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    # Else what a step prints goes into Celery's log, and Dagster's page of it stays empty.
    "worker_redirect_stdouts": False,
    # However long the broker is away. To a machine that is gone a connection would be tried for two minutes.
    "broker_transport_options": {**broker_transport_options, "socket_connect_timeout": 5.0},
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # Not `task_acks_late`: a message is done with once a runner has taken the run. Were it given out anew
    # when a runner dies, there would be two: Dagster starts another run in its place.
}
"""Celery's settings, of both sides."""

"""`python -m meteo_assets.code_server HOST PORT`: holds the pipeline's code and carries out its runs.

For a deployment where webserver and daemon are processes of their own, and this one, once there, starts
every run as a child. When it ends so do they, and nobody is left to say so: at the next start they are told
as failed, so that Dagster retries them and their place is free. Runs that runners carry out
(`meteo_assets/runners`) go on without it.
"""

import logging
import os
import sys

import dagster as dg

log = logging.getLogger(__name__)

UNDER_WAY = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
MESSAGE = "The code server ended while this run was under way, and the run with it."


def end_orphans(instance: dg.DagsterInstance) -> list[str]:
    """Tell runs that are under way as failed (or canceled, where that was asked); give their ids.

    Only before the code server starts: then none of them has a process, unless it is one of a runner.
    """
    if not isinstance(instance.run_launcher, dg.DefaultRunLauncher):
        return []
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=UNDER_WAY)):
        if run.status is dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, MESSAGE)
        else:
            instance.report_run_failed(run, MESSAGE)
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        ended.append(run.run_id)
    return ended


def main() -> None:
    """Tidy up, then become Dagster's gRPC server."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    host, port = sys.argv[1:]
    with dg.DagsterInstance.get() as instance:
        for run_id in end_orphans(instance):
            log.warning("run %s: %s", run_id, MESSAGE)
    command = ["dagster", "api", "grpc", "--host", host, "--port", port, "-m", "meteo_assets.definitions"]
    os.execvp(command[0], command)  # noqa: S606 (nothing in it is anyone's input)  # nosec B606


if __name__ == "__main__":
    main()

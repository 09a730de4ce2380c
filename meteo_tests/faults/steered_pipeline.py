"""A pipeline for a real daemon: a sensor that ticks each second, and runs that a test holds.

In the folder that `STEERED_FOLDER` names: `ticks` grows with each tick, each file `want-*` is asked for as
one run, runs wait while `hold` is there, and `runs` tells which began and ended in which process.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

FOLDER = Path(os.environ.get("STEERED_FOLDER", "."))
ASKED = "asked"


def note(file: str, line: str) -> None:
    with (FOLDER / file).open("a") as out:
        out.write(f"{line}\n")


@dg.op
def work(context: dg.OpExecutionContext) -> None:
    """Wait until the test lets go."""
    asked = context.run.tags[ASKED]
    note("runs", f"began {asked} {os.getpid()}")
    while (FOLDER / "hold").exists():
        time.sleep(0.1)
    note("runs", f"ended {asked} {os.getpid()}")


@dg.job
def daily() -> None:
    work()


@dg.sensor(job=daily, minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def wanted(_context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    """Ask for each run that is wanted, once."""
    note("ticks", "tick")
    for each in sorted(FOLDER.glob("want-*")):
        yield dg.RunRequest(run_key=each.name, tags={ASKED: each.name})


defs = dg.Definitions(jobs=[daily], sensors=[wanted], executor=dg.in_process_executor)

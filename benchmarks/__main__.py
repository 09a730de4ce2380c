"""`make bench`: every benchmark, or those named. Each prints a table; its last line sums it up."""

import importlib
import os
import sys
import traceback

from benchmarks.report import machine

BENCHMARKS = {
    "events": "Dagster's stock event log against ours, on one range of days",
    "pipeline": "the whole record in one command, against a run for each day and plain pandas",
    "scale": "the network grown to 20,000 stations: rows a second, memory, exponent of growth, Dask workers",
    "ingest": "documents fetched and read over HTTP, against plain HTTP",
    "serving": "the service under load, against a handler that predicts nothing and the usual ways to serve",
    "drift": "false alarms and delays on the real archive, beside the rule of older systems and Evidently",
    "warehouse": "a year of 49 stations written and read, in a file and in a lake",
    "skill": "scores on the real archive, year by year and on fixed splits, beside the classic pipeline",
}


def main(names: list[str]) -> int:
    """Run these benchmarks; give 1 where any could not measure."""
    wanted = list(BENCHMARKS) if names in ([], ["all"]) else names
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    print(machine())
    failed = []
    for name in wanted:
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        environment = dict(os.environ)
        try:
            importlib.import_module(f"benchmarks.{name}").run()
        except Exception:
            traceback.print_exc()
            failed.append(name)
        finally:  # where one has its state is nothing to the next
            os.environ.clear()
            os.environ.update(environment)
    if failed:
        print(f"\nCould not measure: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

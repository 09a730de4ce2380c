"""The whole record from archive to forecasts: one command, a Dagster run for each day, and plain pandas."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from benchmarks.report import archive, show
from meteo_assets.pipeline import open_pipeline
from meteo_assets.settings import Settings
from meteo_core.sources.archive import Archive

SINGLE_DAYS: Final = 20
"""Days of which each is a run of its own; the rest is extrapolated."""
EACH_DAY: Final = (
    *("raw_observations", "features", "labels", "forecasts"),
    *("forecast_verification", "drift_alarms"),
)
WEEKLY: Final = "rain_model"
"""What plain pandas does of the weekly run, which also compares, promotes and writes Evidently's report."""


def run() -> None:
    """Print seconds for the whole record each way, with peaks of memory; needs the archive."""
    file = archive()
    first, last = Archive(file).days()
    days = (last - first).days + 1
    with tempfile.TemporaryDirectory() as folder:
        imported, stages, import_mib = _import(file, Path(folder) / "state")
        each_day = _a_run_for_each_day(file, Path(folder) / "state", last)
        plain, plain_stages, plain_mib = _plain(file, Path(folder) / "plain")

    show(
        ["stage", "one command, s", "plain pandas, s"],
        [
            (
                stage,
                f"{stages.get(stage, 0):.1f}",
                f"{plain_stages[stage]:.1f}" if stage in plain_stages else "",
            )
            for stage in [*stages, *(stage for stage in plain_stages if stage not in stages)]
        ],
    )
    extrapolated = each_day * days + stages[WEEKLY]
    show(
        ["way", "days measured", f"{days} days, s", "peak MiB"],
        [
            ("meteo history import, one command", days, f"{imported:.0f}", f"{import_mib:.0f}"),
            ("a run for each day", SINGLE_DAYS, f"{extrapolated:.0f} (extrapolated)", ""),
            ("plain pandas, no orchestrator", days, f"{plain:.0f}", f"{plain_mib:.0f}"),
        ],
    )
    print(
        f"pipeline: one command takes {imported:.0f} s for {days} days with training, "
        f"{imported / plain:.2f} times plain pandas; a run for each day, {each_day:.2f} s each, "
        f"{extrapolated / imported:.0f} times as long as the command"
    )


def _import(file: Path, home: Path) -> tuple[float, dict[str, float], float]:
    """Seconds in all and for each stage, and peak MiB, of the command in a process of its own."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "meteo_cli", "history", "import", str(file), "--home", str(home)],
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    stages = {name: float(took) for name, took in re.findall(r"done\s+(\w+)\s+([\d.]+) s\b", done.stdout)}
    stages[WEEKLY] = stages.pop("drift_report")  # the weekly run's time stands beside its first asset
    peak = re.search(r"at most ([\d.]+) GB", done.stdout)
    if peak is None:
        raise RuntimeError(f"the import did not say what it took:\n{done.stdout}")
    return seconds, stages, float(peak[1]) * 1e9 / 2**20


def _a_run_for_each_day(file: Path, home: Path, last: date) -> float:
    """Seconds a day, where each of the last few days is a run of its own, in a process that is warm."""
    os.environ["METEO_HOME"] = str(home)
    with open_pipeline(Settings()) as pipeline:
        pipeline.run_days(EACH_DAY, last, last, archive=file)
        started = time.perf_counter()
        for back in range(SINGLE_DAYS):
            day = last - timedelta(days=back)
            pipeline.run_days(EACH_DAY, day, day, archive=file)
        return (time.perf_counter() - started) / SINGLE_DAYS


def _plain(file: Path, folder: Path) -> tuple[float, dict[str, float], float]:
    """The same of plain pandas."""
    folder.mkdir()
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plain_pandas", str(file), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    said = json.loads(done.stdout.splitlines()[-1])
    return seconds, said["seconds"], said["peak_mib"]

"""A range of days as one run against a run for each day, through the daily assets of a real pipeline."""

import os
import tempfile
import time
from datetime import date, timedelta

from benchmarks.report import show
from meteo_assets.pipeline import open_pipeline
from meteo_assets.settings import Settings

FIRST = date(2024, 1, 1)
SINGLE_DAYS = 20
RANGE_DAYS = 400
ASSETS = ["raw_observations", "features", "labels"]


def run() -> None:
    """Print days a second either way; the run for each day is measured on a few days and extrapolated."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["METEO_HOME"] = folder
        with open_pipeline(Settings()) as pipeline:
            pipeline.run_days(["raw_observations"], FIRST, FIRST)  # simulator and imports warm for both

            started = time.perf_counter()
            for offset in range(SINGLE_DAYS):
                day = FIRST + timedelta(days=offset)
                pipeline.run_days(ASSETS, day, day)
            each_day = (time.perf_counter() - started) / SINGLE_DAYS

            started = time.perf_counter()
            pipeline.run_days(ASSETS, FIRST, FIRST + timedelta(days=RANGE_DAYS - 1))
            in_range = (time.perf_counter() - started) / RANGE_DAYS
    show(
        ["way", "days measured", "ms a day", f"{RANGE_DAYS} days, s"],
        [
            (
                "a run for each day",
                SINGLE_DAYS,
                f"{each_day * 1e3:.0f}",
                f"{each_day * RANGE_DAYS:.0f} (extrapolated)",
            ),
            ("one run for the range", RANGE_DAYS, f"{in_range * 1e3:.0f}", f"{in_range * RANGE_DAYS:.1f}"),
        ],
    )
    print(
        f"pipeline: one run for {RANGE_DAYS} days is {each_day / in_range:.0f} times as fast as one for each"
    )

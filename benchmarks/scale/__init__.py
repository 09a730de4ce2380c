"""The network grown to thousands of stations, through every stage from raw to hindcast, in bounded memory.

Each size runs in a process of its own. `METEO_BENCH_STATIONS` (by comma) and `METEO_BENCH_DAYS` choose others
than the usual, `METEO_BENCH_WORKERS=0` leaves Dask out. Raises `TargetMissed` where memory or growth do.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.report import show
from benchmarks.scale.grown import GrownNetwork
from meteo_core.compute.engine import InProcess, engine
from meteo_core.compute.windows import split
from meteo_core.features.daily import LOOK_BACK_DAYS, features_since
from meteo_core.features.predictor_table import Variant
from meteo_core.model.recipe import Recipe
from meteo_core.stations import TABLE, stations

STATIONS: Final = (500, 5_000, 20_000)
DAYS: Final = 400
"""The same for every size, so that rows grow as stations do; more than the year that a training takes."""
MOST_MB: Final = 4_096.0
MOST_EXPONENT: Final = 1.1
STAGES: Final = ("raw", "features", "labels", "training", "hindcast")
_DASK_STATIONS: Final = 2_000
_DASK_DAYS: Final = 180
_TREES: Final = 120
_TREE_ROWS: Final = 200_000
_TREE_PREDICTORS: Final = 150
"""About the rows and columns of a training."""


class TargetMissed(AssertionError):
    """More memory, or faster growth, than is bearable."""


@dataclass(frozen=True)
class Size:
    """What one size took."""

    stations: int
    stages: dict[str, dict[str, Any]]


def run() -> None:
    """Measure every size, then how one and two Dask workers compare."""
    chosen = os.environ.get("METEO_BENCH_STATIONS")
    sizes = [int(size) for size in chosen.split(",")] if chosen else list(STATIONS)
    days = int(os.environ.get("METEO_BENCH_DAYS", DAYS))
    measured = []
    for size in sizes:
        measured.append(measure(size, days))
        _show(measured[-1], days)
    exponents = _exponents(measured)
    if exponents:
        show(["stage", "exponent of growth"], [(name, f"{each:.2f}") for name, each in exponents.items()])
    if os.environ.get("METEO_BENCH_WORKERS") != "0":
        _compare_workers(min(_DASK_STATIONS, max(sizes)), min(days, _DASK_DAYS))

    peak = max(stage["peak_mb"] for size in measured for stage in size.stages.values())
    growth = max(exponents.values(), default=math.nan)
    print(
        f"scale: {sizes[0]:,} to {sizes[-1]:,} stations x {days} days, most memory {peak:,.0f} MB (target "
        f"{MOST_MB:,.0f}), steepest exponent {growth:.2f} (target {MOST_EXPONENT})"
    )
    if peak > MOST_MB or growth > MOST_EXPONENT:
        raise TargetMissed(f"memory {peak:,.0f} MB or exponent {growth:.2f} miss the target")


def measure(size: int, days: int) -> Size:
    """Every stage of a network of so many stations, in a process of its own; raises where that fails."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "stations.csv"
        GrownNetwork(tuple(stations().values()), size).write(table)
        # BLAS would take every core: what is measured is one process at work, as a run is.
        environment = os.environ | {TABLE: str(table), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.scale.stages", str(size), str(days), folder]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = [json.loads(line) for line in process.stdout if line.startswith("{")]
    if process.returncode:
        raise RuntimeError(f"{size} stations: the process ended with {process.returncode}")
    return Size(size, {stage.pop("stage"): stage for stage in told})


def _show(size: Size, days: int) -> None:
    show(
        [
            f"{size.stations:,} stations x {days} days",
            "station days",
            "s",
            "of a core, s",
            "rows a second",
            "peak MB",
        ],
        [
            (
                name,
                f"{stage['rows']:,}",
                f"{stage['seconds']:.1f}",
                f"{stage['cpu_seconds']:.1f}",
                f"{stage['rows'] / stage['seconds']:,.0f}",
                f"{stage['peak_mb']:,.0f}",
            )
            for name, stage in size.stages.items()
        ],
    )
    training = size.stages["training"]
    print(f"members taught by {training['taught']:,} station days; ROC area {training['roc_area']:.3f}")


def _exponents(measured: Sequence[Size]) -> dict[str, float]:
    """For each stage how the work of a day of the network grows with its stations, as a power.

    By the day, so that a stage over fewer days counts alike; in seconds of a core, so that what else the
    machine does is not counted.
    """
    if len(measured) < 2:
        return {}
    stations_ = np.log([size.stations for size in measured])
    found = {}
    for name in STAGES:
        stages = [size.stages[name] for size in measured]
        per_day = [
            stage["cpu_seconds"] / stage["rows"] * size.stations
            for stage, size in zip(stages, measured, strict=True)
        ]
        found[name] = float(np.polyfit(stations_, np.log(per_day), 1)[0])
    return found


def _compare_workers(count: int, days: int) -> None:
    """Features of the same range and trees on the same rows, in this process, on one worker and on two."""
    from distributed import LocalCluster

    network = GrownNetwork(tuple(stations().values()), count)
    first, last = date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=days - 1)
    observations = network.days(first, last)
    observations = observations.assign(rain_today=observations["rainfall"] > 1.0)

    def pieces() -> Iterator[tuple[Any, date]]:
        for window in split(first, last, days=LOOK_BACK_DAYS):
            begin = np.datetime64(window.first - timedelta(days=LOOK_BACK_DAYS))
            here = (observations["date"] >= begin) & (observations["date"] <= np.datetime64(window.last))
            yield observations[here], window.first

    rows = []
    for workers in (0, 1, 2):
        if not workers:
            seconds = _timed(InProcess(), pieces())
        else:
            here: Any = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")
            with here, engine(here.scheduler_address) as compute:
                list(compute.map(_warm, range(2 * workers)))
                seconds = _timed(compute, pieces())
        rows.append((workers or "none, in process", *(f"{each:.1f}" for each in seconds)))
    show(
        [
            "Dask workers",
            f"features of {count:,} stations x {days} days, s",
            f"{_TREES} trees on {_TREE_ROWS:,} rows x {_TREE_PREDICTORS}, s",
        ],
        rows,
    )


def _timed(compute: Any, pieces: Iterator[Any]) -> tuple[float, float]:
    """Seconds for the features of the pieces, and for the trees."""
    started = time.perf_counter()
    for _ in compute.map(_features_of, pieces):
        pass
    features = time.perf_counter() - started

    chance = np.random.default_rng(0)
    matrix = chance.normal(size=(_TREE_ROWS, _TREE_PREDICTORS)).astype(np.float32)
    outcomes = (matrix[:, 0] + chance.normal(size=_TREE_ROWS) > 0).astype(float)
    names = [f"predictor_{number}" for number in range(_TREE_PREDICTORS)]
    started = time.perf_counter()
    compute.grow(matrix, outcomes, names=names, settings=Recipe().for_xgboost(Variant.FULL), rounds=_TREES)
    return features, time.perf_counter() - started


def _features_of(piece: tuple[Any, date]) -> Any:
    return features_since(*piece)


def _warm(_: int) -> None:
    import meteo_core.features.daily  # noqa: F401

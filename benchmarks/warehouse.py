"""A year of 49 stations written and read: the single file beside a lake, in the same run.

The lake's catalog is a PostgreSQL of its own on this machine, its files are on the same disk as the single
file. Four writers at once show what a lake is for: they take turns at the file, and not at the lake.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import stamina

from benchmarks.report import show
from meteo_core.features.daily import build_features
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.warehouse import Warehouse
from meteo_tests.lakes import lake_at, running_lakes

FIRST, LAST = date(2020, 1, 1), date(2020, 12, 31)
ROUNDS = 3
"""The middle one of which counts."""
TABLE = "features.daily"
QUARTERS = [(date(2020, month, 1), date(2020, month, 28)) for month in (1, 4, 7, 10)]


def run() -> None:
    """Print seconds in either place and their ratio."""
    stamina.instrumentation.set_on_retry_hooks([])
    features = build_features(WeatherGenerator(2007).days(FIRST, LAST))
    with tempfile.TemporaryDirectory(prefix="meteo-bench-") as folder, _places(Path(folder)) as places:
        measured = {
            f"write a year, {len(features):,} rows of {features.shape[1]} columns": [
                _seconds(lambda at=at: at.replace(TABLE, features, FIRST, LAST)) for at in places
            ],
            "write it again": [
                _seconds(lambda at=at: at.replace(TABLE, features, FIRST, LAST)) for at in places
            ],
            "replace one day": [
                _seconds(lambda at=at: at.replace(TABLE, _days(features, LAST, LAST), LAST, LAST))
                for at in places
            ],
            "read the year": [_seconds(lambda at=at: at.read(TABLE)) for at in places],
            "read a month": [
                _seconds(lambda at=at: at.read(TABLE, LAST - timedelta(days=30), LAST)) for at in places
            ],
            "read 5 columns of the year": [
                _seconds(lambda at=at: at.read(TABLE, columns=features.columns[:5].tolist())) for at in places
            ],
            "four writers, a month each": [
                _seconds(lambda at=at: _four_at_once(at, features)) for at in places
            ],
        }
        rows = [len(at.read(TABLE)) for at in places]
    if rows != [len(features)] * 2:
        raise RuntimeError(f"written were {len(features)} rows, read {rows}")
    show(
        ["", "file, s", "lake, s", "lake / file"],
        [(what, f"{a:.2f}", f"{b:.2f}", f"{b / a:.1f}") for what, (a, b) in measured.items()],
    )
    year, read = measured[next(iter(measured))], measured["read the year"]
    print(
        f"warehouse: a year of 49 stations takes {year[1] / year[0]:.1f} times as long to write to a lake on "
        f"the same disk as to a file, and {read[1] / read[0]:.1f} times as long to read"
    )


@contextmanager
def _places(folder: Path) -> Iterator[tuple[Warehouse, Warehouse]]:
    """Both places, each with its tables, for the time of the `with` block."""
    with running_lakes(folder) as lakes:
        yield Warehouse(folder / "meteo.duckdb"), lake_at(lakes.address(folder / "shared"), folder / "shared")


def _seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return sorted(taken)[ROUNDS // 2]


def _days(rows: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return rows[rows["date"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _four_at_once(at: Warehouse, features: pd.DataFrame) -> None:
    with ThreadPoolExecutor(len(QUARTERS)) as pool:
        list(pool.map(lambda days: at.replace(TABLE, _days(features, *days), *days), QUARTERS))

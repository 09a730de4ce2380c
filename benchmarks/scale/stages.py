"""One size of the scale bench, in a process of its own: `benchmarks.scale.stages COUNT DAYS FOLDER`."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from benchmarks.scale.grown import SEED, GrownNetwork
from meteo_core.calendar import Issue
from meteo_core.compute.engine import InProcess
from meteo_core.compute.windows import days_at_once, split
from meteo_core.daily_tables import make_features, make_labels
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.forecasting import make_forecasts
from meteo_core.model.rain_models import RainModels
from meteo_core.model.recipe import Recipe
from meteo_core.model.stored_record import stored_record
from meteo_core.model.training import train_on
from meteo_core.quality import inspect, newest_of_each_day
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse

FIRST: Final = date(2020, 1, 1)
RECIPE: Final = Recipe(trees=100, networks=1, epochs=2, epochs_local=2, last_steps=(3e-4,))
"""A quick one: how a training grows is what is measured, not what comes of it."""
HINDCAST_STATION_DAYS: Final = 1_000_000
"""At most, so that the largest size ends in time; the last days of the record."""
_STATUS: Final = Path("/proc/self/status")


def peak_mb() -> float:
    """Most memory that this process has held since `forget_peak`, MB (VmHWM of Linux)."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def forget_peak() -> None:
    """Begin to measure anew."""
    Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def stage(name: str, rows: int) -> Iterator[dict[str, object]]:
    """Measure a stage and print it as a line of JSON; whoever runs it may add to what is told."""
    forget_peak()
    told: dict[str, object] = {"stage": name, "rows": rows}
    started, worked = time.perf_counter(), time.process_time()
    yield told
    told |= {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - worked}
    print(json.dumps(told | {"peak_mb": peak_mb()}), flush=True)


def run(count: int, days: int, folder: Path) -> None:
    """Every stage for a network of so many stations over so many days."""
    warehouse = Warehouse(folder / "meteo.duckdb")
    last = FIRST + timedelta(days=days - 1)
    rows = count * days
    with stage("raw", rows):
        ingest(warehouse, GrownNetwork(tuple(_real()), count), last)
    with stage("features", rows):
        make_features(warehouse, FIRST, last, stations=count, compute=InProcess())
    with stage("labels", rows):
        make_labels(warehouse, FIRST, last, stations=count)
    with stage("training", rows) as told:
        trained = train_on(stored_record(warehouse, last, days_at_once=days_at_once(count)), recipe=RECIPE)
        told |= {"taught": trained.model.card["rows"], "roc_area": trained.scores.roc_area}
    hindcast_days = min(days, HINDCAST_STATION_DAYS // count)
    with stage("hindcast", count * hindcast_days):
        models = RainModels({Issue.EVENING: trained.model})
        first = last - timedelta(days=hindcast_days - 1)
        for window in split(first, last, days=days_at_once(count)):
            features = warehouse.read(
                "features.daily", window.first - timedelta(days=PREDICTOR_LOOK_BACK_DAYS), window.last
            )
            warehouse.issue_forecasts(make_forecasts(models, features, since=window.first, version=1))


def ingest(warehouse: Warehouse, network: GrownNetwork, last: date) -> None:
    """Weather as documents of a source, inspected and kept as an ingestion does."""
    now = datetime.now(UTC)
    for window in split(FIRST, last, days=days_at_once(len(network.stations))):
        observations = network.days(window.first, window.last)
        document = Delivery("simulator", f"seed {SEED}", now, b"", observations)
        inspection = inspect([document])
        warehouse.add_revisions(
            newest_of_each_day(inspection.observations),
            inspection.findings,
            pd.DataFrame(columns=["origin", "station", "kind", "reason", "found_at"]),
        )


def _real() -> list:
    return [place for place in stations().values() if not place.station.startswith("Grown")]


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))

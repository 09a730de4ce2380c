"""Processes that write a window and are killed: `killed_writer.py FILE TIMES`. Tells what stays each time."""

import os
import random
import signal
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from meteo_core.warehouse import Warehouse
from meteo_tests.core.days import days_of

FIRST = date(2020, 6, 1)
DAYS = 400
LONGEST_SECONDS = 0.8


def _window(rain: float) -> pd.DataFrame:
    keys = days_of(first=FIRST, rainfall=[rain] * DAYS)[["station", "date"]]
    return keys.assign(rain_mm=rain, ge_0_2=False, gt_1_0=False, ge_5_0=False, ge_10_0=False, ge_25_0=False)


def _write_on_and_on(path: Path) -> None:
    warehouse = Warehouse(path)
    version = float(warehouse.read("labels.daily")["rain_mm"].max())
    while True:
        version += 1.0
        warehouse.replace("labels.daily", _window(version), FIRST, FIRST + timedelta(days=DAYS - 1))


def main() -> None:
    """Kill as many writers as asked for, each at a moment of chance; tell rows and versions after each."""
    path, times = Path(sys.argv[1]), int(sys.argv[2])
    Warehouse(path).replace("labels.daily", _window(0.0), FIRST, FIRST + timedelta(days=DAYS - 1))
    chance = random.Random(20)
    for _ in range(times):
        writer = os.fork()
        if writer == 0:
            _write_on_and_on(path)
        time.sleep(0.02 + chance.random() * LONGEST_SECONDS)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        rain = Warehouse(path).read("labels.daily")["rain_mm"]
        sys.stdout.write(f"{len(rain)} {rain.nunique()} {rain.max():.0f}\n")


if __name__ == "__main__":
    main()

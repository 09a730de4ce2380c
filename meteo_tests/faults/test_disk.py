"""A disk that is full, and one that may not be written to."""

import os
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from meteo_core.warehouse import Warehouse, WarehouseError
from meteo_tests.core.days import days_of

FIRST = date(2020, 6, 1)


def window(days: int, rain: float) -> pd.DataFrame:
    keys = days_of(first=FIRST, rainfall=[rain] * days)[["station", "date"]]
    return keys.assign(rain_mm=rain, ge_0_2=False, gt_1_0=False, ge_5_0=False, ge_10_0=False, ge_25_0=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.fault("disk full during a write", "one clear error, the old window as it was, later writes work")
def test_a_full_disk_leaves_the_window_as_it_was(small_disk: Path):
    warehouse = Warehouse(small_disk / "meteo.duckdb")
    warehouse.replace("labels.daily", window(30, 1.0), FIRST, FIRST + timedelta(days=29))
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    ballast.write_bytes(b"\0" * (free - 64 * 1024))

    many = pd.concat([window(20_000, 2.0).assign(station=f"S{number}") for number in range(20)])
    with pytest.raises(WarehouseError, match=r"disk|space|No space"):
        warehouse.replace("labels.daily", many, FIRST, FIRST + timedelta(days=19_999))
    ballast.unlink()

    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [1.0] * 30
    warehouse.replace("labels.daily", window(30, 3.0), FIRST, FIRST + timedelta(days=29))
    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [3.0] * 30


@pytest.fixture
def read_only_disk(small_disk: Path) -> Iterator[Path]:
    Warehouse(small_disk / "meteo.duckdb").replace(
        "labels.daily", window(3, 1.0), FIRST, FIRST + timedelta(days=2)
    )
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    yield small_disk
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)


@pytest.mark.fault("read-only volume", "reading goes on, writing is one clear error")
def test_a_read_only_disk_can_be_read_and_says_so_when_written_to(read_only_disk: Path):
    warehouse = Warehouse(read_only_disk / "meteo.duckdb")

    assert warehouse.read("labels.daily")["rain_mm"].tolist() == [1.0] * 3
    with pytest.raises(WarehouseError, match=r"[Rr]ead-only"):
        warehouse.replace("labels.daily", window(3, 2.0), FIRST, FIRST + timedelta(days=2))

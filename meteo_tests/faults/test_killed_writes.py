"""A process that is killed while it writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from meteo_tests.faults.killed_writer import DAYS

TIMES = 20


@pytest.mark.fault(
    "kill -9 of a run while it writes, 20 times at random", "the old window or the new, never half; no repair"
)
def test_a_killed_writer_leaves_the_old_window_or_the_new_one(tmp_path: Path):
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "meteo_tests.faults.killed_writer",
            str(tmp_path / "meteo.duckdb"),
            str(TIMES),
        ],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    seen = [tuple(map(int, line.split())) for line in told.stdout.splitlines()]

    assert told.returncode == 0, told.stderr
    assert [(rows, versions) for rows, versions, _ in seen] == [(DAYS, 1)] * TIMES
    newest = [version for *_, version in seen]
    assert newest == sorted(newest)
    # They did write: a test in which nobody got that far would say nothing.
    assert newest[-1] >= 3

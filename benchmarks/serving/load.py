"""Load from one core upon a server on another, and what came of it."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

LOAD_CORE: Final = "1"
CONNECTIONS: Final = 32
SCRIPT: Final = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Target:
    """An address, and what it is asked."""

    name: str
    server: str
    """`http://127.0.0.1:port`."""
    path: str
    bodies: Path | None = None
    """A JSON body in each line; None asks with GET."""
    token: str = ""


@dataclass(frozen=True)
class Measured:
    """One round: requests a second, and how long half and 99 of 100 of them took at most, ms."""

    per_second: float
    p50_ms: float
    p99_ms: float


def require_wrk() -> None:
    """Raise RuntimeError that says what to install."""
    for program, package in {"wrk": "wrk", "taskset": "util-linux"}.items():
        if shutil.which(program) is None:
            raise RuntimeError(f"{program} is not installed (Debian: apt-get install {package})")


def load(target: Target, *, seconds: float, seed: int) -> Measured:
    """Ask over 32 connections for some seconds; raises RuntimeError where any answer was not a success."""
    command = [
        *("taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s"),
        *("-s", str(SCRIPT), target.server, "--", "GET" if target.bodies is None else "POST", target.path),
        *(str(target.bodies or ""), target.token, str(seed)),
    ]
    told = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    lines = [line for line in told.stdout.splitlines() if line.startswith("MEASURED ")]
    if told.returncode or not lines:
        raise RuntimeError(f"wrk failed on {target.name}: {told.stdout}{told.stderr}")
    counted = json.loads(lines[-1].removeprefix("MEASURED "))
    if counted["refused"] or counted["broken"] or not counted["requests"]:
        raise RuntimeError(
            f"{target.name}: of {counted['requests']} requests {counted['refused']} were answered with an "
            f"error and {counted['broken']} not at all"
        )
    return Measured(counted["requests"] / counted["seconds"], counted["p50_ms"], counted["p99_ms"])


def middle(rounds: Sequence[Measured]) -> Measured:
    """The median of each figure."""
    return Measured(
        median(each.per_second for each in rounds),
        median(each.p50_ms for each in rounds),
        median(each.p99_ms for each in rounds),
    )

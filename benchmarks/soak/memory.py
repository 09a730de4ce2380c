"""Memory of every process that stays, and whether it is level."""

from collections.abc import Sequence
from statistics import median
from typing import Final

import numpy as np
import psutil

MOST_GROWTH: Final = 0.10
MOST_GROWTH_MB: Final = 50.0
"""Growth that is no leak: caches fill, an allocator keeps what it had."""


class Memory:
    """Resident memory of a process and all that descend from it, sampled now and then."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self.samples: dict[tuple[int, str], list[tuple[float, float]]] = {}
        """By process and what it is: seconds since the start, and MB."""

    def sample(self, at: float) -> None:
        """Note what each process holds, `at` seconds after the start."""
        for process in (self._root, *self._root.children(recursive=True)):
            try:
                megabytes = process.memory_info().rss / 1e6
                key = (process.pid, name_of(process.cmdline()))
            except psutil.Error:  # a run that has just ended
                continue
            self.samples.setdefault(key, []).append((at, megabytes))

    def of_those_that_stay(self, warm_up: float) -> dict[str, list[tuple[float, float]]]:
        """Samples after the warm-up of the processes that were there from then until the end."""
        newest = max((series[-1][0] for series in self.samples.values()), default=0.0)
        stayed = {
            key: [sample for sample in series if sample[0] >= warm_up]
            for key, series in self.samples.items()
            if series[0][0] <= warm_up and series[-1][0] == newest
        }
        names = [name for _, name in stayed]
        return {
            name if names.count(name) == 1 else f"{name} ({pid})": series
            for (pid, name), series in stayed.items()
            if series
        }


def name_of(command: Sequence[str]) -> str:
    """What a process of the stack is, from its command."""
    words = " ".join(command)
    for told, name in {
        "meteo_cli demo": "demo",
        "meteo_cli simulate": "simulated site",
        "meteo_api": "service",
        "dagster._daemon": "Dagster daemon",
        "dagster-webserver": "Dagster webserver",
        "dagster_webserver": "Dagster webserver",
        "dagster code-server": "Dagster code server's keeper",
        "dagster api grpc": "Dagster code server",
        "-m dagster dev": "Dagster dev",
        "mlflow": "MLflow",
        "multiprocessing.resource_tracker": "resource tracker",
        "multiprocessing": "run",
    }.items():
        if told in words:
            return name
    return words[-40:] or "process"


def is_level(series: Sequence[tuple[float, float]]) -> bool:
    """Whether the last third's median is within a tenth, or 50 MB, of the first third's."""
    first, last = thirds(series)
    return last <= first + max(MOST_GROWTH * first, MOST_GROWTH_MB)


def thirds(series: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Medians of the first and of the last third, in MB."""
    size = max(1, len(series) // 3)
    values = [megabytes for _, megabytes in series]
    return median(values[:size]), median(values[-size:])


def slope(series: Sequence[tuple[float, float]]) -> float:
    """Megabytes an hour, from a straight line through the samples."""
    if len(series) < 3:
        return 0.0
    at, megabytes = np.array(series).T
    return float(np.polyfit(at / 3600, megabytes, 1)[0])

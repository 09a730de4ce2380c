"""`make soak`: half an hour of load while the pipeline works; exits with 1 where anything failed.

`METEO_SOAK_MINUTES` makes it shorter.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.report import machine, show
from benchmarks.soak.load import RATE, Asked, Load, percentile
from benchmarks.soak.memory import MOST_GROWTH, MOST_GROWTH_MB, Memory, is_level, slope, thirds
from benchmarks.soak.pipeline import Administrator
from benchmarks.soak.questions import Questions
from benchmarks.soak.stack import NotStarted, Stack, started
from meteo_cli.signals import interrupts_raise

WARM_UP: Final = 0.2
"""Share of the time after which memory is looked at."""
SAMPLE_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0
"""An answer that takes longer counts as none."""


@dataclass(frozen=True, slots=True)
class Soak:
    """Who takes part, and for how many seconds."""

    load: Load
    questions: Questions
    administrator: Administrator
    memory: Memory
    stack: Stack
    seconds: float


async def _soak(stack: Stack, seconds: float, memory: Memory) -> tuple[Soak, list[str]]:
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
    async with (
        httpx.AsyncClient(base_url=stack.api, timeout=ANSWER_SECONDS, limits=limits) as client,
        httpx.AsyncClient(base_url=stack.api, timeout=2 * ANSWER_SECONDS) as other,
    ):
        questions = Questions(client, stack.passwords)
        await questions.prepare()
        administrator = Administrator(other, stack.passwords["admin"])
        soak = Soak(Load(questions.kinds), questions, administrator, memory, stack, seconds)
        began = time.monotonic()
        watching = asyncio.create_task(_watch(soak, began))
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(soak.load.run(began + seconds))
                together.create_task(administrator.run(began + seconds))
        finally:
            watching.cancel()
        stack.require_alive()
        strangers = questions.versions - await administrator.champions()
        return soak, [f"version {each} answered and was never champion" for each in sorted(strangers)]


async def _watch(soak: Soak, began: float) -> None:
    """Sample memory, and say each minute how it goes."""
    minute = 0
    while True:
        at = time.monotonic() - began
        soak.memory.sample(at)
        if at // 60 > minute:
            minute = int(at // 60)
            asked, failed = _counted(soak)
            done = ", ".join(f"{count} x {what}" for what, count in soak.administrator.done.items())
            print(
                f"  {minute:3} min  {asked:6,} requests, {failed} failed; done: {done or 'nothing'}; "
                f"now: {soak.administrator.doing}; load of the machine {os.getloadavg()[0]:.0f}",
                flush=True,
            )
        await asyncio.sleep(SAMPLE_SECONDS)


def _kinds(soak: Soak) -> dict[str, Asked]:
    """What was asked, by whom and how often."""
    return {**soak.load.asked, "administration": soak.administrator.asked}


def _counted(soak: Soak) -> tuple[int, int]:
    """Requests in all, and how many of them failed."""
    kinds = _kinds(soak).values()
    return sum(len(kind.seconds) for kind in kinds), sum(kind.failed for kind in kinds)


def _report(soak: Soak, wrong: list[str]) -> int:
    """Print what was seen; give 1 where anything failed."""
    print()
    show(
        ("requests", "asked", "failed", "p50 ms", "p99 ms"),
        [
            (
                name,
                f"{len(kind.seconds):,}",
                kind.failed,
                f"{percentile(kind.seconds, 0.5):.1f}",
                f"{percentile(kind.seconds, 0.99):.1f}",
            )
            for name, kind in _kinds(soak).items()
        ],
    )
    stayed = soak.memory.of_those_that_stay(WARM_UP * soak.seconds)
    show(
        ("process", "first third MB", "last third MB", "MB an hour", "memory"),
        [
            (
                name,
                *(f"{value:.0f}" for value in thirds(series)),
                f"{slope(series):+.0f}",
                "level" if is_level(series) else "grows",
            )
            for name, series in stayed.items()
        ],
    )
    print(
        f"Memory after {WARM_UP:.0%} of the time; level: the median of the last third at most "
        f"{MOST_GROWTH:.0%} or {MOST_GROWTH_MB:.0f} MB above that of the first."
    )
    done = soak.administrator.done
    asked, failed = _counted(soak)
    print(
        f"{done['ingest']} ingestions, {done['train']} trainings, {done['promote']} promotions, "
        f"{done['rollback']} rollbacks; under way at the end: "
        f"{', '.join(soak.administrator.called_off) or 'nothing'}; "
        f"{soak.questions.unchanged:,} reads answered with 304."
    )
    growing = [f"memory of {name} grows" for name, series in stayed.items() if not is_level(series)]
    said = [f"{words} ({count} times)" for words, count in soak.load.failures.most_common()]
    troubles = [*said, *soak.administrator.failures, *growing, *wrong]
    for trouble in troubles:
        print(f"  FAILED  {trouble}")
    print(
        f"{soak.seconds / 60:.0f} minutes at {RATE:.0f} requests/s: {asked:,} requests, {failed} failed, "
        f"memory {'level' if not growing else 'grows'}: {'all as it should be' if not troubles else 'FAILED'}"
    )
    return 1 if troubles else 0


def main() -> int:
    """Start the stack, load it, stop it, report."""
    minutes = float(os.environ.get("METEO_SOAK_MINUTES", "30"))
    print(machine())
    with interrupts_raise(), tempfile.TemporaryDirectory(prefix="meteo-soak-") as folder:
        try:
            print("Building and starting the stack (as `meteo demo` does) ...", flush=True)
            with started(Path(folder)) as stack:
                print(f"{minutes:g} minutes of load at {RATE:.0f} requests/s on {stack.api}", flush=True)
                soak, wrong = asyncio.run(_soak(stack, 60 * minutes, Memory(stack.process.pid)))
        except NotStarted as error:
            print(error)
            return 1
        except KeyboardInterrupt:
            print("\nStopped before its time: nothing is known.")
            return 130
    return _report(soak, wrong)


if __name__ == "__main__":
    sys.exit(main())

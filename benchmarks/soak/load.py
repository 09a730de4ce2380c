"""Questions at a fixed rate, whether the last one was answered or not."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from benchmarks.soak.questions import Wrong

RATE: Final = 8.0
"""Questions a second: an afternoon of a busy office, which leaves room for training on two cores."""
MOST_KEPT: Final = 20
"""Failures whose words are kept."""


@dataclass
class Asked:
    """What became of one kind of question."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0


class Load:
    """Asks, and keeps count."""

    def __init__(self, kinds: Mapping[str, tuple[int, Callable[[], Awaitable[None]]]], *, seed: int = 7):
        self._kinds = kinds
        self._random = random.Random(seed)
        self.asked = {name: Asked() for name in kinds}
        self.failures: Counter[str] = Counter()

    async def run(self, until: float) -> None:
        """Ask until the monotonic clock says `until`, then wait for what is under way."""
        names, weights = list(self._kinds), [weight for weight, _ in self._kinds.values()]
        due = time.monotonic()
        async with asyncio.TaskGroup() as questions:
            while due < until:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                questions.create_task(self._ask(self._random.choices(names, weights)[0]))
                due += 1 / RATE

    async def _ask(self, name: str) -> None:
        kept, began = self.asked[name], time.monotonic()
        try:
            await self._kinds[name][1]()
        except (Wrong, httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            kept.failed += 1
            words = f"{name}: {type(error).__name__} {error}"[:200]
            if words in self.failures or len(self.failures) < MOST_KEPT:
                self.failures[words] += 1
        kept.seconds.append(time.monotonic() - began)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The time that this share of the answers took at most, in milliseconds; 0 without any."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

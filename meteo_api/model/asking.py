"""Questions to the model registry that never hold up whoever asks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from meteo_api.beside import beside
from meteo_api.errors import NotReady
from meteo_core.model.registry import RegistryUnavailable
from meteo_core.sentence import Sentence

T = TypeVar("T")

SECONDS_TO_ANSWER: Final = 8.0
"""Beyond this the registry counts as away; the first question of a process takes some seconds."""
RETRY_AFTER_SECONDS: Final = 5


class RegistryAway(NotReady):
    """The model registry does not answer, or is not there yet."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, retry_after_seconds=RETRY_AFTER_SECONDS)


class Remembered(Generic[T]):
    """One question: asked once for all who want to know at the same time, its answer kept a little."""

    def __init__(self, question: Callable[[], T], *, seconds: float) -> None:
        self._question = question
        self._seconds = seconds
        self._asking: asyncio.Task[T] | None = None
        self._until = 0.0

    async def answer(self) -> T:
        """The answer; raises `RegistryAway`. A failure is kept as long as an answer."""
        if self._asking is None or (self._asking.done() and time.monotonic() >= self._until):
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(seen)
        return await in_time(asyncio.shield(self._asking))

    def forget(self) -> None:
        """Ask anew next time, whatever is known or being asked."""
        self._asking = None

    async def _ask(self) -> T:
        try:
            return await asking(self._question)
        finally:
            self._until = time.monotonic() + self._seconds


async def in_time(answer: Awaitable[T]) -> T:
    """An answer of the registry; raises `RegistryAway` where nobody would wait any longer for it."""
    try:
        return await asyncio.wait_for(answer, SECONDS_TO_ANSWER)
    except TimeoutError as error:
        raise RegistryAway(Sentence("the model registry does not answer in time")) from error


async def asking(question: Callable[[], T]) -> T:
    """What the registry answers, however long it takes; raises `RegistryAway`."""
    try:
        return await beside(question, name="registry")
    except RegistryUnavailable as error:
        raise RegistryAway(str(error).splitlines()[0]) from error


def seen(task: "asyncio.Task[object]") -> None:
    """Look at a failure even where everyone has stopped waiting, or asyncio complains of it."""
    if not task.cancelled():
        task.exception()

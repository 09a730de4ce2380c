"""Questions that arrive together are computed together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_TOGETHER: Final = 256
"""Questions of one computation: what waits longer than one of these goes into the next."""


class Gathering(Generic[Question, Answer]):
    """Lets single questions share the cost of a computation.

    Thirty-two questions side by side cost little more than one. While a computation runs, whoever asks
    waits, and all who wait are answered by the next; a lone question is computed at once.
    """

    def __init__(self, compute: Callable[[Sequence[Question]], Sequence[Answer | Exception]]) -> None:
        """Gather for `compute`, which gives an answer or an error for each question, in order."""
        self._compute = compute
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """The answer, computed in a thread; raises what `compute` gave or raised."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._answer_all_who_wait())
        return await answer

    async def _answer_all_who_wait(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            try:
                answers = await asyncio.to_thread(self._compute, [question for question, _ in together])
            except Exception as error:  # it belongs to those who asked, not to this task
                answers = [error] * len(together)
            for (_, waiting), answer in zip(together, answers, strict=True):
                if waiting.done():  # whoever asked has gone away
                    continue
                if isinstance(answer, Exception):
                    waiting.set_exception(answer)
                else:
                    waiting.set_result(answer)

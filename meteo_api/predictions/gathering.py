"""Questions that arrive together are computed together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_TOGETHER: Final = 128
"""Questions of one computation, some milliseconds of work: what waits longer than one goes into the next."""


class Gathering(Generic[Question, Answer]):
    """Lets single questions share the cost of a computation.

    Thirty-two questions side by side cost little more than one. Those that the event loop reads in one turn
    are computed in the next, in the loop itself: handing a millisecond's work to a thread costs more than it.
    """

    def __init__(self, compute: Callable[[Sequence[Question]], Sequence[Answer | Exception]]) -> None:
        """Gather for `compute`, which gives an answer or an error for each question, in order."""
        self._compute = compute
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []

    async def ask(self, question: Question) -> Answer:
        """The answer; raises what `compute` gave or raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._answer_who_waits)
        self._waiting.append((question, answer))
        return await answer

    def _answer_who_waits(self) -> None:
        together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._answer_who_waits)
        try:
            answers = self._compute([question for question, _ in together])
        except Exception as error:  # it belongs to those who asked, not to the loop
            answers = [error] * len(together)
        for (_, waiting), answer in zip(together, answers, strict=True):
            if waiting.done():  # whoever asked has gone away
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

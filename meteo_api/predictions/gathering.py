"""Questions that arrive together are computed together."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

MOST_TOGETHER: Final = 128
"""Questions of one computation, some milliseconds of work: what waits longer than one goes into the next."""
LONGEST_WAIT_SECONDS: Final = 0.005
"""How long a question waits for others while others keep coming: about what it takes to read 32."""
QUIET_TURNS: Final = 3
"""Turns of the event loop without a new question after which nobody else is on the way: what has been read in
one turn reaches `ask` within two more."""


class Gathering(Generic[Question, Answer]):
    """Lets single questions share the cost of a computation.

    Thirty-two questions side by side cost little more than one. While questions keep coming in, turn by turn
    of the event loop, they are gathered; then they are computed, in the loop itself: handing a millisecond's
    work to a thread costs more than it. A lone question is computed at once.
    """

    def __init__(self, compute: Callable[[Sequence[Question]], Sequence[Answer | Exception]]) -> None:
        """Gather for `compute`, which gives an answer or an error for each question, in order."""
        self._compute = compute
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []

    async def ask(self, question: Question) -> Answer:
        """The answer; raises what `compute` gave or raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, answer))
        if len(self._waiting) == 1:
            loop.call_soon(self._gather, loop, loop.time() + LONGEST_WAIT_SECONDS, 1, QUIET_TURNS)
        return await answer

    def _gather(self, loop: asyncio.AbstractEventLoop, until: float, seen: int, turns_left: int) -> None:
        """Compute once none has come for some turns, or enough wait, or the first waited long enough."""
        count = len(self._waiting)
        turns_left = turns_left - 1 if count == seen else QUIET_TURNS
        if turns_left and count < MOST_TOGETHER and loop.time() < until:
            loop.call_soon(self._gather, loop, until, count, turns_left)
            return
        together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        if self._waiting:
            loop.call_soon(self._gather, loop, loop.time(), 0, 1)
        self._answer(together)

    def _answer(self, together: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
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

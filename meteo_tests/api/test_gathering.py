"""Questions that arrive together are computed together, and each gets its own answer."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from meteo_api.predictions.gathering import MOST_TOGETHER, Gathering


class Doubler:
    """Doubles numbers, once it may begin; remembers how many it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.may_begin = threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.may_begin.wait(timeout=5)
        self.sizes.append(len(numbers))
        return [2 * n if n >= 0 else ValueError(f"{n} is negative") for n in numbers]


async def ask_all(gathering: Gathering[int, int], numbers: Sequence[int], doubler: Doubler) -> list:
    asked = [asyncio.create_task(gathering.ask(n)) for n in numbers]
    await asyncio.sleep(0.05)
    doubler.may_begin.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_who_asks_during_a_computation_is_answered_by_the_next():
    doubler = Doubler()

    async def scene() -> list:
        gathering = Gathering(doubler)
        first = asyncio.create_task(gathering.ask(1))
        await asyncio.sleep(0.05)
        return [*await ask_all(gathering, range(2, 40), doubler), await first]

    answers = asyncio.run(scene())

    assert answers == [*range(4, 80, 2), 2]
    assert doubler.sizes == [1, 38]


def test_an_error_goes_to_the_one_whose_question_it_was():
    doubler = Doubler()

    answers = asyncio.run(ask_all(Gathering(doubler), [1, -1, 3], doubler))

    assert answers[0] == 2
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 6


def test_a_failed_computation_is_told_to_all_who_asked_and_the_next_goes_on():
    def fail(numbers: Sequence[int]) -> list[int]:
        raise OSError("no model")

    async def scene() -> None:
        gathering = Gathering(fail)
        for _ in range(2):
            with pytest.raises(OSError, match="no model"):
                await gathering.ask(1)

    asyncio.run(scene())


def test_who_goes_away_does_not_disturb_the_others():
    doubler = Doubler()

    async def scene() -> int:
        gathering = Gathering(doubler)
        gone = asyncio.create_task(gathering.ask(1))
        stays = asyncio.create_task(gathering.ask(2))
        await asyncio.sleep(0.05)
        gone.cancel()
        doubler.may_begin.set()
        return await stays

    assert asyncio.run(scene()) == 4


def test_no_computation_is_given_more_than_it_takes():
    doubler = Doubler()

    asyncio.run(ask_all(Gathering(doubler), range(2 * MOST_TOGETHER + 10), doubler))

    assert max(doubler.sizes) <= MOST_TOGETHER
    assert sum(doubler.sizes) == 2 * MOST_TOGETHER + 10

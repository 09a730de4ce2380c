"""Questions that arrive together are computed together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from meteo_api.predictions.gathering import MOST_TOGETHER, Gathering


class Doubler:
    """Doubles numbers; remembers how many it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.sizes.append(len(numbers))
        return [2 * n if n >= 0 else ValueError(f"{n} is negative") for n in numbers]


async def ask_all(gathering: Gathering[int, int], numbers: Sequence[int]) -> list:
    asked = [asyncio.create_task(gathering.ask(n)) for n in numbers]
    return await asyncio.gather(*asked, return_exceptions=True)


def test_who_asks_in_one_turn_of_the_loop_is_answered_together():
    doubler = Doubler()

    async def scene() -> list:
        gathering = Gathering(doubler)
        first = await gathering.ask(1)
        return [*await ask_all(gathering, range(2, 40)), first]

    answers = asyncio.run(scene())

    assert answers == [*range(4, 80, 2), 2]
    assert doubler.sizes == [1, 38]


def test_an_error_goes_to_the_one_whose_question_it_was():
    doubler = Doubler()

    answers = asyncio.run(ask_all(Gathering(doubler), [1, -1, 3]))

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
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(scene()) == 4


def test_no_computation_is_given_more_than_it_takes():
    doubler = Doubler()

    asyncio.run(ask_all(Gathering(doubler), range(2 * MOST_TOGETHER + 10)))

    assert max(doubler.sizes) <= MOST_TOGETHER
    assert sum(doubler.sizes) == 2 * MOST_TOGETHER + 10

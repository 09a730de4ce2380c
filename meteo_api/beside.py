"""Work beside the event loop that may hang, such as a question to a server that is away."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def beside(work: Callable[[], T], *, name: str) -> T:
    """What `work` gives, done in a thread of its own.

    Not in the event loop's pool, whose few threads others need; and a daemon, which does not keep the process
    from stopping. Whoever stops waiting does not stop the work.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(how: Callable[[], None]) -> None:
        if not done.done():
            how()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # whoever waits is told, whatever it is
            failure = error
            tell = lambda: settle(lambda: done.set_exception(failure))  # noqa: E731
        else:
            tell = lambda: settle(lambda: done.set_result(result))  # noqa: E731
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done

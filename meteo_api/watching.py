"""Looking at something again and again, beside the event loop."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar

log = logging.getLogger(__name__)


def watching(
    look: Callable[[], None], *, every_seconds: float, name: str
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Lifespan that calls `look` at once and then every so many seconds, in a thread of its own.

    A daemon thread and not the event loop's pool: a registry that hangs must not keep the process from
    stopping.
    """

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        stop = threading.Event()

        def keep_looking() -> None:
            while True:
                try:
                    look()
                except Exception:  # the next look may go better, and nobody else would start the thread again
                    log.exception("unexpected error while watching the %s", name)
                if stop.wait(every_seconds):
                    return

        threading.Thread(target=keep_looking, name=f"watch-{name}", daemon=True).start()
        try:
            yield
        finally:
            stop.set()

    return lifespan

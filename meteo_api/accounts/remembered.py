"""Who a credential belongs to, remembered for a moment: most requests cost one look into a dict."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Final

from meteo_api.accounts.account import SignedIn
from meteo_api.clock import Clock

FRESH_SECONDS: Final = 0.25
"""How long an answer is used: as long as another process's revocation may take to be heeded."""
MOST_REMEMBERED: Final = 10_000


class Remembered:
    """Answers of a look-up that blocks, each used for `FRESH_SECONDS`; lives on the event loop.

    Only who is signed in is remembered: what others send must not fill the memory.
    """

    def __init__(
        self, look_up: Callable[[str], SignedIn | None], executor: ThreadPoolExecutor, *, now: Clock
    ) -> None:
        self._look_up = look_up
        self._executor = executor
        self._now = now
        self.answers: dict[bytes, tuple[float, SignedIn]] = {}
        """Credential as sent: until when (monotonic), who."""
        self._asking: dict[bytes, asyncio.Task[SignedIn | None]] = {}
        self._times_forgotten = 0

    async def ask(self, sent: bytes, credential: str) -> SignedIn | None:
        """Who this is; requests that come with the same credential at the same time share one look-up."""
        task = self._asking.get(sent)
        if task is None:
            task = asyncio.create_task(self._ask(sent, credential))
            self._asking[sent] = task
            task.add_done_callback(lambda _done: self._drop(sent, task))
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Ask anew for everyone: something changed in this process. Look-ups under way do not count."""
        self._times_forgotten += 1
        self.answers.clear()
        self._asking.clear()

    async def _ask(self, sent: bytes, credential: str) -> SignedIn | None:
        asked, times_forgotten = monotonic(), self._times_forgotten
        found = await asyncio.get_running_loop().run_in_executor(self._executor, self._look_up, credential)
        if found is not None and times_forgotten == self._times_forgotten:
            if len(self.answers) >= MOST_REMEMBERED:
                self.answers.clear()
            left = (found.sign_in.expires_at - self._now()).total_seconds()
            self.answers[sent] = (asked + min(FRESH_SECONDS, left), found)
        return found

    def _drop(self, sent: bytes, task: "asyncio.Task[SignedIn | None]") -> None:
        if self._asking.get(sent) is task:
            del self._asking[sent]
        if not task.cancelled():
            task.exception()  # whoever waits for it was told; nobody may be waiting any more

"""How a command that stays up is told to end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_raise() -> Iterator[None]:
    """Make both Ctrl-C and a terminate signal raise KeyboardInterrupt, so that `with` blocks clean up.

    A shell may have started us in the background with interrupts ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_interrupt() -> None:
    """Block until Ctrl-C or a terminate signal."""
    with interrupts_raise():
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return

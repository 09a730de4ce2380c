"""How a command that stays up is told to end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_raise() -> Iterator[None]:
    """Make Ctrl-C, a terminate signal and a closed terminal raise KeyboardInterrupt: `with` blocks clean up.

    A shell may have started us in the background with interrupts ignored.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # A closed terminal hangs up: what was started from it must not stay behind.
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in ends}
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

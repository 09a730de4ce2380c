"""Memory of a process that stays, and exchanges something large now and then.

The C library keeps what was freed for later use, for each thread, in pieces that the next one does not
fit: a service that exchanges them often grows by a tenth and more, with nothing leaked.
"""

import ctypes
import gc
import sys
from functools import cache


def give_back_memory() -> None:
    """Give whole pages that are free back, where the C library is glibc; answers go on meanwhile."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def spare_what_stays() -> None:
    """Let the garbage collector walk no more over what is there: a million objects, some tenths of a second.

    What is garbage already is taken first, also of what was spared before: it would stay for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@cache
def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None

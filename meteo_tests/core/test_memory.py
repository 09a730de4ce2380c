"""What was large and is gone is gone from the process too."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from meteo_core.memory import spare_what_stays

FREED_IN_PIECES = """
import psutil
from meteo_core.memory import give_back_memory

# Pieces too small to be mapped on their own, some kept: the C library gives nothing of it back itself.
pieces = [b"x" * 60_000 for _ in range(4_000)]
kept = pieces[49::50]
del pieces
process = psutil.Process()
before = process.memory_info().rss
give_back_memory()
print((before - process.memory_info().rss) // 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps freed memory in this way")
def test_freed_pieces_are_given_back():
    done = subprocess.run(
        [sys.executable, "-c", FREED_IN_PIECES], capture_output=True, text=True, check=True, timeout=60
    )

    assert int(done.stdout) >= 20


class Circle:
    """Garbage that only the collector can take."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Nothing is collected but when it is asked for."""
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.usefixtures("uncollected")
def test_what_stays_is_spared_and_what_is_garbage_is_not_kept_for_ever():
    was_garbage, stays = Circle(), Circle()
    of_garbage, of_what_stays = weakref.ref(was_garbage), weakref.ref(stays)
    del was_garbage

    spare_what_stays()

    assert of_garbage() is None
    assert gc.get_freeze_count() > 10_000
    del stays
    gc.collect()
    assert of_what_stays() is not None  # the collector does not look there

    spare_what_stays()

    assert of_what_stays() is None

"""What was large and is gone is gone from the process too."""

import subprocess
import sys

import pytest

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

"""Programs of the machine that tests need. Without one they skip, but not where everything must run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
    "redis-server": "redis-server",
}


def program(name: str) -> str:
    """Path of a program: of the one that a wheel brought, else of the machine's."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        reason = f"there is no {name} (apt-get install {PACKAGES[name]})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def run(name: str, *arguments: str | Path, text: str | None = None) -> str:
    """Run a program that must succeed; gives what it said."""
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

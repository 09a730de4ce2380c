"""A state folder to serve from: a copy of one that there is, or a small one built for the purpose."""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx

from benchmarks.serving.processes import free_port
from meteo_core.home import Home

HOME_SETTING: Final = "METEO_BENCH_HOME"
DAYS: Final = 430


def state(folder: Path) -> Home:
    """What the service reads, in `folder`: of the home that METEO_BENCH_HOME names, or of a new demo."""
    named = os.environ.get(HOME_SETTING)
    if not named:
        return _built(folder)
    # A copy: a benchmark leaves nothing behind. The registry's files stay where its database says they are.
    source = Home(Path(named).resolve())
    if not source.serving.is_dir():
        raise FileNotFoundError(f"{HOME_SETTING}={named} holds no serving snapshot")
    for part in (source.serving, source.model_cache, source.mlflow):
        if part.is_dir():
            shutil.copytree(part, folder / part.name)
    return Home(folder)


def signed_in(home: Home, server: str) -> str:
    """A bearer token of a user made for the purpose."""
    name, password = "bench", secrets.token_hex(16)  # pragma: allowlist secret (made here)
    subprocess.run(
        [
            *(sys.executable, "-m", "meteo_cli", "users", "add", name),
            *("--password-stdin", "--home", str(home.root)),
        ],
        input=password,
        capture_output=True,
        text=True,
        check=True,
    )
    form = {"username": name, "password": password, "grant_type": "password"}
    answer = httpx.post(f"{server}/api/v1/login", data=form, timeout=30.0).raise_for_status()
    return answer.json()["access_token"]


def _built(folder: Path) -> Home:
    print(f"Building {DAYS} simulated days to serve from ({HOME_SETTING} names a state that there is) ...")
    ports = [
        *("--api-port", str(free_port()), "--simulator-port", str(free_port())),
        *("--dagster-port", str(free_port()), "--mlflow-port", str(free_port())),
    ]
    built = subprocess.run(
        [
            *(sys.executable, "-m", "meteo_cli", "demo", "--once", "--days", str(DAYS)),
            *("--home", str(folder), *ports),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise RuntimeError(f"the demo could not be built: {built.stdout[-2000:]}{built.stderr[-2000:]}")
    return Home(folder)

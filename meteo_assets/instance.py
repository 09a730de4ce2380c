"""Where Dagster keeps what happened: the instance of the state folder, or that of `DAGSTER_HOME`."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.instance.ref import InstanceRef

from meteo_assets.settings import Settings

PROJECT_ROOT: Final = Path(__file__).resolve().parents[1]
INSTANCE_FILE: Final = "dagster.yaml"


def prepare_instance(settings: Settings) -> Path:
    """Put the instance's settings into its home; give that folder, to be used as `DAGSTER_HOME`.

    A folder that the settings name is taken as it is.
    """
    if settings.dagster_home is not None:
        return settings.dagster_home
    home = settings.home.dagster
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / INSTANCE_FILE, home / INSTANCE_FILE)
    return home


@contextmanager
def opened_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance that Dagster's own processes use: `DAGSTER_HOME`, else that of the state folder."""
    named = os.environ.get("DAGSTER_HOME")
    ref = InstanceRef.from_dir(named or str(prepare_instance(settings)))
    with dg.DagsterInstance.from_ref(ref) as instance:
        yield instance

"""What the pipeline is made of, by name: the only names that become labels."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import dagster as dg

from meteo_assets.settings import Settings
from meteo_core.jobs import DAILY_JOB, WEEKLY_JOB

JOB: Final = "dagster_job"
"""Label of a job. `job` itself is Prometheus' own word for what it scrapes."""
ON_DEMAND: Final = "on demand"
"""Stands for the job of an asset that no schedule makes."""


@dataclass(frozen=True)
class Graph:
    """Names of the definitions, as plain text."""

    assets: dict[str, str]
    """Asset to the job that makes it on schedule."""
    checks: tuple[tuple[str, str], ...]
    """Asset and name of each check."""
    jobs: tuple[str, ...]
    instigators: dict[str, tuple[str, bool]]
    """Schedule or sensor to which of both it is, and whether it runs unless told otherwise."""


def graph_of(definitions: dg.Definitions) -> Graph:
    """Read the names off the definitions."""
    assets = definitions.resolve_asset_graph()
    jobs = {job.name: job for job in definitions.resolve_all_job_defs()}
    made_by = dict.fromkeys((key.to_user_string() for key in assets.materializable_asset_keys), ON_DEMAND)
    for name in (WEEKLY_JOB, DAILY_JOB):
        made_by |= {key.to_user_string(): name for key in jobs[name].asset_layer.selected_asset_keys}
    return Graph(
        assets=dict(sorted(made_by.items())),
        checks=tuple(sorted((key.asset_key.to_user_string(), key.name) for key in assets.asset_check_keys)),
        jobs=tuple(sorted(jobs)),
        instigators={
            each.name: (kind, each.default_status.value == "RUNNING")
            for kind, defined in (("schedule", definitions.schedules), ("sensor", definitions.sensors))
            for each in defined or ()
        },
    )


def read_graph(settings: Settings) -> Graph:
    """The names of the pipeline that the settings name.

    In a process that ends again: the definitions bring 300 MB of libraries that nothing here needs.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_read, settings).result()


def _read(settings: Settings) -> Graph:
    from meteo_assets.definitions import build_definitions

    return graph_of(build_definitions(settings))

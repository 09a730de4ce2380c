"""MLflow in a Dagster run: the run of one is tied to the run of the other."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import dagster as dg
from dagster_mlflow import mlflow_tracking

from meteo_assets.settings import Settings
from meteo_core.model.registry import EXPERIMENT, ModelRegistry


def registry_of(settings: Settings) -> ModelRegistry:
    """The model registry that the settings name."""
    return ModelRegistry(settings.registry_uri, artifacts=settings.home.mlflow / "artifacts")


def mlflow_run(settings: Settings) -> dg.ResourceDefinition:
    """The `dagster_mlflow` resource, with an experiment whose artifacts lie in the state folder.

    The stock resource makes a missing experiment itself, and its artifacts then fall into the working
    directory.
    """

    @dg.resource(config_schema=mlflow_tracking.config_schema)
    def prepared(context: dg.InitResourceContext) -> Iterator[Any]:
        registry_of(settings).prepare()
        opened = cast(Any, mlflow_tracking.resource_fn)(context)
        with warnings.catch_warnings():
            # It reads attributes that Dagster has renamed; nothing that a user of ours could mend.
            warnings.simplefilter("ignore", DeprecationWarning)
            run = next(opened)
        yield run
        next(opened, None)

    return prepared.configured(
        {
            "experiment_name": EXPERIMENT,
            "mlflow_tracking_uri": settings.registry_uri,
            "env": {},
            "extra_tags": {},
        }
    )


@contextmanager
def ending_honestly(mlflow: Any) -> Iterator[None]:
    """End the MLflow run as the work inside ended.

    `dagster_mlflow` leaves the run of a failed step FINISHED when the run was started from the UI.
    """
    try:
        yield
    except BaseException:
        mlflow.end_run(status="FAILED")
        raise
    mlflow.end_run(status="FINISHED")

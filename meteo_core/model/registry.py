"""The model registry: MLflow, in Meteo's words, for the pipeline that trains and the service that loads."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from meteo_core.errors import MeteoError
from meteo_core.features.predictors import Variant
from meteo_core.model.rain_model import RainModel

if TYPE_CHECKING:  # MLflow takes two seconds to import: only where it is used
    from mlflow import MlflowClient

EXPERIMENT = "rain"
REGISTERED_MODEL = "meteo-rain"
CHAMPION = "champion"
CHALLENGER = "challenger"
PASSED = "passed"

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # The service asks in the background and answers from its own copy meanwhile: fail fast.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
}


class RegistryUnavailable(MeteoError):
    """The model registry does not answer."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of the registered model."""

    version: int
    run_id: str
    created_at: datetime
    """UTC."""
    tags: Mapping[str, str]


class ModelRegistry:
    """Versions of `meteo-rain`, and which of them is champion."""

    def __init__(self, uri: str, *, artifacts: Path | None = None) -> None:
        self.uri = uri
        # A tracking server keeps artifacts where it was told to; a bare database has to be told.
        self._artifacts = None if uri.startswith("http") else artifacts

    def prepare(self) -> None:
        """Make the experiment and the registered model where they do not exist yet."""
        with _translated(self.uri):
            client = self._client()
            if client.get_experiment_by_name(EXPERIMENT) is None:
                location = self._artifacts.as_uri() if self._artifacts else None
                # Without the tag MLflow opens the experiment as one of language models.
                kind = {"mlflow.experimentKind": "custom_model_development"}
                client.create_experiment(EXPERIMENT, artifact_location=location, tags=kind)
            if not client.search_registered_models(f"name = '{REGISTERED_MODEL}'"):
                client.create_registered_model(
                    REGISTERED_MODEL, description="Chance of rain tomorrow at Australian stations"
                )

    def log(self, model: RainModel, *, run_id: str, tags: Mapping[str, str], workspace: Path) -> ModelVersion:
        """Store the model under this MLflow run and register it as challenger."""
        import pandas as pd
        import xgboost as xgb
        from mlflow import xgboost as mlflow_xgboost  # pyright: ignore[reportPrivateImportUsage]
        from mlflow.models import ModelSignature, infer_signature

        folder = workspace / "rain-model"
        model.save(folder)
        names = list(model.predictors.names(Variant.FULL))
        example = pd.DataFrame([[0.0] * len(names)], columns=names, dtype="float32")
        signature: ModelSignature = infer_signature(example, pd.Series([0.5], name="chance"))
        with _translated(self.uri):
            logged = mlflow_xgboost.log_model(
                model.boosters[Variant.FULL],
                name="rain-model",
                model_format="ubj",
                signature=signature,
                pip_requirements=[f"xgboost=={xgb.__version__}"],
            )
            client = self._client()
            client.log_model_artifacts(logged.model_id, str(folder))
            stored = client.create_model_version(
                REGISTERED_MODEL,
                source=logged.model_uri,
                run_id=run_id,
                model_id=logged.model_id,
                tags=dict(tags),
            )
            client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, stored.version)
        return self.version(int(stored.version))

    def version(self, version: int) -> ModelVersion:
        """This version; raises `RegistryUnavailable` where the registry does not know it."""
        with _translated(self.uri):
            return _as_version(self._client().get_model_version(REGISTERED_MODEL, str(version)))

    def alias(self, alias: str) -> ModelVersion | None:
        """Version that the alias points at, or None."""
        from mlflow.exceptions import MlflowException

        with _translated(self.uri):
            try:
                return _as_version(self._client().get_model_version_by_alias(REGISTERED_MODEL, alias))
            except MlflowException as error:
                if error.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"):
                    return None
                raise

    def promote(self, version: int, *, reason: str, who: str) -> None:
        """Make this version champion, with the reason on record."""
        with _translated(self.uri):
            client = self._client()
            for key, value in {
                "promoted_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "promoted_by": who,
                "promotion_reason": reason,
            }.items():
                client.set_model_version_tag(REGISTERED_MODEL, str(version), key, value)
            client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(version))

    def tag(self, version: int, key: str, value: str) -> None:
        """Note a fact on a version."""
        with _translated(self.uri):
            self._client().set_model_version_tag(REGISTERED_MODEL, str(version), key, value)

    def download(self, version: int, folder: Path) -> Path:
        """Copy the files of a version into `folder`; give the folder that `RainModel.load` reads."""
        from mlflow.artifacts import download_artifacts

        folder.mkdir(parents=True, exist_ok=True)
        with _translated(self.uri):
            self._client()  # names the registry: the download goes by MLflow's global address
            return Path(
                download_artifacts(
                    artifact_uri=f"models:/{REGISTERED_MODEL}/{version}",
                    dst_path=str(folder),
                    tracking_uri=self.uri,
                )
            )

    def load(self, version: int, workspace: Path) -> RainModel:
        """Fetch and read a version."""
        return RainModel.load(self.download(version, workspace))

    def _client(self) -> "MlflowClient":
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import mlflow

        if self._artifacts:
            self._artifacts.mkdir(parents=True, exist_ok=True)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        # It misses pip, which an environment made by uv does without.
        logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
        # Without these, a stray database appears beside the working directory.
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        return mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)


def _as_version(stored: object) -> ModelVersion:
    return ModelVersion(
        version=int(stored.version),  # type: ignore[attr-defined]
        run_id=str(stored.run_id),  # type: ignore[attr-defined]
        created_at=datetime.fromtimestamp(stored.creation_timestamp / 1000, UTC),  # type: ignore[attr-defined]
        tags=dict(stored.tags),  # type: ignore[attr-defined]
    )


class _translated:  # noqa: N801 (used as a statement)
    """Turn MLflow's many ways of being away into one."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException
        from sqlalchemy.exc import SQLAlchemyError

        if isinstance(error, (MlflowException, RequestException, SQLAlchemyError, OSError)):
            raise RegistryUnavailable(
                f"the model registry at {_without_password(self._uri)}: {error}"
            ) from error


def _without_password(uri: str) -> str:
    from sqlalchemy.engine import make_url

    return uri if uri.startswith("http") else make_url(uri).render_as_string(hide_password=True)

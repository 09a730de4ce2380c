"""The model registry: MLflow, in Meteo's words, for the pipeline that trains and the service that loads."""

import json
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from meteo_core.errors import MeteoError
from meteo_core.features.predictor_table import Variant
from meteo_core.model.rain_models import RainModels
from meteo_core.sentence import Sentence

if TYPE_CHECKING:  # MLflow takes two seconds to import: only where it is used
    from mlflow import MlflowClient

EXPERIMENT = "rain"
REGISTERED_MODEL = "meteo-rain"
CHAMPION = "champion"
CHALLENGER = "challenger"
PASSED = "passed"
FAILED = "failed"
PENDING = "pending"
STATUS = "validation_status"
CHECK = "check."
"""Beginning of the version tags that say how a check ended."""
AUDIT = "audit."
"""Beginning of the tags of the registered model that hold what was done to its champion."""
DECISION = "promotion_decision"
PROMOTION_DUE = "promotion_due"
RECORDS = "records"
"""Folder of a version's run with what it was trained on and how good it was."""
HELD_OUT_FILE = "held_out.parquet"
TRAINING_SET_FILE = "training_set.parquet"
COMPARISON_FILE = "comparison.json"
MODEL_CARD_FILE = "model_card.md"
DATA_CARD_FILE = "data_card.md"
CARD_FILES = (MODEL_CARD_FILE, DATA_CARD_FILE)

NO_CHAMPION = 0
"""Expected champion of whoever decided while there was none; versions count from 1."""
GREATEST_VERSION = 2**31 - 1
"""What a registry can number its versions with."""
_SQLITE = "sqlite:///"

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # The service asks in the background and answers from its own copy meanwhile: fail fast.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
}


class RegistryUnavailable(MeteoError):
    """The model registry does not answer."""


class UnknownVersion(MeteoError):
    """A version that the registry does not have."""


class NothingToRollBackTo(MeteoError):
    """No other version was champion before."""


class ChampionHasChanged(MeteoError):
    """Another version is champion than whoever decided had seen."""


class Action(StrEnum):
    """What can be done to the champion."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class ChampionChange:
    """One change of the champion, as the audit keeps it."""

    at: datetime
    """UTC."""
    action: Action
    version: int
    """Champion from then on."""
    replaced: int | None
    """Champion until then."""
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of the registered model."""

    version: int
    run_id: str
    created_at: datetime
    """UTC."""
    tags: Mapping[str, str]


def number_of(champion: ModelVersion | None) -> int:
    """How a champion that was seen is named as the expected one; `NO_CHAMPION` where there was none."""
    return NO_CHAMPION if champion is None else champion.version


def require_expected(champion: ModelVersion | None, expected: int | None) -> None:
    """Raises `ChampionHasChanged` where this is not the champion expected; None expects nothing."""
    if expected is None or expected == number_of(champion):
        return
    found = (
        Sentence("none is")
        if champion is None
        else Sentence("version %(number)s is", number=champion.version)
    )
    if expected == NO_CHAMPION:
        raise ChampionHasChanged(
            Sentence("there was no champion, and now there is one: %(found)s", found=found)
        )
    raise ChampionHasChanged(
        Sentence("version %(number)s is not champion any more: %(found)s", number=expected, found=found)
    )


class ModelRegistry:
    """Versions of `meteo-rain`, and which of them is champion."""

    def __init__(self, uri: str, *, artifacts: Path | None = None) -> None:
        self.uri = uri
        # A tracking server keeps artifacts where it was told to; a bare database has to be told.
        self._artifacts = None if uri.startswith("http") else artifacts

    @property
    def missing_file(self) -> Path | None:
        """The registry's database where it is a file that is not there yet: asked, MLflow would make it."""
        file = Path(self.uri.removeprefix(_SQLITE))
        return file if self.uri.startswith(_SQLITE) and not file.exists() else None

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

    def log(
        self, models: RainModels, *, run_id: str, tags: Mapping[str, str], workspace: Path
    ) -> ModelVersion:
        """Store the models under this MLflow run and register them as one version, the challenger.

        MLflow knows the evening's trees as the model; all parts of all models lie beside them, and are what
        `load` reads.
        """
        import pandas as pd
        import xgboost as xgb
        from mlflow import xgboost as mlflow_xgboost  # pyright: ignore[reportPrivateImportUsage]
        from mlflow.models import ModelSignature, infer_signature

        folder = workspace / "rain-model"
        models.save(folder)
        names = list(models.main.predictors.names(Variant.FULL))
        example = pd.DataFrame([[0.0] * len(names)], columns=names, dtype="float32")
        signature: ModelSignature = infer_signature(example, pd.Series([0.5], name="chance"))
        with _translated(self.uri):
            logged = mlflow_xgboost.log_model(
                models.main.members[Variant.FULL].trees,
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

    def keep_record(self, version: ModelVersion, file: Path) -> None:
        """Keep a file with the run that the version came from."""
        with _translated(self.uri):
            self._client().log_artifact(version.run_id, str(file), RECORDS)

    def record(self, version: ModelVersion, name: str, folder: Path) -> Path | None:
        """Copy a kept file into `folder`; None where the version has none of this name."""
        from mlflow.artifacts import download_artifacts

        path = f"{RECORDS}/{name}"
        with _translated(self.uri):
            kept = {item.path for item in self._client().list_artifacts(version.run_id, RECORDS)}
            if path not in kept:
                return None
            folder.mkdir(parents=True, exist_ok=True)
            return Path(
                download_artifacts(
                    run_id=version.run_id,
                    artifact_path=path,
                    dst_path=str(folder),
                    tracking_uri=self.uri,
                )
            )

    def version(self, version: int) -> ModelVersion:
        """This version; raises `UnknownVersion` where the registry does not have it."""
        from mlflow.exceptions import MlflowException

        if not 1 <= version <= GREATEST_VERSION:
            raise UnknownVersion(
                Sentence(
                    "there is no version %(number)s of %(model)s", number=version, model=REGISTERED_MODEL
                )
            )
        with _translated(self.uri):
            try:
                return _as_version(self._client().get_model_version(REGISTERED_MODEL, str(version)))
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    raise UnknownVersion(
                        Sentence(
                            "there is no version %(number)s of %(model)s",
                            number=version,
                            model=REGISTERED_MODEL,
                        )
                    ) from error
                raise

    def versions(self) -> list[ModelVersion]:
        """Every version, newest first."""
        with _translated(self.uri):
            found = self._client().search_model_versions(f"name = '{REGISTERED_MODEL}'")
            return sorted((_as_version(v) for v in found), key=lambda v: v.version, reverse=True)

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

    def promote(
        self,
        version: int,
        *,
        reason: str,
        who: str,
        action: Action = Action.PROMOTED,
        expected_champion: int | None = None,
    ) -> ChampionChange:
        """Make this version champion, with the reason on record.

        The audit is written first: a change that is on record and did not happen can be seen, one that
        happened and is not on record cannot. Raises `ChampionHasChanged` where a champion, or
        `NO_CHAMPION`, is expected and another one found.
        """
        wanted, before = self.version(version), self.alias(CHAMPION)
        require_expected(before, expected_champion)
        change = ChampionChange(
            at=datetime.now(UTC),
            action=action,
            version=wanted.version,
            replaced=before.version if before else None,
            reason=reason,
            who=who,
        )
        with _translated(self.uri):
            client = self._client()
            key = f"{AUDIT}{change.at:%Y%m%dT%H%M%S.%f}.{uuid.uuid4().hex[:6]}"
            stored = asdict(change) | {"at": change.at.isoformat()}
            client.set_registered_model_tag(REGISTERED_MODEL, key, json.dumps(stored))
            for name, value in {
                "promoted_at": change.at.isoformat(timespec="seconds"),
                "promoted_by": who,
                "promotion_reason": reason,
            }.items():
                client.set_model_version_tag(REGISTERED_MODEL, str(version), name, value)
            client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(version))
        return change

    def version_before(self, champion: ModelVersion | None) -> int:
        """The version that this champion replaced; raises `NothingToRollBackTo`."""
        before = version_before(champion.version, self.history()) if champion else None
        if before is None:
            raise NothingToRollBackTo(
                Sentence("no version was champion before this one: promote one by its number")
            )
        return before

    def roll_back(self, *, reason: str, who: str, expected_champion: int | None = None) -> ChampionChange:
        """Make the version champion again that the present one replaced; raises `NothingToRollBackTo`."""
        champion = self.alias(CHAMPION)
        require_expected(champion, expected_champion)
        change = self.promote(
            self.version_before(champion),
            reason=reason,
            who=who,
            action=Action.ROLLED_BACK,
            expected_champion=number_of(champion),
        )
        if change.replaced is not None:  # or the next run of its week would promote it again
            self.tag(change.replaced, PROMOTION_DUE, "no")
            self.tag(change.replaced, DECISION, f"rolled back: {reason}")
        return change

    def history(self) -> list[ChampionChange]:
        """Every change of the champion, newest first."""
        with _translated(self.uri):
            tags = self._client().get_registered_model(REGISTERED_MODEL).tags
        changes = []
        for key, value in tags.items():
            if key.startswith(AUDIT):
                stored = json.loads(value)
                at, action = datetime.fromisoformat(stored["at"]), Action(stored["action"])
                changes.append(ChampionChange(**stored | {"at": at, "action": action}))
        return sorted(changes, key=lambda change: change.at, reverse=True)

    def note_check(self, version: int, name: str, *, passed: bool, required: tuple[str, ...]) -> None:
        """Note how a check of a version ended, and what follows for the version as a whole."""
        self.tag(version, f"{CHECK}{name}", PASSED if passed else FAILED)
        tags = self.version(version).tags
        ended = [tags.get(f"{CHECK}{each}") for each in required]
        status = FAILED if FAILED in ended else PASSED if set(ended) == {PASSED} else PENDING
        self.tag(version, STATUS, status)

    def tag(self, version: int, key: str, value: str) -> None:
        """Note a fact on a version."""
        with _translated(self.uri):
            self._client().set_model_version_tag(REGISTERED_MODEL, str(version), key, value)

    def download(self, version: int, folder: Path) -> Path:
        """Copy the files of a version into `folder`; give the folder that `RainModels.load` reads."""
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

    def load(self, version: int, workspace: Path) -> RainModels:
        """Fetch and read a version; raises `UnusableModel` where this code cannot use it."""
        return RainModels.load(self.download(version, workspace))

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


def version_before(champion: int | None, history: Sequence[ChampionChange]) -> int | None:
    """The version that the champion replaced, from the history, newest first; None where there is none."""
    return next(
        (
            change.replaced
            for change in history
            if change.action is Action.PROMOTED and change.version == champion and change.replaced
        ),
        None,
    )


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

"""Stage 7 of 7: the serving snapshot, what the pipeline publishes and the service reads.

A snapshot is a folder that is never changed once published; `CURRENT` names the newest and is switched by
one atomic rename. The service never opens the warehouse.
"""

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from meteo_core.drift.alarms import ALARM_COLUMNS, no_alarms
from meteo_core.drift.skill import expected_scores, judged
from meteo_core.errors import MeteoError
from meteo_core.features.daily import LOOK_BACK_DAYS
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.verification.published import no_pairs, reliabilities, summaries
from meteo_core.verification.rolling import rolling
from meteo_core.whole_file import is_abandoned, replace_file

FORMAT = 6
SERVED_DAYS = 60
"""Days that can be asked about."""
OBSERVATION_DAYS = SERVED_DAYS + LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS
"""Days of observations in a snapshot: the predictors of every served day look back over whole days."""
DRIFT_WEEKS = 26
"""Weeks of drift that are told."""
ALARM_DAYS = 60
"""Days of alarms that are told."""
KEEP = 5
"""Published snapshots kept, so that a reader of the last one is never cut off."""
_NAME = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}$")
POINTER = "CURRENT"
MANIFEST = "manifest.json"
OBSERVATIONS = "observations.parquet"
FORECASTS = "forecasts.parquet"
DRIFT = "drift.parquet"
REQUEST_DRIFT = "request_drift.parquet"
ALARMS = "alarms.parquet"
VERIFICATION = "verification.parquet"
RELIABILITY = "reliability.parquet"
ROLLING = "rolling.parquet"
EXPECTATION = "expectation.parquet"
MODEL_CARD = "model_card.md"
DATA_CARD = "data_card.md"


class UnusableSnapshot(MeteoError):
    """A snapshot that is missing, incomplete or of another format."""


@dataclass(frozen=True)
class Snapshot:
    """What the service knows of the world."""

    name: str
    created_at: datetime
    """UTC."""
    observations: pd.DataFrame
    """Last `OBSERVATION_DAYS` days: `station`, `date`, the parameters, `source`, `status`, `fetched_at`."""
    forecasts: pd.DataFrame
    """Forecasts of the last `SERVED_DAYS` days, as in `forecasts.daily`."""
    drift: pd.DataFrame
    """Scores of the last `DRIFT_WEEKS` weeks, as in `monitoring.drift`."""
    request_drift: pd.DataFrame
    """The same of what the service was asked, as in `monitoring.request_drift`."""
    alarms: pd.DataFrame
    """Days of alarms of the last `ALARM_DAYS` days, as in `monitoring.alarms`: `ALARM_COLUMNS`."""
    verification: pd.DataFrame
    """How good forecasts have been, as `verification.published.summaries` gives it."""
    reliability: pd.DataFrame
    """Reliability tables, as `verification.published.reliabilities` gives them."""
    rolling: pd.DataFrame
    """Skill over time, as `verification.rolling.rolling` gives it and `drift.skill.judged` judges it."""
    expectation: pd.DataFrame
    """What skill is expected of the champion, as `drift.skill.expected_scores` gives it."""
    verified: tuple[date, date] | None
    """First and last day of the pairs behind those tables; None where there are none."""
    cards: Mapping[str, str]
    """Texts by file name, Markdown: `MODEL_CARD` and `DATA_CARD` of the champion, where it has them."""


def publish(
    serving: Path,
    *,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    drift: pd.DataFrame,
    request_drift: pd.DataFrame | None = None,
    alarms: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    due: pd.DataFrame | None = None,
    held_out: pd.DataFrame | None = None,
    cards: Mapping[str, str] | None = None,
) -> str:
    """Write a snapshot under `serving`, read it back, make it the current one; give its name.

    `request_drift` and `alarms` are rows of `monitoring`; None where none were looked for yet.
    `pairs` are rows of `verification.daily`, from which the tables of verification are made; None where
    nothing was verified yet. `due` are the forecasts that should have an outcome, as
    `verification.rolling.due_forecasts` counts them: without it coverage is not known. `held_out` are the
    forecasts of days held out from the champion, from which follows what skill to expect. `cards` are texts
    by file name. Where the snapshot cannot be read back, `UnusableSnapshot` is raised. Whatever fails, the
    one before stays current and nothing of the new one is left.
    """
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    pairs = no_pairs() if pairs is None else pairs
    expectation = expected_scores(held_out)
    tables = {
        OBSERVATIONS: observations,
        FORECASTS: forecasts,
        DRIFT: drift,
        REQUEST_DRIFT: drift.iloc[:0] if request_drift is None else request_drift,
        ALARMS: no_alarms() if alarms is None else alarms[list(ALARM_COLUMNS)],
        VERIFICATION: summaries(pairs),
        RELIABILITY: reliabilities(pairs),
        ROLLING: judged(rolling(pairs, due), expectation),
        EXPECTATION: expectation,
    }
    verified = None if pairs.empty else [f"{day:%Y-%m-%d}" for day in pairs["date"].agg(["min", "max"])]
    try:
        _write(serving / name, tables, cards or {}, created_at=now, verified=verified)
        read(serving, name)
        replace_file(serving / POINTER, name.encode())
    except BaseException:
        if current_name(serving) != name:
            shutil.rmtree(serving / name, ignore_errors=True)
        raise
    _prune(serving, keep=name)
    return name


def _write(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    cards: Mapping[str, str],
    *,
    created_at: datetime,
    verified: list[str] | None,
) -> None:
    """Fill a new folder; its manifest comes last."""
    folder.mkdir(parents=True)
    for file, table in tables.items():
        table.to_parquet(folder / file, index=False)
    for file, text in cards.items():
        (folder / file).write_text(text, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "created_at": created_at.isoformat(),
        "verified": verified,
        "rows": {file: len(table) for file, table in tables.items()},
        "cards": list(cards),
        "sha256": {file: _sha256(folder / file) for file in (*tables, *cards)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def current_name(serving: Path) -> str | None:
    """Name of the current snapshot, or None where nothing was published yet."""
    try:
        return (serving / POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def read(serving: Path, name: str) -> Snapshot:
    """Read a snapshot; raises `UnusableSnapshot` where any part is missing or not as published."""
    folder = serving / name
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise UnusableSnapshot(
                f"snapshot {name} has format {manifest['format']}, this code reads {FORMAT}"
            )
        for file, expected in manifest["sha256"].items():
            if _sha256(folder / file) != expected:
                raise UnusableSnapshot(f"snapshot {name}: {file} is not as it was published")
        return Snapshot(
            name=name,
            created_at=datetime.fromisoformat(manifest["created_at"]),
            observations=pd.read_parquet(folder / OBSERVATIONS),
            forecasts=pd.read_parquet(folder / FORECASTS),
            drift=pd.read_parquet(folder / DRIFT),
            request_drift=pd.read_parquet(folder / REQUEST_DRIFT),
            alarms=pd.read_parquet(folder / ALARMS),
            verification=pd.read_parquet(folder / VERIFICATION),
            reliability=pd.read_parquet(folder / RELIABILITY),
            rolling=pd.read_parquet(folder / ROLLING),
            expectation=pd.read_parquet(folder / EXPECTATION),
            verified=_bounds(manifest["verified"]),
            cards={file: (folder / file).read_text(encoding="utf-8") for file in manifest["cards"]},
        )
    except (OSError, ValueError, KeyError) as error:
        raise UnusableSnapshot(f"snapshot {name} cannot be read: {error}") from error


def _bounds(days: list[str] | None) -> tuple[date, date] | None:
    if days is None:
        return None
    first, last = (date.fromisoformat(day) for day in days)
    return first, last


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _prune(serving: Path, *, keep: str) -> None:
    """Remove all but the newest snapshots, and what those left who were killed while they published."""
    folders = sorted(path for path in serving.iterdir() if _NAME.match(path.name))
    published = [folder for folder in folders if _is_of_this_format(folder)]
    # What has no manifest is being written, or never will be; other formats are for other versions to read.
    others = [folder for folder in folders if folder not in published and is_abandoned(folder)]
    for folder in (*published[:-KEEP], *others):
        if folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)
    for pointer in serving.glob(f"*{POINTER}.*"):
        if is_abandoned(pointer):
            pointer.unlink(missing_ok=True)


def _is_of_this_format(folder: Path) -> bool:
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        return False

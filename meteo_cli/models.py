"""Versions of the model: what there is, who made which champion, and whether a version can be made again."""

import getpass
import platform
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table

from meteo_assets.model import git_sha
from meteo_assets.settings import Settings
from meteo_assets.tracking import registry_of
from meteo_cli.console import console, show_scores
from meteo_core.calendar import Issue
from meteo_core.errors import MeteoError
from meteo_core.features.daily import build_features
from meteo_core.labels import label_days
from meteo_core.model import promotion
from meteo_core.model.artifact_places import relocate
from meteo_core.model.registry import (
    CARD_FILES,
    CHALLENGER,
    CHAMPION,
    STATUS,
    TRAINING_SET_FILE,
    ModelRegistry,
    ModelVersion,
)
from meteo_core.model.reproduction import data_difference, differences, recipe_of
from meteo_core.model.training import train
from meteo_core.model.training_set import from_training_set, training_set


class NoChampionYet(MeteoError):
    """A version is asked about that does not exist yet."""


class KeptElsewhere(MeteoError):
    """Models that are not in the state folder."""


class NotReproduced(MeteoError):
    """A version that came out otherwise when it was made again."""


def _registry() -> ModelRegistry:
    registry = registry_of(Settings())
    registry.prepare()
    return registry


def _who() -> str:
    return f"{getpass.getuser()}@{platform.node()}"


def list_versions() -> None:
    """One line for each version, newest first."""
    registry = _registry()
    aliases = {}
    for name in (CHAMPION, CHALLENGER):
        version = registry.alias(name)
        if version is not None:
            aliases.setdefault(version.version, []).append(name)
    table = Table()
    for column in ("version", "alias", "trained until", "ROC area", "skill", "checks", "made champion"):
        table.add_column(column)
    for version in registry.versions():
        tags = version.tags
        table.add_row(
            str(version.version),
            " ".join(aliases.get(version.version, [])),
            tags.get("trained_until", ""),
            _figure(tags, "score.roc_area", 4),
            _figure(tags, "score.skill_over_climatology", 3),
            tags.get(STATUS, ""),
            f"{tags.get('promoted_at', '')} {tags.get('promoted_by', '')}".strip(),
        )
    console.print(table)


def relocate_models() -> None:
    """Make MLflow look for its files in this state folder, wherever the folder was when they were made."""
    settings = Settings()
    database = settings.home.mlflow / "mlflow.db"
    if settings.registry_uri != f"sqlite:///{database}" or not database.exists():
        raise KeptElsewhere(f"the models are not kept in {database}: whoever keeps them knows where")
    changed = relocate(database, settings.home.mlflow / "artifacts")
    console.print(
        f"{changed} addresses now name {settings.home.mlflow}."
        if changed
        else "All models are where MLflow looks for them.",
        markup=False,
    )


def _figure(tags: Mapping[str, str], name: str, digits: int) -> str:
    return f"{float(tags[name]):.{digits}f}" if name in tags else ""


def show_version(number: int | None) -> None:
    """All that is known of a version, the champion by default, and what was done to the champion."""
    registry = _registry()
    version = _wanted(registry, number)
    console.print(f"Version {version.version}, registered {version.created_at:%Y-%m-%d %H:%M} UTC")
    for name, value in sorted(version.tags.items()):
        if not name.startswith("score."):
            console.print(f"  {name:<24} {value}", markup=False)
    show_scores(version)
    changes = [
        change for change in registry.history() if version.version in (change.version, change.replaced)
    ]
    for change in changes:
        console.print(
            f"  {change.at:%Y-%m-%d %H:%M} version {change.version} {change.action.value} by {change.who} "
            f"(was: {change.replaced or 'none'}): {change.reason}",
            markup=False,
        )


def _wanted(registry: ModelRegistry, number: int | None) -> ModelVersion:
    if number is not None:
        return registry.version(number)
    champion = registry.alias(CHAMPION)
    if champion is None:
        raise NoChampionYet("there is no champion yet: import observations first, or name a version")
    return champion


def promote(number: int, *, reason: str, despite_checks: bool) -> None:
    """Make a version champion by hand, if its checks passed and this code can use it."""
    change = promotion.promote(_registry(), number, reason=reason, who=_who(), despite_checks=despite_checks)
    console.print(f"Version {change.version} is champion; it replaces version {change.replaced or 'none'}.")


def roll_back(*, reason: str) -> None:
    """Make the version champion again that the present one replaced."""
    change = promotion.roll_back(_registry(), reason=reason, who=_who())
    console.print(f"Version {change.version} is champion again; version {change.replaced} is not.")


def write_cards(number: int | None, folder: Path) -> None:
    """Write model card and data card of a version into a folder."""
    registry = _registry()
    version = _wanted(registry, number)
    folder.mkdir(parents=True, exist_ok=True)
    for name in CARD_FILES:
        file = registry.record(version, name, folder)
        if file is None:
            raise NotReproduced(f"version {version.version} was kept without a {name}")
        (folder / name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        console.print(f"{folder / name}")


def reproduce(number: int | None) -> None:
    """Train a version again on the observations as they stood then, and say what differs.

    Where the warehouse no longer gives the training set, the one that was kept with the version is used, so
    that the recipe is tested all the same.
    """
    registry = _registry()
    version = _wanted(registry, number)
    with tempfile.TemporaryDirectory() as workspace:
        kept_models = registry.load(version.version, Path(workspace))
        file = registry.record(version, TRAINING_SET_FILE, Path(workspace))
        if file is None:
            raise NotReproduced(f"version {version.version} was kept without its training set")
        kept = pd.read_parquet(file)

    console.print(f"Version {version.version}, trained to {version.tags['trained_until']}")
    _say_code(version.tags)
    seen = _as_of(version.tags)
    changed = data_difference(kept, training_set(*seen))
    if changed.is_none:
        console.print(
            f"  training set       identical, {len(kept):,} station days as of {version.tags['as_of']}"
        )
    else:
        console.print(f"  training set       differs: {changed.words}; going on with the one that was kept")
        seen = from_training_set(kept)

    faults = [] if changed.is_none else ["training set"]
    for issue in Issue:
        model = kept_models[issue]
        again = train(*seen, issue=issue, recipe=recipe_of(dict(model.card))).model
        different = differences(model, again)
        faults += [f"{issue.value} {part}" for part in different]
        console.print(
            f"  {issue.value:<18} {'identical' if not different else 'differs: ' + ', '.join(different)}"
        )
    if faults:
        raise NotReproduced(f"version {version.version} is not the same: {', '.join(faults)}")
    console.print("Identical.")


def _say_code(tags: Mapping[str, Any]) -> None:
    here = git_sha(Settings())
    same = here == tags["git_sha"]
    console.print(
        f"  code               {here[:12]}" + ("" if same else f", not {tags['git_sha'][:12]} as then")
    )


def _as_of(tags: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and labels from the observations as they stood when the version was trained."""
    warehouse = Settings().tables()
    if not warehouse.is_there():
        raise NotReproduced(f"there is no {warehouse.place}, which holds the observations: set METEO_HOME")
    moment = datetime.fromisoformat(tags["as_of"])
    last = date.fromisoformat(tags["week"]) + timedelta(days=6)
    rows = warehouse.query(
        "SELECT * FROM raw.observations_as_of(?) WHERE date <= ? ORDER BY date, station",
        [moment, last + timedelta(days=1)],
    )
    labels = label_days(rows)
    window = rows["date"] <= pd.Timestamp(last)
    return build_features(rows[window]), labels[labels["date"] <= pd.Timestamp(last)]

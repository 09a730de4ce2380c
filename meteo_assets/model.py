"""Stage 3 of 7: a challenger each week, checked and compared before it may become champion."""

import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pandas as pd

from meteo_assets.features import features, labels
from meteo_assets.metadata import markdown_table
from meteo_assets.partitions import WHOLE_RECORD, training_weeks, week_of
from meteo_assets.settings import Settings
from meteo_assets.tracking import ending_honestly
from meteo_core.calendar import Issue
from meteo_core.compute.engine import engine
from meteo_core.compute.windows import days_at_once
from meteo_core.data_card import data_card
from meteo_core.drift.skill import expected_scores
from meteo_core.labels import PREDICTAND
from meteo_core.model import registry as kept
from meteo_core.model.card import model_card
from meteo_core.model.promotion import REQUIRED_CHECKS
from meteo_core.model.rain_models import RainModels
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import Record
from meteo_core.model.registry import CHALLENGER, PENDING, STATUS, ModelRegistry, ModelVersion
from meteo_core.model.stored_record import stored_record
from meteo_core.model.training import train_on
from meteo_core.model.training_set import write_training_set
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse

LEAST_SKILL: Final = 0.05
"""Brier skill over climatology below which a model is not worth serving."""
MOST_CALIBRATION_ERROR: Final = 0.05
"""Mean gap between chance and frequency beyond which chances are not to be called so."""
GIT_SHA: Final = "git_sha"
"""Name under which the asset says of what code a model is."""
RECIPE: Final = Recipe()
"""How the trees and networks are grown."""


@dg.asset(
    partitions_def=training_weeks,
    group_name="model",
    kinds={"xgboost", "scikitlearn", "mlflow"},
    owners=["team:meteo"],
    deps=[
        dg.AssetDep(features, partition_mapping=WHOLE_RECORD),
        dg.AssetDep(labels, partition_mapping=WHOLE_RECORD),
    ],
    pool="duckdb",
)
def rain_model(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    registry: dg.ResourceParam[ModelRegistry],
    mlflow: dg.ResourceParam[Any],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """Models of both issue times, trained on every labelled day up to the week's end: the challenger.

    Their scores are those of twins that had not seen the last year (or what a shorter record has beyond its
    first); the registered models are then fitted on all days. Training set, held-out forecasts, model card
    and data card are kept with the MLflow run.
    """
    _, last = week_of(context)
    with ending_honestly(mlflow), tempfile.TemporaryDirectory() as workspace:
        as_of = datetime.now(UTC)
        record = stored_record(warehouse, last, days_at_once=days_at_once(len(stations())))
        with engine(settings.dask_scheduler) as compute:
            trained = {
                issue: train_on(record, issue=issue, recipe=RECIPE, grow=compute.grow) for issue in Issue
            }

        models = RainModels({issue: each.model for issue, each in trained.items()})
        card = models.card
        scores = {issue: each.scores.as_dict() for issue, each in trained.items()}
        mlflow.log_params({**card["recipe"], "rows": card["rows"], "stations": card["stations"]})
        held_out = pd.concat([each.held_out for each in trained.values()])
        mlflow.log_metrics({**_named(scores), **_by_season(expected_scores(held_out))})
        code = git_sha(settings)
        made_from = {"git": code, "as of": as_of.isoformat(timespec="seconds")}
        version = registry.log(
            models,
            run_id=mlflow.active_run().info.run_id,
            tags={
                "week": context.partition_key,
                "as_of": as_of.isoformat(),
                "trained_from": card["trained_from"],
                "trained_until": card["trained_until"],
                "issues": " ".join(issue.value for issue in trained),
                "label_rule": PREDICTAND.words,
                "fingerprint": models.fingerprint(),
                "training_set_sha256": card["training_set_sha256"],
                "git_sha": code,
                "dagster_run_id": context.run.run_id,
                STATUS: PENDING,
                "held_out_from": card["held_out_from"],
                "held_out_until": card["held_out_until"],
                **{f"score.{name}": f"{value:.6g}" for name, value in _named(scores).items()},
            },
            workspace=Path(workspace),
        )
        _keep_records(
            registry,
            version,
            Path(workspace),
            record,
            held_out,
            texts={
                kept.MODEL_CARD_FILE: (text := model_card(trained, made_from=made_from)),
                kept.DATA_CARD_FILE: data_card(warehouse, last),
            },
        )
    return dg.MaterializeResult(
        metadata={
            "model_version": version.version,
            "mlflow_run": version.run_id,
            GIT_SHA: code,
            "training_rows": card["rows"],
            "trained_until": card["trained_until"],
            "scores": markdown_table(
                ["score on held-out days", *(issue.value for issue in trained)],
                [
                    (name, *(_shown(scores[issue][name]) for issue in trained))
                    for name in scores[Issue.EVENING]
                ],
            ),
            "model_card": dg.MetadataValue.md(text),
            **{f"score_{name}": float(value) for name, value in _named(scores).items()},
        }
    )


def _by_season(expected: pd.DataFrame) -> dict[str, float]:
    """The skill that the service's forecasts are held against, by issue time and season."""
    main = expected[expected["threshold"] == PREDICTAND.name]
    names = main["issue"] + "_skill_" + main["season"]
    return dict(zip(names, main["skill"].astype(float), strict=True))


def _named(scores: Mapping[Issue, Mapping[str, float]]) -> dict[str, float]:
    """Scores of the evening by their own names, those of the morning with its name before them."""
    return {
        (name if issue is Issue.EVENING else f"{issue.value}_{name}"): value
        for issue, of_issue in scores.items()
        for name, value in of_issue.items()
    }


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _keep_records(
    registry: ModelRegistry,
    version: ModelVersion,
    folder: Path,
    record: Record,
    held_out: pd.DataFrame,
    *,
    texts: Mapping[str, str],
) -> None:
    write_training_set(record, folder / kept.TRAINING_SET_FILE)
    held_out.to_parquet(folder / kept.HELD_OUT_FILE, index=False, compression="zstd")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in (kept.TRAINING_SET_FILE, kept.HELD_OUT_FILE, *texts):
        registry.keep_record(version, folder / name)


@dg.asset_check(asset=rain_model, blocking=True)
def rain_model_beats_climatology(registry: dg.ResourceParam[ModelRegistry]) -> dg.AssetCheckResult:
    """On days it had not seen, each model beats climatology; the evening's also persistence and Markov."""
    challenger = newest_challenger(registry)
    skill = {
        reference: float(challenger.tags[f"score.skill_over_{reference}"])
        for reference in ("climatology", "persistence", "markov")
    }
    morning = float(challenger.tags["score.morning_skill_over_climatology"])
    passed = (
        min(skill["climatology"], morning) >= LEAST_SKILL and skill["persistence"] > 0 and skill["markov"] > 0
    )
    return _noted(
        registry,
        challenger,
        "rain_model_beats_climatology",
        passed,
        {**skill, "morning_climatology": morning},
    )


@dg.asset_check(asset=rain_model, blocking=True)
def rain_model_is_calibrated(registry: dg.ResourceParam[ModelRegistry]) -> dg.AssetCheckResult:
    """On days it had not seen, the chances of each model are frequencies."""
    challenger = newest_challenger(registry)
    errors = {
        "evening": float(challenger.tags["score.calibration_error"]),
        "morning": float(challenger.tags["score.morning_calibration_error"]),
    }
    passed = max(errors.values()) <= MOST_CALIBRATION_ERROR
    return _noted(registry, challenger, "rain_model_is_calibrated", passed, errors)


def _noted(
    registry: ModelRegistry, challenger: ModelVersion, check: str, passed: bool, figures: Mapping[str, float]
) -> dg.AssetCheckResult:
    registry.note_check(challenger.version, check, passed=passed, required=REQUIRED_CHECKS)
    return dg.AssetCheckResult(passed=passed, metadata={"model_version": challenger.version, **figures})


def newest_challenger(registry: ModelRegistry, *, week: str | None = None) -> ModelVersion:
    """The challenger; raises where there is none, or where it is not of this week."""
    challenger = registry.alias(CHALLENGER)
    if challenger is None:
        raise dg.Failure("there is no challenger yet: materialize rain_model first")
    if week is not None and challenger.tags.get("week") != week:
        raise dg.Failure(
            f"the newest challenger, version {challenger.version}, is of week {challenger.tags.get('week')}: "
            f"materialize rain_model of {week} first"
        )
    return challenger


def git_sha(settings: Settings) -> str:
    """Commit of the code that trains; images carry it in an environment variable."""
    if settings.git_sha:
        return settings.git_sha
    try:
        return subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 (git from the PATH)
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"

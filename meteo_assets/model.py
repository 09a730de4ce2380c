"""Stage 3 of 7: a challenger each week, checked before it may become champion."""

import subprocess
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from meteo_assets.features import features, labels
from meteo_assets.metadata import markdown_table
from meteo_assets.partitions import WHOLE_RECORD, training_weeks, week_of
from meteo_assets.settings import Settings
from meteo_assets.tracking import ending_honestly
from meteo_core.labels import PREDICTAND
from meteo_core.model.registry import CHALLENGER, CHAMPION, PASSED, ModelRegistry, ModelVersion
from meteo_core.model.training import train
from meteo_core.warehouse import Warehouse

FAILED = "failed"
LEAST_SKILL = 0.05
"""Brier skill over climatology below which a model is not worth serving."""


@dg.asset(
    partitions_def=training_weeks,
    group_name="model",
    kinds={"xgboost", "mlflow"},
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
) -> dg.MaterializeResult:
    """A model trained on every labelled day up to the end of the week, registered as challenger.

    Its scores are those of a twin that had not seen the last year (or what a shorter record has beyond its
    first); the registered model is then fitted on all days.
    """
    _, last = week_of(context)
    with ending_honestly(mlflow), tempfile.TemporaryDirectory() as workspace:
        as_of = datetime.now(UTC)
        trained = train(
            warehouse.read("features.daily", None, last), warehouse.read("labels.daily", None, last)
        )

        card, scores = trained.model.card, asdict(trained.scores)
        mlflow.log_params({**card["recipe"], "rows": card["rows"], "stations": card["stations"]})
        mlflow.log_metrics(scores)
        version = registry.log(
            trained.model,
            run_id=mlflow.active_run().info.run_id,
            tags={
                "week": context.partition_key,
                "as_of": as_of.isoformat(timespec="seconds"),
                "trained_from": card["trained_from"],
                "trained_until": card["trained_until"],
                "issue": card["issue"],
                "label_rule": PREDICTAND.words,
                "fingerprint": trained.model.predictors.fingerprint(),
                "training_set_sha256": card["training_set_sha256"],
                "git_sha": git_sha(),
                "dagster_run_id": context.run.run_id,
                "validation_status": "pending",
                "held_out_from": str(trained.held_out["date"].min().date()),
                "held_out_until": str(trained.held_out["date"].max().date()),
                **{f"score.{name}": f"{value:.6g}" for name, value in scores.items()},
            },
            workspace=Path(workspace),
        )
    return dg.MaterializeResult(
        metadata={
            "model_version": version.version,
            "mlflow_run": version.run_id,
            "training_rows": card["rows"],
            "trained_until": card["trained_until"],
            "scores": markdown_table(
                ["score", "held-out days"],
                [(k, f"{v:,}" if isinstance(v, int) else f"{v:.4f}") for k, v in scores.items()],
            ),
            **{f"score_{name}": float(value) for name, value in scores.items()},
        }
    )


@dg.asset_check(asset=rain_model, blocking=True)
def rain_model_beats_climatology(registry: dg.ResourceParam[ModelRegistry]) -> dg.AssetCheckResult:
    """On days it had not seen, the challenger beats climatology, persistence and Markov."""
    challenger = _newest_challenger(registry)
    skill = {
        reference: float(challenger.tags[f"score.skill_over_{reference}"])
        for reference in ("climatology", "persistence", "markov")
    }
    passed = skill["climatology"] >= LEAST_SKILL and skill["persistence"] > 0 and skill["markov"] > 0
    registry.tag(challenger.version, "validation_status", PASSED if passed else FAILED)
    return dg.AssetCheckResult(passed=passed, metadata={"model_version": challenger.version, **skill})


@dg.asset(
    partitions_def=training_weeks,
    group_name="model",
    kinds={"mlflow"},
    owners=["team:meteo"],
    deps=[rain_model],
)
def champion_model(
    context: dg.AssetExecutionContext, registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """The model that forecasts: the week's challenger, once every check has passed it."""
    challenger = _newest_challenger(registry)
    week, status = challenger.tags.get("week"), challenger.tags.get("validation_status")
    if week != context.partition_key:
        raise dg.Failure(
            f"the newest challenger, version {challenger.version}, is of week {week}: "
            f"materialize rain_model of {context.partition_key} first"
        )
    if status != PASSED:
        raise dg.Failure(
            f"version {challenger.version} is not promoted: its checks are {status!r}. "
            "Materialize rain_model together with its checks."
        )
    before = registry.alias(CHAMPION)
    if before is not None and challenger.tags["trained_until"] < before.tags["trained_until"]:
        raise dg.Failure(
            f"version {challenger.version} is not promoted: it was trained to "
            f"{challenger.tags['trained_until']}, the champion, version {before.version}, "
            f"to {before.tags['trained_until']}"
        )
    skill = float(challenger.tags["score.skill_over_climatology"])
    reason = f"passed its checks; Brier skill over climatology {skill:.3f} on held-out days"

    registry.promote(challenger.version, reason=reason, who=f"dagster run {context.run.run_id}")

    return dg.MaterializeResult(
        metadata={
            "model_version": challenger.version,
            "replaces_version": before.version if before else "none",
            "reason": reason,
        }
    )


def _newest_challenger(registry: ModelRegistry) -> ModelVersion:
    challenger = registry.alias(CHALLENGER)
    if challenger is None:
        raise dg.Failure("there is no challenger yet: materialize rain_model first")
    return challenger


def git_sha() -> str:
    """Commit of the code that trains; images carry it in an environment variable."""
    known = Settings().git_sha
    if known:
        return known
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

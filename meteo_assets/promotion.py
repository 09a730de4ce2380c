"""Stage 3 of 7, the decision: challenger against champion, and which of them forecasts."""

import json
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import dagster as dg
import pandas as pd

from meteo_assets import model
from meteo_assets.drift import drift_report
from meteo_assets.features import features, labels
from meteo_assets.metadata import markdown_table
from meteo_assets.model import REQUIRED_CHECKS, newest_challenger, rain_model
from meteo_assets.partitions import WHOLE_RECORD, training_weeks, week_of
from meteo_core.calendar import Issue
from meteo_core.drift.pooled import DRIFT
from meteo_core.features.daily import derive_features
from meteo_core.features.predictor_table import Variant
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS
from meteo_core.model.comparison import Comparison, Decision, compare, decide, honest_forecasts, why_worse
from meteo_core.model.held_out import hold_out
from meteo_core.model.rain_model import UnusableModel
from meteo_core.model.registry import (
    CHAMPION,
    CHECK,
    COMPARISON_FILE,
    DECISION,
    FAILED,
    HELD_OUT_FILE,
    PASSED,
    PROMOTION_DUE,
    STATUS,
    ModelRegistry,
    ModelVersion,
    number_of,
)
from meteo_core.parameters import NUMBERS
from meteo_core.warehouse import Warehouse

NOT_WORSE: Final = "challenger_is_not_worse_than_champion"


@dg.asset(
    partitions_def=training_weeks,
    group_name="model",
    kinds={"mlflow"},
    owners=["team:meteo"],
    deps=[
        rain_model,
        drift_report,
        dg.AssetDep(features, partition_mapping=WHOLE_RECORD),
        dg.AssetDep(labels, partition_mapping=WHOLE_RECORD),
    ],
    pool="duckdb",
)
def model_comparison(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.MaterializeResult:
    """Challenger and champion on the last year's days, each as forecast without having seen them.

    The difference of their Brier scores has an interval from a bootstrap over weeks, in all and by station
    and season. Where parameters drift, the challenger is also compared with one trained without them.
    """
    week, last = week_of(context)
    challenger, champion = newest_challenger(registry, week=context.partition_key), registry.alias(CHAMPION)
    if champion is None:
        return dg.MaterializeResult(
            metadata={"challenger": challenger.version, "outcome": "there is no champion to compare with"}
        )
    since = pd.Timestamp(challenger.tags["held_out_from"]).date() - timedelta(days=PREDICTOR_LOOK_BACK_DAYS)
    seen = warehouse.read("features.daily", since, last)
    outcomes = warehouse.read("labels.daily", since, last)
    drifting = _drifting(warehouse, week)

    ours = _unseen(registry, challenger, seen, challenger)
    against = {"champion": compare(ours, _unseen(registry, champion, seen, challenger), outcomes)}
    if drifting:
        # Own values alone: what is derived from a parameter that drifts goes with it.
        record = warehouse.read("features.daily", None, last)
        steady = derive_features(record.assign(**dict.fromkeys(drifting, float("nan"))))
        happened = warehouse.read("labels.daily", None, last)
        without = hold_out(steady, happened, recipe=model.RECIPE, variants=[Variant.FULL]).held_out
        against[f"itself without {', '.join(drifting)}"] = compare(ours, without, outcomes)

    _keep(registry, challenger, champion, against)
    found = against["champion"]
    return dg.MaterializeResult(
        metadata={
            "challenger": challenger.version,
            "champion": champion.version,
            "drifting_parameters": ", ".join(drifting) or "none",
            "comparison": markdown_table(
                ["against", "issue", "days", "Brier, challenger", "Brier, other", "difference", "interval"],
                [
                    (other, *_row(comparison))
                    for other, comparisons in against.items()
                    for comparison in comparisons.values()
                ],
            ),
            **{f"by_season_{issue.value}": _by(c.by_season) for issue, c in found.items()},
            **{f"by_station_{issue.value}": _by(c.by_station) for issue, c in found.items()},
        }
    )


@dg.asset_check(asset=model_comparison, blocking=True)
def challenger_is_not_worse_than_champion(
    registry: dg.ResourceParam[ModelRegistry],
) -> dg.AssetCheckResult:
    """The challenger is not worse beyond doubt, neither at an issue time nor at several stations."""
    challenger = newest_challenger(registry)
    status, reason = challenger.tags.get(f"{CHECK}{NOT_WORSE}", PASSED), challenger.tags.get(DECISION, "")
    return dg.AssetCheckResult(
        passed=status != FAILED, metadata={"model_version": challenger.version, "reason": reason}
    )


@dg.asset(
    partitions_def=training_weeks,
    group_name="model",
    kinds={"mlflow"},
    owners=["team:meteo"],
    deps=[rain_model, model_comparison],
)
def champion_model(
    context: dg.AssetExecutionContext, registry: dg.ResourceParam[ModelRegistry]
) -> dg.MaterializeResult:
    """The version that forecasts: the week's challenger if it earned it, else the champion as before.

    A challenger becomes champion once every check has passed it, if it is better than the champion beyond
    doubt, or no worse and the champion has not seen the newest quarter of a year.
    """
    challenger = newest_challenger(registry, week=context.partition_key)
    status = challenger.tags.get(STATUS)
    if status != PASSED:
        raise dg.Failure(
            f"version {challenger.version} is not promoted: its checks are {status!r}. "
            f"Materialize rain_model together with its checks: {', '.join(REQUIRED_CHECKS)}."
        )
    before = registry.alias(CHAMPION)
    if before is not None and challenger.tags["trained_until"] < before.tags["trained_until"]:
        raise dg.Failure(
            f"version {challenger.version} is not promoted: it was trained to "
            f"{challenger.tags['trained_until']}, the champion, version {before.version}, "
            f"to {before.tags['trained_until']}"
        )
    if before is not None and before.version == challenger.version:
        return _outcome(before, before, "it is champion already")
    if before is not None and challenger.tags.get("compared_with") != str(before.version):
        raise dg.Failure(
            f"version {challenger.version} was not compared with the champion, version {before.version}: "
            "materialize model_comparison first"
        )
    if before is not None and challenger.tags[PROMOTION_DUE] != "yes":
        return _outcome(before, before, challenger.tags[DECISION])

    skill = float(challenger.tags["score.skill_over_climatology"])
    reason = (
        challenger.tags[DECISION]
        if before is not None
        else f"the first champion; passed its checks, Brier skill over climatology {skill:.3f}"
    )
    registry.promote(
        challenger.version,
        reason=reason,
        who=f"dagster run {context.run.run_id}",
        expected_champion=number_of(before),
    )
    return _outcome(challenger, before, reason)


def _outcome(champion: ModelVersion, before: ModelVersion | None, reason: str) -> dg.MaterializeResult:
    changed = before is None or before.version != champion.version
    return dg.MaterializeResult(
        metadata={
            "model_version": champion.version,
            "changed": changed,
            "replaces_version": before.version if changed and before else "none",
            "reason": reason,
        }
    )


def _drifting(warehouse: Warehouse, week: object) -> list[str]:
    found = warehouse.query(
        "SELECT parameter FROM monitoring.drift WHERE week = ? AND verdict = ?", [week, DRIFT]
    )["parameter"]
    return [name for name in NUMBERS if name in set(found)]


def _unseen(
    registry: ModelRegistry, version: ModelVersion, seen: pd.DataFrame, challenger: ModelVersion
) -> pd.DataFrame:
    """A version's forecasts, without having seen them, of the days that the challenger's twin held out."""
    since = pd.Timestamp(challenger.tags["held_out_from"])
    with tempfile.TemporaryDirectory() as workspace:
        try:
            models = registry.load(version.version, Path(workspace))
        except UnusableModel:
            models = None  # made by other code: what its twin forecast is still comparable
        held_out = held_out_of(registry, version, Path(workspace))
    if held_out is None:
        held_out = pd.DataFrame(columns=["station", "date", "issue", "p_gt_1_0"])
        held_out = held_out.astype({"date": "datetime64[ns]", "p_gt_1_0": float})
    window = seen[seen["date"] >= since - timedelta(days=PREDICTOR_LOOK_BACK_DAYS)]
    return honest_forecasts(held_out, models, window, since)


def held_out_of(registry: ModelRegistry, version: ModelVersion, folder: Path) -> pd.DataFrame | None:
    """What a version's twin forecast of the days that were held out; None where it was kept without."""
    file = registry.record(version, HELD_OUT_FILE, folder)
    return None if file is None else pd.read_parquet(file)


def is_usable(registry: ModelRegistry, version: ModelVersion) -> bool:
    """Whether this code can forecast with a version."""
    with tempfile.TemporaryDirectory() as workspace:
        try:
            registry.load(version.version, Path(workspace))
        except UnusableModel:
            return False
    return True


def _keep(
    registry: ModelRegistry,
    challenger: ModelVersion,
    champion: ModelVersion,
    against: Mapping[str, Mapping[Issue, Comparison]],
) -> None:
    """Note on the challenger what the comparison says, and keep the whole of it with its run."""
    found = against["champion"]
    trained = [pd.Timestamp(version.tags["trained_until"]) for version in (challenger, champion)]
    decision = decide(found, unseen_days=(trained[0] - trained[1]).days)
    if not is_usable(registry, champion) and why_worse(found) is None:
        decision = Decision(promote=True, reason="this code can no longer use the champion")
    registry.tag(challenger.version, DECISION, decision.reason)
    registry.tag(challenger.version, PROMOTION_DUE, "yes" if decision.promote else "no")
    registry.tag(challenger.version, f"{CHECK}{NOT_WORSE}", FAILED if why_worse(found) else PASSED)
    # Last: what stands before it may be of an earlier comparison until then.
    registry.tag(challenger.version, "compared_with", str(champion.version))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / COMPARISON_FILE
        stored = {
            "challenger": challenger.version,
            "champion": champion.version,
            "decision": decision.reason,
            "against": {
                other: [comparison.as_dict() for comparison in comparisons.values()]
                for other, comparisons in against.items()
            },
        }
        file.write_text(json.dumps(stored, default=str), encoding="utf-8")
        registry.keep_record(challenger, file)


def _row(comparison: Comparison) -> tuple[str, ...]:
    value, low, high = comparison.difference
    return (
        comparison.issue.value,
        f"{comparison.rows:,}",
        f"{comparison.brier_challenger:.4f}",
        f"{comparison.brier_champion:.4f}",
        f"{value:+.5f}",
        f"{low:+.5f} to {high:+.5f}",
    )


def _by(differences: pd.DataFrame) -> dg.MarkdownMetadataValue:
    name = differences.columns[0]
    return markdown_table(
        [name, "days", "difference", "interval"],
        [
            (row[0], f"{row.rows:,}", f"{row.difference:+.5f}", f"{row.low:+.5f} to {row.high:+.5f}")
            for row in differences.itertuples(index=False)
        ],
    )

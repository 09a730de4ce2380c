"""Stage 5 of 7: forecasts beside what happened, as soon as it is known."""

import base64
import math
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import dagster as dg
import pandas as pd

from meteo_assets.features import labels
from meteo_assets.forecast import forecasts
from meteo_assets.metadata import markdown_table, schema
from meteo_assets.partitions import RELABELLED, days_of, observation_days
from meteo_core.daily_tables import RELABELLED_DAYS
from meteo_core.jobs import FIRST_DAY
from meteo_core.labels import PREDICTAND
from meteo_core.verification import calibration_error
from meteo_core.verification.pairs import pair
from meteo_core.verification.reliability import reliability_table, unsound_bins
from meteo_core.verification.summary import summarise
from meteo_core.warehouse import Warehouse

JUDGED_DAYS: Final = 90
"""Days over which recent skill and reliability are told: a season."""
LEAST_PAIRS: Final = 500
"""Fewer forecasts than this, or than four weeks of them, do not show whether chances are frequencies."""
_FIGURES = (
    "brier_score",
    "skill_over_climatology",
    "skill_over_climatology_low",
    "skill_over_climatology_high",
    "skill_over_markov",
    "skill_over_markov_low",
    "skill_over_markov_high",
)
_PAIR_COLUMNS = {
    "issue": ("string", "Issue time: evening (all of the day observed) or morning"),
    "kind": ("string", "issued on its day, or a hindcast by a model that had not seen the outcome"),
    "model_version": ("integer", "Version of meteo-rain that made the forecast"),
    "threshold": ("string", f"Rule for a wet day, such as {PREDICTAND.name}: {PREDICTAND.words}"),
    "chance": ("double", "Forecast probability, 0 to 1"),
    "climatology": ("double", "Probability by station and month alone"),
    "markov": ("double", "Probability by station, month and today's rain"),
    "outcome": ("boolean", "Whether the rule was met"),
    "squared_error": ("double", "(chance - outcome) squared; its mean is the Brier score"),
    "squared_error_climatology": ("double", "The same of climatology"),
    "squared_error_markov": ("double", "The same of Markov"),
}


@dg.asset(
    partitions_def=observation_days,
    group_name="verification",
    kinds={"duckdb", "pandas"},
    owners=["team:meteo"],
    deps=[
        dg.AssetDep(forecasts, partition_mapping=RELABELLED),
        dg.AssetDep(labels, partition_mapping=RELABELLED),
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="duckdb",
    metadata={"dagster/column_schema": schema(_PAIR_COLUMNS), "dagster/table_name": "verification.daily"},
)
def forecast_verification(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Each forecast beside its outcome at every threshold, with its errors and those of the references.

    Scored is what was issued on its day, and hindcasts by models that had not seen the outcome. The day
    before the window is verified again too. Figures are for more than 1.0 mm, with intervals of 95 %.
    """
    first, last = days_of(context)
    first -= timedelta(days=RELABELLED_DAYS)
    made = warehouse.read("forecasts.daily", first, last)
    outcomes = warehouse.read("labels.daily", first, last)

    pairs = pair(made, outcomes)

    # A day without pairs is an answer: its outcome is not known yet, or a revision took it back.
    warehouse.replace("verification.daily", pairs, first, last, may_be_emptied=True)
    recent = _pairs_of_predictand(warehouse, last)
    window = pairs[pairs["threshold"] == PREDICTAND.name]
    return dg.MaterializeResult(
        metadata={
            "pairs": len(pairs),
            "days": pairs["date"].nunique(),
            **_figures(window),
            **{f"last_{JUDGED_DAYS}_days_{name}": value for name, value in _figures(recent).items()},
            "scores": _score_table({"this window": window, f"{JUDGED_DAYS} days to {last}": recent}),
        }
    )


@dg.asset_check(asset=forecast_verification)
def the_chances_are_calibrated(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Over the last 90 days no chance of more than 1.0 mm was off by over five points, beyond sampling."""
    # It takes a second to import: only where a picture is drawn.
    from meteo_core.verification.diagrams import reliability_diagram, skill_by_station

    newest = warehouse.query("SELECT max(date) AS day FROM verification.daily")["day"].iloc[0]
    recent = _pairs_of_predictand(warehouse, newest.date() if pd.notna(newest) else FIRST_DAY)
    metadata: dict[str, Any] = {"pairs": len(recent)}
    unsound = 0
    for issue, rows in recent.groupby("issue"):
        wet, chance = rows["outcome"].to_numpy(float), rows["chance"].to_numpy(float)
        table = reliability_table(rows["date"], wet, chance)
        if len(rows) < LEAST_PAIRS or table["gap_low"].isna().all():
            continue
        off = unsound_bins(table)
        unsound += len(off)
        title = f"{str(issue).capitalize()}, {PREDICTAND.words}, {JUDGED_DAYS} days to {newest.date()}"
        # Pictures go with the check rather than the asset: a range of days is one check, but an event a day.
        metadata |= {
            f"{issue}_verdict": "unsound" if len(off) else "sound",
            f"{issue}_calibration_error": calibration_error(wet, chance),
            f"{issue}_unsound_bins": _bins_table(off),
            f"{issue}_reliability": _picture(reliability_diagram(table, title=title)),
            f"{issue}_skill": _picture(skill_by_station(summarise(rows, ["station"]), title=title)),
        }
    if len(metadata) == 1:
        metadata["verdict"] = "insufficient data"
    return dg.AssetCheckResult(passed=unsound == 0, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


def _pairs_of_predictand(warehouse: Warehouse, last: date) -> pd.DataFrame:
    """Pairs at more than 1.0 mm of the `JUDGED_DAYS` days to `last`."""
    pairs = warehouse.read("verification.daily", last - timedelta(days=JUDGED_DAYS - 1), last)
    return pairs[pairs["threshold"] == PREDICTAND.name]


def _figures(pairs: pd.DataFrame) -> dict[str, float | None]:
    """Scores over all of these pairs; None where there are none, or too few days for an interval."""
    summary = summarise(pairs, [])
    if summary.empty:
        return dict.fromkeys(_FIGURES)
    values = {name: float(summary[name].iloc[0]) for name in _FIGURES}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _score_table(windows: Mapping[str, pd.DataFrame]) -> dg.MarkdownMetadataValue:
    """Scores of each window by issue time and kind."""
    return markdown_table(
        ["days", "issue", "kind", "forecasts", "Brier score", "skill over climatology", "skill over Markov"],
        [
            (
                words,
                row.issue,
                row.kind,
                row.rows,
                f"{row.brier_score:.4f}",
                *(
                    f"{skill:.3f} ({low:.3f} to {high:.3f})"
                    for skill, low, high in (
                        (
                            row.skill_over_climatology,
                            row.skill_over_climatology_low,
                            row.skill_over_climatology_high,
                        ),
                        (row.skill_over_markov, row.skill_over_markov_low, row.skill_over_markov_high),
                    )
                ),
            )
            for words, pairs in windows.items()
            for row in summarise(pairs, ["issue", "kind"]).itertuples()
        ],
    )


def _bins_table(bins: pd.DataFrame) -> dg.MarkdownMetadataValue:
    return markdown_table(
        ["chance", "forecasts", "mean chance", "observed frequency"],
        [
            (
                f"{row.chance_from:.1f} to {row.chance_to:.1f}",
                row.forecasts,
                f"{row.mean_chance:.3f}",
                f"{row.observed_frequency:.3f}",
            )
            for row in bins.rename(columns={"count": "forecasts"}).itertuples()
        ],
    )


def _picture(png: bytes) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"![diagram](data:image/png;base64,{base64.b64encode(png).decode()})")

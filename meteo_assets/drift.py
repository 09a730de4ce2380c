"""Stage 6 of 7: the weekly drift report, for people to read and for alarms to be made of."""

import json
import os
import warnings
from pathlib import Path

import dagster as dg
import pandas as pd

from meteo_assets.features import features
from meteo_assets.metadata import markdown_table
from meteo_assets.partitions import WHOLE_RECORD, training_weeks, week_of
from meteo_assets.settings import Settings
from meteo_core.drift.pooled import DRIFT, INSUFFICIENT, LEAST_ROWS, PooledDrift, pooled_drift
from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.warehouse import Warehouse

REFERENCE_SAMPLE = 5_000
"""Rows of the reference in the report that people read: more cost seconds and megabytes, and show no more."""


@dg.asset(
    partitions_def=training_weeks,
    group_name="drift",
    kinds={"evidently", "duckdb"},
    owners=["team:meteo"],
    deps=[dg.AssetDep(features, partition_mapping=WHOLE_RECORD)],
    pool="duckdb",
    metadata={"dagster/table_name": "monitoring.drift"},
)
def drift_report(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """The 30 days to the end of the week against the same season of earlier years.

    The scores and thresholds in `monitoring.drift` decide what is drift; Evidently's report shows the
    distributions behind them.
    """
    week, last = week_of(context)
    record = warehouse.read("features.daily", None, last, columns=["station", "date", *NUMBERS])

    drift = pooled_drift(record, last)
    warehouse.replace_week("monitoring.drift", drift.scores.assign(week=week), week)
    report = _write_report(drift, settings.home.drift / week.isoformat())

    verdicts = drift.scores["verdict"].value_counts()
    return dg.MaterializeResult(
        metadata={
            "parameters_drifting": int(verdicts.get(DRIFT, 0)),
            "parameters_without_enough_data": int(verdicts.get(INSUFFICIENT, 0)),
            "rows": len(drift.current),
            "report": dg.MetadataValue.path(str(report)) if report else dg.MetadataValue.text(INSUFFICIENT),
            "scores": markdown_table(
                ["parameter", "score", "threshold", "verdict"],
                [
                    (row.parameter, f"{row.score:.3f}", f"{row.threshold:.3f}", row.verdict)
                    for row in drift.scores.itertuples()
                ],
            ),
        }
    )


def _write_report(drift: PooledDrift, folder: Path) -> Path | None:
    """Evidently's report as HTML and JSON; None where there is too little to compare."""
    names = [
        name
        for name in NUMBERS
        if drift.current[name].notna().sum() >= LEAST_ROWS
        and drift.reference[name].notna().sum() >= LEAST_ROWS
    ]
    if not names:
        return None
    os.environ.setdefault("DO_NOT_TRACK", "true")
    reference = drift.reference[names]
    sample = reference.sample(min(REFERENCE_SAMPLE, len(reference)), random_state=0)
    with warnings.catch_warnings():
        # Evidently and what it imports warn of their own ageing; nothing that an operator could mend.
        warnings.simplefilter("ignore")
        # It takes five seconds to import: only where a report is written.
        from evidently import Report
        from evidently.presets import DataDriftPreset

        snapshot = Report([DataDriftPreset()]).run(_labelled(drift.current[names]), _labelled(sample))

    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "report.html"
    snapshot.save_html(str(page))
    (folder / "report.json").write_text(json.dumps(snapshot.dict(), default=str), encoding="utf-8")
    return page


def _labelled(values: pd.DataFrame) -> pd.DataFrame:
    """Column names that a person reads, with units."""
    return values.rename(columns={n: f"{PARAMETERS[n].label}, {PARAMETERS[n].unit}" for n in values.columns})


@dg.asset_check(asset=drift_report)
def the_weather_looks_like_its_season(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """No parameter of the newest report is further from its season than any earlier year was."""
    drifting = warehouse.query(
        "SELECT parameter, score FROM monitoring.drift "
        "WHERE week = (SELECT max(week) FROM monitoring.drift) AND verdict = 'drift'"
    )
    return dg.AssetCheckResult(
        passed=drifting.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            name: float(score) for name, score in zip(drifting["parameter"], drifting["score"], strict=True)
        },
    )

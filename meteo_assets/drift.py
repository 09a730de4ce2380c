"""Stage 6 of 7: the weekly drift report, for people to read and for alarms to be made of."""

from datetime import date, timedelta
from typing import Final

import dagster as dg
import pandas as pd

from meteo_assets.drift_reports import write_report
from meteo_assets.features import features
from meteo_assets.monitoring import prediction_requests
from meteo_assets.partitions import WHOLE_RECORD, training_weeks, week_of
from meteo_assets.settings import Settings
from meteo_core.drift.asked import asked_drift, asked_values
from meteo_core.drift.files import Subject
from meteo_core.drift.pooled import WINDOW_DAYS, pooled_drift
from meteo_core.parameters import NUMBERS
from meteo_core.warehouse import Warehouse

MOST_REQUESTS: Final = 20_000
"""Questions that are looked at; of more, a sample that is the same each time."""


@dg.asset(
    partitions_def=training_weeks,
    group_name="drift",
    kinds={"evidently", "duckdb"},
    owners=["team:meteo"],
    deps=[
        dg.AssetDep(features, partition_mapping=WHOLE_RECORD),
        dg.AssetDep(prediction_requests, partition_mapping=WHOLE_RECORD),
    ],
    pool="duckdb",
    metadata={"dagster/table_name": "monitoring.drift"},
)
def drift_report(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    settings: dg.ResourceParam[Settings],
) -> dg.MaterializeResult:
    """The 30 days to the end of the week, and what the service was asked in them, against their season.

    The reference is the same season of earlier years, what the model was trained on. The scores and
    thresholds in `monitoring.drift` and `monitoring.request_drift` decide what is drift; Evidently's reports
    show the distributions behind them.
    """
    week, last = week_of(context)
    record = warehouse.read("features.daily", None, last, columns=["station", "date", *NUMBERS])
    requests = _requests(warehouse, last)

    observed, asked = pooled_drift(record, last), asked_drift(asked_values(requests), record, last)

    warehouse.replace_week("monitoring.drift", observed.scores.assign(week=week), week)
    warehouse.replace_week("monitoring.request_drift", asked.scores.assign(week=week), week)
    told = {
        subject: write_report(
            drift, record, subject, settings.home.drift, week, site=settings.public_url.rstrip("/")
        )
        for subject, drift in {Subject.OBSERVATIONS: observed, Subject.REQUESTS: asked}.items()
    }
    return dg.MaterializeResult(
        metadata=told[Subject.OBSERVATIONS]
        | {f"requests_{name}": value for name, value in told[Subject.REQUESTS].items()}
    )


def _requests(warehouse: Warehouse, last: date) -> pd.DataFrame:
    """Questions of the days that a report is about."""
    return warehouse.query(
        "SELECT station, date, inputs FROM monitoring.prediction_requests WHERE day BETWEEN ? AND ? "
        f"ORDER BY hash(id, asked_at) LIMIT {MOST_REQUESTS}",
        [last - timedelta(days=WINDOW_DAYS - 1), last],
    )


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

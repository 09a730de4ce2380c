"""Skill on the real archive: train before 2014-07-01, forecast the year after."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from benchmarks.report import archive, show
from meteo_core.features.daily import DAILY_COLUMNS, build_features, known_at
from meteo_core.labels import PREDICTAND, as_float, label_days
from meteo_core.model.training import fit
from meteo_core.parameters import KnownAt
from meteo_core.quality import inspect
from meteo_core.sources.archive import Archive
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import stations
from meteo_core.verification import score

CUT, LAST = date(2014, 7, 1), date(2015, 6, 30)


def run() -> None:
    """Print the scores of the model and its references."""
    source = Archive(archive())
    deliveries = [
        given
        for given in source.fetch(list(stations().values()), date(2007, 11, 1), LAST + timedelta(days=1))
        if isinstance(given, Delivery)
    ]
    if not deliveries:
        raise RuntimeError(f"{archive()} could not be read")
    observations = inspect(deliveries).observations

    started = time.perf_counter()
    features, labels = build_features(observations), label_days(observations)
    seen = features["date"] < pd.Timestamp(CUT)
    model = fit(features[seen], labels[labels["date"] < pd.Timestamp(CUT)])
    seconds = time.perf_counter() - started

    test = features[features["date"].between(pd.Timestamp(CUT), pd.Timestamp(LAST))]
    late = [name for name in DAILY_COLUMNS if known_at(name) is KnownAt.MIDNIGHT]
    forecasts = _with_outcomes(model.forecast(test), test, labels)
    as_issued = _with_outcomes(model.forecast(test.assign(**dict.fromkeys(late, np.nan))), test, labels)

    wet, today = forecasts["wet"].to_numpy(), forecasts["wet_today"].to_numpy()
    references = {
        "climatology": forecasts["climatology_gt_1_0"].to_numpy(),
        "markov": forecasts["markov_gt_1_0"].to_numpy(),
        "wet_today": today,
    }
    chances = {
        "model, whole day known": forecasts["p_gt_1_0"].to_numpy(),
        "model, as known at 7:30 pm": as_issued["p_gt_1_0"].to_numpy(),
        "Markov": references["markov"],
        "climatology": references["climatology"],
    }
    scored = {name: score(wet=wet, chance=chance, **references) for name, chance in chances.items()}
    show(
        ["forecast", "ROC area", "Brier score", "skill over climatology", "accuracy", "calibration error"],
        [
            (
                name,
                f"{s.roc_area:.4f}",
                f"{s.brier_score:.4f}",
                f"{s.skill_over_climatology:.3f}",
                f"{s.accuracy:.4f}",
                f"{s.calibration_error:.4f}",
            )
            for name, s in scored.items()
        ],
    )
    best = scored["model, whole day known"]
    print(
        f"skill: evening, trained before {CUT}, {best.rows:,} forecasts to {LAST}: "
        f"ROC area {best.roc_area:.4f}, skill {best.skill_over_climatology:.3f}, "
        f"features and training in {seconds:.0f} s "
        f"({datetime.now(UTC):%Y-%m-%d})"
    )


def _with_outcomes(forecasts: pd.DataFrame, test: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    outcomes = (
        labels[["station", "date"]].assign(wet=as_float(labels[PREDICTAND.name])).dropna(subset=["wet"])
    )
    today = test[["station", "date"]].assign(wet_today=test["rain_today"])
    return forecasts.merge(outcomes, on=["station", "date"]).merge(today, on=["station", "date"])

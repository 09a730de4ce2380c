"""Skill on the real archive: train before 2014-07-01, forecast the year after."""

import time
from datetime import UTC, date, datetime, timedelta

from benchmarks.report import archive, show
from meteo_core.features.daily import build_features
from meteo_core.labels import label_days
from meteo_core.model.training import backtest
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
    forecasts = backtest(
        build_features(observations), label_days(observations), train_before=CUT, first=CUT, last=LAST
    )
    seconds = time.perf_counter() - started

    wet, today = forecasts["wet"].to_numpy(), forecasts["wet_today"].to_numpy()
    references = {
        "climatology": forecasts["climatology_gt_1_0"].to_numpy(),
        "markov": forecasts["markov_gt_1_0"].to_numpy(),
        "wet_today": today,
    }
    chances = {
        "model": forecasts["p_gt_1_0"].to_numpy(),
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
    model = scored["model"]
    print(
        f"skill: evening, trained before {CUT}, {model.rows:,} forecasts to {LAST}: "
        f"ROC area {model.roc_area:.4f}, skill {model.skill_over_climatology:.3f}, "
        f"features and training in {seconds:.0f} s "
        f"({datetime.now(UTC):%Y-%m-%d})"
    )

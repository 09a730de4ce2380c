"""Past observations: import of an archive, and backtests on what was imported."""

import resource
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from meteo_assets.pipeline import open_pipeline
from meteo_assets.settings import Settings
from meteo_assets.tracking import registry_of
from meteo_cli.console import console, progress_lines, show_backtest, show_scores, show_stage
from meteo_core.calendar import Issue
from meteo_core.jobs import FIRST_DAY
from meteo_core.labels import THRESHOLDS
from meteo_core.model.fitting import require_fit
from meteo_core.model.held_out import scores_of
from meteo_core.model.record import UnfitTrainingData
from meteo_core.model.registry import CHAMPION
from meteo_core.model.training import backtest
from meteo_core.sources.archive import Archive

KIBIBYTES_PER_GIGABYTE = 1e9 / 1024 if sys.platform != "darwin" else 1e9


def import_archive(file: Path) -> None:
    """Take every day of the archive through every asset, and say how long each took."""
    settings, started = Settings(), time.monotonic()
    first, last = Archive(file).days()
    console.print(f"Importing {file.name}: {first} to {last}, into {settings.home.root}")
    with open_pipeline(settings) as pipeline, progress_lines():
        pipeline.run_all(max(first, FIRST_DAY), last, training_day=last, archive=file, report=show_stage)
    champion = registry_of(settings).alias(CHAMPION)
    if champion is not None:
        show_scores(champion)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_GIGABYTE
    console.print(f"Done in {time.monotonic() - started:.0f} s, at most {peak:.1f} GB of memory.")


def run_backtest(*, train_before: date, first: date, last: date, issue: Issue, out: Path) -> None:
    """Train before a day, forecast days after it, write the forecasts and print their scores."""
    if not train_before <= first <= last:
        raise UnfitTrainingData(
            f"--train-before {train_before}, --from {first} and --to {last} must come in this order"
        )
    warehouse = Settings().tables()
    if not warehouse.is_there():
        raise UnfitTrainingData(
            f"there is no {warehouse.place}: import observations first (meteo history import)"
        )
    features = warehouse.read("features.daily", None, last)
    labels = warehouse.read("labels.daily", None, last)
    require_fit(labels[labels["date"].dt.date < train_before])

    forecasts = backtest(features, labels, train_before=train_before, first=first, last=last, issue=issue)
    known = forecasts.dropna(subset=["wet"])
    if known["wet"].nunique() < 2:
        raise UnfitTrainingData(
            f"{first} to {last} holds {len(known)} labelled days, not both wet and dry ones"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    forecasts.to_parquet(out, index=False)

    until = train_before - timedelta(days=1)
    console.print(
        f"{issue} forecasts, trained to {until}, {first} to {last}: {len(forecasts):,} rows in {out}, "
        f"{len(known):,} of them with a known outcome"
    )
    show_backtest({rule.words: scores_of(known, name) for name, rule in THRESHOLDS.items()})

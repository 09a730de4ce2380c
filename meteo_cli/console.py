"""How the command line looks: one line for each stage, with its time and the figure that matters."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import stamina
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.table import Table

from meteo_api.wrong_settings import wrong_settings
from meteo_core.errors import MeteoError

if TYPE_CHECKING:  # Dagster takes a second to import: only where it is used
    from meteo_assets.pipeline import StageRun
    from meteo_core.model.registry import ModelVersion
    from meteo_core.verification import Scores

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_FIGURES = {
    "raw_observations": "{station_days:,} station days from {documents:,} documents, {new_revisions:,} new",
    "features": "{station_days:,} rows of {columns} columns",
    "labels": "{known:,} known outcomes, {wet_share:.1%} wet",
    "rain_model": "version {model_version}, ROC area {score_roc_area:.3f} in the evening, "
    "{score_morning_roc_area:.3f} in the morning, on {score_rows:,.0f} held-out days",
    "model_comparison": "challenger {challenger}, champion {champion}",
    "champion_model": "version {model_version} is champion: {reason:.90}",
    "forecasts": "{forecasts:,} made, {added:,} new, {issued_today} issued today",
    "forecast_verification": "{pairs:,} pairs, skill {skill_over_climatology:.3f} over climatology",
    "drift_report": "{parameters_drifting} of 16 parameters drift",
    "drift_alarms": "{alarms:,} alarms, {active:,} of them on the last day",
    "warehouse_upkeep": "{what}",
    "serving_snapshot": "{forecasts:,} forecasts published, observed to {newest_observation}",
}


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        console.print(f"    {record.getMessage()}", style=style, markup=False)


@contextmanager
def progress_lines(*, every_step: bool = False) -> Iterator[None]:
    """Show what the science logs while it works, small steps too where nothing else is to be seen."""
    level = logging.DEBUG if every_step else logging.INFO
    stamina.instrumentation.set_on_retry_hooks([])  # what matters of a retry is told in our own words
    logger, handler = logging.getLogger("meteo_core"), _Lines(level=level)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def show_stage(run: "StageRun") -> None:
    """One line for each asset of a finished stage."""
    for index, asset in enumerate(run.assets):
        figures = _figures(asset, run.metadata.get(asset, {}))
        seconds = f"{run.seconds:6.1f} s" if index == 0 else " " * 8
        console.print(f"  [green]done[/]  {asset:<21} {seconds}  {figures}")


def _figures(asset: str, metadata: Mapping[str, Any]) -> str:
    try:
        return _FIGURES[asset].format(**metadata)
    except (KeyError, TypeError, ValueError):
        return ""  # an asset without figures, such as a window without any known outcome


def show_scores(champion: "ModelVersion") -> None:
    """The champion against the references, on days that it had not seen."""
    scores = {
        name.removeprefix("score."): float(v)
        for name, v in champion.tags.items()
        if name.startswith("score.")
    }
    table = Table(
        title=f"Version {champion.version} on days it had not seen, "
        f"{champion.tags['held_out_from']} to {champion.tags['held_out_until']}",
        title_justify="left",
    )
    for column in ("reference", "Brier skill score over it"):
        table.add_column(column)
    for name, words in {
        "skill_over_climatology": "climatology of station and month",
        "skill_over_markov": "Markov: station, month and rain today",
        "skill_over_persistence": "persistence: as today",
    }.items():
        table.add_row(words, f"{scores[name]:.3f}")
    console.print(table)
    if "morning_roc_area" in scores:
        console.print(
            f"  Morning: ROC area {scores['morning_roc_area']:.3f}, "
            f"Brier skill score over climatology {scores['morning_skill_over_climatology']:.3f}"
        )
    console.print(
        f"  Evening: ROC area {scores['roc_area']:.3f}, Brier score {scores['brier_score']:.4f}, "
        f"accuracy {scores['accuracy']:.3f}, calibration error {scores['calibration_error']:.3f}"
    )


def show_backtest(scores: Mapping[str, "Scores"]) -> None:
    """Scores at each threshold, one column each."""
    table = Table()
    table.add_column("score")
    for words in scores:
        table.add_column(words, justify="right")
    for name in next(iter(scores.values())).as_dict():
        values = [each.as_dict()[name] for each in scores.values()]
        table.add_row(name, *(f"{v:,}" if isinstance(v, int) else f"{v:.4f}" for v in values))
    console.print(table)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show an error that a user can be told about as a sentence; let all others show where they came from."""
    try:
        yield
    except (ValidationError, SettingsError) as error:
        for name, why in wrong_settings(error).items():
            _say(f"{name}: {why}")
        raise SystemExit(1) from None
    except (MeteoError, OSError) as error:
        _say(str(error))
        raise SystemExit(1) from None


def _say(error: str) -> None:
    errors.print("error:", style="red", end=" ")
    errors.print(error, markup=False)

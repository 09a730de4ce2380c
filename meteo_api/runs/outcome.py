"""How a run ended, in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from meteo_api.language.texts import N_
from meteo_api.runs.dagster import Dagster
from meteo_api.runs.progress import Story
from meteo_api.runs.schemas import Run, Status
from meteo_core import jobs

_FIGURES: Final = {
    "rain_model": "Version {model_version} was trained to {trained_until}",
    "raw_observations": "{station_days:,} station days read, {new_revisions:,} of them new or revised, "
    "{documents_refused:,} documents refused",
    "forecasts": "{forecasts:,} forecasts made, {added:,} of them new",
}
_TOLD_OF: Final = {
    jobs.DAILY_JOB: ("raw_observations", "forecasts"),
    jobs.WEEKLY_JOB: ("rain_model", "champion_model"),
    jobs.SHADOW_JOB: ("rain_model",),
}


async def outcome_of(run: Run, job: str, story: Story, dagster: Dagster) -> str | None:
    """A sentence or two; None while the run goes on."""
    if run.status is Status.CANCELED:
        return N_("Canceled; what it had finished by then stays.")
    if run.status is Status.FAILED:
        again = f" It is tried again as run {run.retried_as}." if run.retried_as else ""
        unknown = "Dagster gives no reason" if story.is_whole else "its events are still being read"
        return f"Failed: {story.first_failure or unknown}.{again}"
    if run.status is not Status.SUCCEEDED or run.ended_at is None:
        return None
    ended = run.ended_at + timedelta(seconds=1)
    said = [await _of_asset(asset, run.id, ended, dagster) for asset in _TOLD_OF.get(job, ())]
    return " ".join(f"{each}." for each in said if each) or N_("Succeeded.")


async def _of_asset(asset: str, run_id: str, ended: datetime, dagster: Dagster) -> str:
    """What the run made of an asset; nothing where another run made it again before this one ended."""
    made = await dagster.made(asset, before=ended)
    if made is None or made[0] != run_id:
        return ""
    figures = made[1]
    return _decision(figures) if asset == "champion_model" else _filled_in(_FIGURES[asset], figures)


def _decision(figures: Mapping[str, Any]) -> str:
    version, reason = figures.get("model_version"), figures.get("reason", "no reason is on record")
    if figures.get("changed"):
        return f"Version {version} is champion now: {reason}"
    return f"Version {version} stays champion: {reason}"


def _filled_in(words: str, figures: Mapping[str, Any]) -> str:
    try:
        return words.format(**figures)
    except (KeyError, ValueError):  # an asset made by code with other figures
        return ""

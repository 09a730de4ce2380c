"""Inputs that several groups of tests share: weather, a model trained on it, a snapshot, a registry."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import mlflow
import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.features.daily import build_features
from meteo_core.forecasting import make_forecasts
from meteo_core.labels import label_days, rain_today
from meteo_core.model.rain_models import RainModels
from meteo_core.model.recipe import Recipe
from meteo_core.model.registry import CHALLENGER, EXPERIMENT, ModelRegistry
from meteo_core.model.training import train
from meteo_core.serving import OBSERVATION_DAYS, publish
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import stations as all_stations
from meteo_core.verification.published import no_pairs

LAST_DAY = date(2016, 6, 25)
NO_FINDINGS = pd.DataFrame(
    columns=[
        "station",
        "date",
        "parameter",
        "value",
        "verdict",
        "reason",
        "source",
        "content_sha256",
        "found_at",
    ]
)
NO_FAILURES = pd.DataFrame(columns=["origin", "station", "kind", "reason", "found_at"])
"""What an ingestion without anything to find adds beside its rows."""
SMALL = Recipe(trees=20, depth=3, networks=1, epochs=1, epochs_local=1, last_steps=())
"""Enough trees to tell wet from dry, few enough for a test."""


def observations(days: int = 800, stations: int = 8, seed: int = 0, *, last: date = LAST_DAY) -> pd.DataFrame:
    """Simulated observations up to `last` as the warehouse holds them: rain comes in systems, with gaps."""
    rows = WeatherGenerator(seed).days(last - timedelta(days=days - 1), last)
    rows = rows[rows["station"].isin(list(all_stations())[:stations])]
    return rows.assign(
        rain_today=rain_today(rows["rainfall"]).astype(object).where(rows["rainfall"].notna(), None),
        source="simulator",
        status="final",
        fetched_at=pd.Timestamp(last, tz=UTC) + pd.Timedelta(days=2),
    ).reset_index(drop=True)


def rain_models(weather: pd.DataFrame, *, recipe: Recipe = SMALL) -> RainModels:
    """A small model for each issue time, trained on all of this weather: a year and four weeks at least."""
    features, labels = build_features(weather), label_days(weather)
    return RainModels({issue: train(features, labels, issue=issue, recipe=recipe).model for issue in Issue})


def snapshot(
    serving: Path,
    weather: pd.DataFrame,
    models: RainModels,
    *,
    version: int = 1,
    issued_at: datetime | None = None,
    pairs: pd.DataFrame | None = None,
    drift: pd.DataFrame | None = None,
    request_drift: pd.DataFrame | None = None,
    alarms: pd.DataFrame | None = None,
    due: pd.DataFrame | None = None,
    held_out: pd.DataFrame | None = None,
    cards: Mapping[str, str] | None = None,
) -> str:
    """Publish the last days of the weather with the models' forecasts of them; give the snapshot's name."""
    recent = weather[weather["date"] > weather["date"].max() - pd.Timedelta(days=OBSERVATION_DAYS)]
    made = make_forecasts(models, build_features(recent), version=version, issued_at=issued_at)
    return publish(
        serving,
        observations=recent,
        forecasts=made,
        drift=no_drift() if drift is None else drift,
        request_drift=request_drift,
        alarms=alarms,
        pairs=no_pairs() if pairs is None else pairs,
        due=due,
        held_out=held_out,
        cards=cards or {},
    )


def no_drift() -> pd.DataFrame:
    """A drift table of a pipeline that has not looked for drift yet."""
    return pd.DataFrame(columns=["week", "parameter", "score", "threshold", "rows", "verdict"])


def registered(registry: ModelRegistry, versions: Sequence[RainModels], workspace: Path) -> None:
    """Log each set of models as a version of its own, each with scores; none is champion yet."""
    registry.prepare()
    mlflow.set_tracking_uri(registry.uri)
    mlflow.set_experiment(EXPERIMENT)
    for number, models in enumerate(versions, start=1):
        with mlflow.start_run() as run:
            logged = registry.log(
                models,
                run_id=run.info.run_id,
                tags={"score.brier_score": f"{0.1 + number / 100:.2f}", "score.roc_area": "0.9"},
                workspace=workspace / str(number),
            )
        assert registry.alias(CHALLENGER) == logged

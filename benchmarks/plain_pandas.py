"""`python -m benchmarks.plain_pandas ARCHIVE FOLDER`: the pipeline's work in one process of plain pandas.

From the archive to forecasts with nothing around the science: no Dagster, no DuckDB, no MLflow; tables are
Parquet files. What it leaves out for that: revisions, partitions, checks, comparison and promotion, the
record of runs, the snapshot for the service, Evidently's report. Prints seconds for each stage and the peak
of its memory as JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.drift.alarms import alarm_table
from meteo_core.drift.hard import rejection_alarms, spell_alarms
from meteo_core.drift.replay import watch_by_year
from meteo_core.features.daily import build_features
from meteo_core.forecasting import make_forecasts
from meteo_core.ingestion import gather
from meteo_core.labels import label_days
from meteo_core.model.rain_models import RainModels
from meteo_core.model.training import train
from meteo_core.quality.suspicions import find_suspicions
from meteo_core.sources.archive import Archive
from meteo_core.stations import stations
from meteo_core.verification.pairs import pair


class Clock:
    """Seconds of each stage, in their order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """What the work gives, its time noted under the stage."""
        started = time.perf_counter()
        made = work()
        self.seconds[stage] = round(time.perf_counter() - started, 2)
        return made


def main(archive: Path, folder: Path) -> None:
    """Every stage in turn."""
    clock, source = Clock(), Archive(archive)
    first, last = source.days()

    def kept(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        rows.to_parquet(folder / f"{name}.parquet", index=False)
        return rows

    def raw() -> pd.DataFrame:
        gathered = gather(source, list(stations().values()), first, last, landing=folder / "landing")
        kept("quarantine", gathered.findings)
        kept("suspicions", find_suspicions(gathered.observations, first=first))
        return kept("observations", gathered.observations)

    observations = clock.timed("raw_observations", raw)
    features = clock.timed("features", lambda: kept("features", build_features(observations)))
    labels = clock.timed("labels", lambda: kept("labels", label_days(observations)))

    started = time.perf_counter()
    trained = {issue: train(features, labels, issue=issue) for issue in Issue}
    models = RainModels({issue: each.model for issue, each in trained.items()})
    held_out = pd.concat([each.held_out for each in trained.values()])
    clock.seconds["rain_model"] = round(time.perf_counter() - started, 2)

    forecasts = clock.timed(
        "forecasts",
        lambda: kept("forecasts", make_forecasts(models, features, version=1, held_out=held_out)),
    )
    clock.timed("forecast_verification", lambda: kept("verification", pair(forecasts, labels)))

    def alarms() -> pd.DataFrame:
        findings = pd.read_parquet(folder / "quarantine.parquet")
        watched = watch_by_year(observations, first, last)
        hard = spell_alarms(observations, first=first), rejection_alarms(findings, observations)
        return kept("alarms", alarm_table([*(each.alarms for _, each in watched), *hard]))

    clock.timed("drift_alarms", alarms)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": clock.seconds, "peak_mib": round(peak), "forecasts": len(forecasts)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

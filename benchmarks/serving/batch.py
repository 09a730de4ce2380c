"""A batch of 10,000: the service's own computation against XGBoost alone on the very same matrix.

`python -m benchmarks.serving.batch questions.jsonl` prints seconds as JSON; METEO_HOME names the state.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from meteo_api.clock import utc_now
from meteo_api.model.cache import ModelCache
from meteo_api.model.store import ModelStore
from meteo_api.predictions.asked import Asked
from meteo_api.predictions.schemas import PredictionRequest
from meteo_api.predictions.service import PredictionService
from meteo_api.predictions.what_if import WhatIf
from meteo_api.settings import Settings
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.calendar import Issue
from meteo_core.features.predictor_table import Variant
from meteo_core.model.registry import ModelRegistry

ROUNDS = 3


def main(questions: Path) -> None:
    """Measure both, in turn, and print `{"ours": seconds, "bare": seconds}`."""
    settings = Settings()
    models = ModelStore(
        ModelRegistry(settings.registry_uri), ModelCache(settings.home.model_cache), look_seconds=9
    )
    models.begin_with_cache()
    snapshots = SnapshotStore(settings.home.serving, look_seconds=9)
    snapshots.look()
    service = PredictionService(models, snapshots, now=utc_now, max_batch=settings.max_batch)
    service.prepare()
    asked = [
        msgspec.json.decode(line, type=PredictionRequest) for line in questions.read_bytes().splitlines()
    ]

    # All predictors of the full variant, whatever route each question takes.
    what_if = WhatIf.of(models.require().models, snapshots.require())
    stations = np.array([what_if.station_index[question.station] for question in asked])
    dates = np.array([question.date for question in asked], dtype="datetime64[D]")
    questions_asked = what_if.questions(stations, dates, Asked.of(asked).values)
    model = what_if.models[Issue.EVENING]
    matrix = what_if.lay(Issue.EVENING, questions_asked).design.matrix
    trees = model.members[Variant.FULL].trees

    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_seconds(lambda: trees.inplace_predict(matrix)))
        ours.append(_seconds(lambda: asyncio.run(service.answer(asked))))
    print(json.dumps({"ours": median(ours), "bare": median(bare), "columns": matrix.shape[1]}))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main(Path(sys.argv[1]))

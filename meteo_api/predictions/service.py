"""Answers to what-if questions."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from meteo_api import predictand
from meteo_api.clock import Clock
from meteo_api.errors import MOST_ERRORS, BatchTooLarge, FieldError, InvalidRequest
from meteo_api.model.store import ModelStore, ServedModel
from meteo_api.predictions.asked import Asked
from meteo_api.predictions.gathering import Gathering
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.supposed import Supposed
from meteo_api.predictions.what_if import WhatIf
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.model.rain_model import CHANCES, CLIMATOLOGY
from meteo_core.stations import find_station

_FORECAST: Final = (*CHANCES, *CLIMATOLOGY, "markov_gt_1_0", "route")
"""Columns of `WhatIf.forecast` that are answered under their own names."""


class PredictionService:
    """Answers from the one model and the one snapshot that are in service when a computation begins."""

    def __init__(self, models: ModelStore, snapshots: SnapshotStore, *, now: Clock, max_batch: int) -> None:
        self._models = models
        self._snapshots = snapshots
        self._now = now
        self._max_batch = max_batch
        # The newest pair, and the one before it that requests may still be computed with.
        self._what_if = lru_cache(maxsize=2)(lambda served, world: WhatIf.of(served.models, world))
        self._gathering: Gathering[PredictionRequest, Prediction] = Gathering(self._answer_together)
        self._one_at_a_time = asyncio.Semaphore(1)

    async def answer(
        self, asked: PredictionRequest | Sequence[PredictionRequest]
    ) -> Prediction | list[Prediction]:
        """One answer to one question, or a list of answers in the order of the questions.

        Raises `NotReady` without model or snapshot, `InvalidRequest` where a request makes no sense,
        `BatchTooLarge`.
        """
        if isinstance(asked, PredictionRequest):
            Asked([asked]).require_sense(self._now, in_batch=False)
            return await self._gathering.ask(asked)
        if len(asked) > self._max_batch:
            raise BatchTooLarge(f"{len(asked)} requests in one body, the service takes {self._max_batch}")
        # A large batch fills a core and some memory: the next waits, single questions do not.
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._answer_batch, asked)

    def _answer_batch(self, requests: Sequence[PredictionRequest]) -> list[Prediction]:
        Asked(requests).require_sense(self._now, in_batch=True)
        served, world = self._models.require(), self._snapshots.require()
        untrained = [
            _not_trained_on(served, request, pointer=f"/{row}/station")
            for row, request in enumerate(requests)
            if not _is_trained_on(served, request)
        ]
        if untrained:
            raise InvalidRequest(untrained[:MOST_ERRORS])
        return self._compute(served, world, requests)

    def _answer_together(
        self, requests: Sequence[PredictionRequest]
    ) -> Sequence[Prediction | InvalidRequest]:
        """Answers to questions of different clients: what is wrong with one is no concern of the others."""
        served, world = self._models.require(), self._snapshots.require()
        fit = [request for request in requests if _is_trained_on(served, request)]
        answers = iter(self._compute(served, world, fit))
        return [
            next(answers)
            if _is_trained_on(served, request)
            else InvalidRequest([_not_trained_on(served, request, pointer="/station")])
            for request in requests
        ]

    def _compute(
        self, served: ServedModel, world: World, requests: Sequence[PredictionRequest]
    ) -> list[Prediction]:
        if not requests:
            return []
        age, supposed = world.age(self._now), Supposed.over(Asked(requests), world)
        chances = self._what_if(served, world).forecast(supposed.days)

        rows = zip(*(chances[name].tolist() for name in _FORECAST), strict=True)
        fields = supposed.fields(chances["route"].tolist())
        predictions = []
        for request, row, fields_of_day in zip(requests, rows, fields, strict=True):
            valid_from, valid_to = predictand.window(find_station(request.station), request.date)
            predictions.append(
                Prediction(
                    station=request.station,
                    date=request.date,
                    issue=request.issue,
                    valid_from=valid_from,
                    valid_to=valid_to,
                    predictand=predictand.words(request.date),
                    **dict(zip(_FORECAST, row, strict=True)),
                    fields=fields_of_day,
                    model_version=served.version.version,
                    snapshot=age,
                )
            )
        return predictions


def _is_trained_on(served: ServedModel, request: PredictionRequest) -> bool:
    return request.station in served.models.stations


def _not_trained_on(served: ServedModel, request: PredictionRequest, *, pointer: str) -> FieldError:
    detail = f"version {served.version.version} of the model was not trained on {request.station}"
    return FieldError(pointer=pointer, detail=detail)

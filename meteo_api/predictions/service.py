"""Answers to what-if questions."""

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import numpy as np

from meteo_api import predictand
from meteo_api.clock import Clock
from meteo_api.errors import MOST_ERRORS, BatchTooLarge, FieldError, InvalidRequest, NotReady
from meteo_api.model.store import ModelStore, ServedModel
from meteo_api.prediction_log.log import PredictionLog
from meteo_api.predictions.asked import Asked
from meteo_api.predictions.gathering import Gathering
from meteo_api.predictions.schemas import DriverOfChance, Prediction, PredictionRequest
from meteo_api.predictions.sense import require_sense
from meteo_api.predictions.supposed import Supposed
from meteo_api.predictions.what_if import AT_ONCE, WhatIf
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.model.blend import MAIN, RULES
from meteo_core.model.drivers import Driver
from meteo_core.model.rain_model import ROUTES
from meteo_core.sentence import Sentence
from meteo_core.stations import find_station

log = logging.getLogger(__name__)

SECONDS_UNTIL_TRIED_AGAIN: Final = 30.0
"""After a model and a snapshot could not be made ready: it takes half a second of work."""
MOST_EXPLAINED: Final = 100
"""Requests of one body that can be explained, which takes milliseconds each; more are a large batch."""


@dataclass(frozen=True, eq=False)
class InService:
    """One model in one snapshot, ready for questions; exchanged whole."""

    served: ServedModel
    world: World
    what_if: WhatIf


class PredictionService:
    """Answers from the one model and the one snapshot that are in service when a computation begins."""

    def __init__(
        self,
        models: ModelStore,
        snapshots: SnapshotStore,
        log: PredictionLog | None = None,
        *,
        now: Clock,
        max_batch: int,
    ) -> None:
        self._models = models
        self._snapshots = snapshots
        self._log = log
        self._now = now
        self._max_batch = max_batch
        self._in_service: InService | None = None
        self.trouble: str | None = None
        """Why what is ready may not be the newest model in the newest snapshot; None where it is."""
        self._gathering: Gathering[PredictionRequest, Prediction] = Gathering(self._answer_together)
        # A large batch fills a core and some memory: the next waits, but not those who ask a little.
        self._large = asyncio.Semaphore(1)
        self._small = asyncio.Semaphore(1)
        self._preparing = threading.Lock()

    def prepare(self) -> None:
        """Make the newest model and snapshot ready; until that half second's work is done the old answer."""
        with self._preparing:
            served, world, ready = self._models.current, self._snapshots.current, self._in_service
            if served is None or world is None:
                return
            if ready and ready.served.models is served.models and ready.world is world:
                # Its tags may be others.
                self._in_service, self.trouble = InService(served, world, ready.what_if), None
                return
            try:
                what_if = WhatIf.of(served.models, world)
            except Exception as error:  # whatever it is, the old one answers and the next look tries again
                version, why = served.version.version, f"{type(error).__name__}: {error}"
                self.trouble = f"version {version} cannot forecast from snapshot {world.name}: {why}"
                log.exception("%s", self.trouble)
                return
            self._in_service, self.trouble = InService(served, world, what_if), None

    def catch_up(self) -> None:
        """Prepare once more where that failed: want of memory for a moment must not last."""
        if self.trouble:
            self.prepare()

    async def answer_to(
        self, user_id: int, asked: PredictionRequest | Sequence[PredictionRequest], *, explain: bool = False
    ) -> Prediction | list[Prediction]:
        """What `answer` gives, and a note in the log of who asked."""
        answer = await self.answer(asked, explain=explain)
        self.note(asked, answer, user_id=user_id)
        return answer

    def note(
        self,
        asked: PredictionRequest | Sequence[PredictionRequest],
        answer: Prediction | Sequence[Prediction],
        *,
        user_id: int,
    ) -> None:
        """Keep a question and its answer in the log, without waiting for it."""
        if self._log is not None:
            self._log.note(asked, answer, user_id=user_id)

    async def answer(
        self, asked: PredictionRequest | Sequence[PredictionRequest], *, explain: bool = False
    ) -> Prediction | list[Prediction]:
        """One answer to one question, or a list of answers in the order of the questions.

        Where `explain`, with what drove each chance. Raises `NotReady` without model or snapshot,
        `InvalidRequest` where a request makes no sense, `BatchTooLarge`.
        """
        if explain:
            return await self._explain(asked)
        if isinstance(asked, PredictionRequest):
            require_sense([asked], self._now, in_batch=False)
            return await self._gathering.ask(asked)
        if len(asked) > self._max_batch:
            raise BatchTooLarge(f"{len(asked)} requests in one body, the service takes {self._max_batch}")
        async with self._small if len(asked) <= MOST_EXPLAINED else self._large:
            return await asyncio.to_thread(self._answer_batch, asked)

    async def _explain(
        self, asked: PredictionRequest | Sequence[PredictionRequest]
    ) -> Prediction | list[Prediction]:
        """Answers with drivers, which cost milliseconds each, in a thread."""
        is_one = isinstance(asked, PredictionRequest)
        requests = [asked] if is_one else asked
        if len(requests) > MOST_EXPLAINED:
            raise BatchTooLarge(
                f"{len(requests)} requests to explain in one body, the service takes {MOST_EXPLAINED}"
            )
        require_sense(requests, self._now, in_batch=not is_one)
        async with self._small:
            answers = await asyncio.to_thread(self._answer_batch, requests, in_batch=not is_one, explain=True)
        return answers[0] if is_one else answers

    def require(self) -> InService:
        """What is ready for questions; raises `NotReady` that says why nothing is."""
        if self._in_service is None:
            self._models.require()
            self._snapshots.require()
            raise NotReady(
                self.trouble or Sentence("The model is being made ready for the snapshot"),
                retry_after_seconds=1,
            )
        return self._in_service

    def _answer_batch(
        self, requests: Sequence[PredictionRequest], *, in_batch: bool = True, explain: bool = False
    ) -> list[Prediction]:
        require_sense(requests, self._now, in_batch=in_batch)
        ready = self.require()
        untrained = [
            _not_trained_on(ready, request, pointer=f"/{row}/station" if in_batch else "/station")
            for row, request in enumerate(requests)
            if request.station not in ready.what_if.station_index
        ]
        if untrained:
            raise InvalidRequest(untrained[:MOST_ERRORS])
        return self._compute(ready, requests, explain=explain)

    def _answer_together(
        self, requests: Sequence[PredictionRequest]
    ) -> Sequence[Prediction | InvalidRequest]:
        """Answers to questions of different clients: what is wrong with one is no concern of the others."""
        ready = self.require()
        trained = ready.what_if.station_index
        fit = [request for request in requests if request.station in trained]
        answers = iter(self._compute(ready, fit))
        return [
            next(answers)
            if request.station in trained
            else InvalidRequest([_not_trained_on(ready, request, pointer="/station")])
            for request in requests
        ]

    def _compute(
        self, ready: InService, requests: Sequence[PredictionRequest], *, explain: bool = False
    ) -> list[Prediction]:
        answers: list[Prediction] = []
        for start in range(0, len(requests), AT_ONCE):
            answers += self._compute_together(ready, requests[start : start + AT_ONCE], explain)
        return answers

    def _compute_together(
        self, ready: InService, requests: Sequence[PredictionRequest], explain: bool
    ) -> Iterator[Prediction]:
        """Answers in order. Only what differs between issue times is computed for each of them apart."""
        what_if = ready.what_if
        station = np.array([what_if.station_index[request.station] for request in requests])
        dates = np.array([request.date for request in requests], dtype="datetime64[D]")
        cells = what_if.history.cells(dates, station)
        supposed = Supposed.over(Asked.of(requests), what_if.history.own[cells].T)
        questions = what_if.questions(station, dates, supposed.values)

        issues = [request.issue for request in requests]
        numbers = np.empty((len(requests), 2 * len(RULES) + 1))
        codes = np.empty(len(requests), dtype=np.intp)
        drivers: list[list[DriverOfChance] | None] = [None] * len(requests)
        for issue in Issue:
            rows = np.array([row for row, asked in enumerate(issues) if asked is issue], dtype=np.intp)
            if not len(rows):
                continue
            some = questions.part(rows)
            made = what_if.answer(issue, some)
            numbers[rows] = np.concatenate(
                [made.chances, made.climatology, made.markov[:, MAIN : MAIN + 1]], axis=1
            )
            codes[rows] = made.route
            if explain:
                for row, found in zip(rows, what_if.drivers(issue, some, made), strict=True):
                    drivers[row] = [_as_seen(driver) for driver in found]

        routes = [ROUTES[code] for code in codes.tolist()]
        fields = supposed.fields(issues, routes)
        age, version = ready.world.age(self._now), ready.served.version.version
        each = zip(requests, numbers.tolist(), routes, fields, drivers, strict=True)
        for request, row, route, came_from, drove in each:
            valid_from, valid_to, words = _window(request.station, request.date)
            p_0_2, p_1_0, p_5_0, p_10_0, p_25_0, *usual, markov = row
            usual_0_2, usual_1_0, usual_5_0, usual_10_0, usual_25_0 = usual
            yield Prediction(
                station=request.station,
                date=request.date,
                issue=request.issue,
                valid_from=valid_from,
                valid_to=valid_to,
                predictand=words,
                p_ge_0_2=p_0_2,
                p_gt_1_0=p_1_0,
                p_ge_5_0=p_5_0,
                p_ge_10_0=p_10_0,
                p_ge_25_0=p_25_0,
                climatology_ge_0_2=usual_0_2,
                climatology_gt_1_0=usual_1_0,
                climatology_ge_5_0=usual_5_0,
                climatology_ge_10_0=usual_10_0,
                climatology_ge_25_0=usual_25_0,
                markov_gt_1_0=markov,
                route=route,  # pyright: ignore[reportArgumentType] (the literal names them all: tested)
                fields=came_from,
                model_version=version,
                snapshot=age,
                drivers=drove,
            )


@lru_cache(maxsize=8192)
def _window(station: str, day: date) -> tuple[datetime, datetime, str]:
    """Start and end of the window on the station's clock, and the event in words."""
    return *predictand.window(find_station(station), day), predictand.words(day)


def _as_seen(driver: Driver) -> DriverOfChance:
    return DriverOfChance(about=driver.about, log_odds=driver.log_odds, points=driver.points)


def _not_trained_on(ready: InService, request: PredictionRequest, *, pointer: str) -> FieldError:
    version = ready.served.version.version
    detail = Sentence(
        "version %(version)s of the model was not trained on %(station)s",
        version=version,
        station=request.station,
    )
    return FieldError(pointer=pointer, detail=detail)

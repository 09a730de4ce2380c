"""The log of what-ifs: noted in passing, written by a thread of its own.

Whoever answers pays for an append. Rows are made and written here, twice a second; what waits is bounded, so
that a database that is away costs memory for a while and never an answer.
"""

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from litestar import Litestar
from sqlalchemy.exc import SQLAlchemyError

from meteo_api.clock import Clock
from meteo_api.prediction_log.rows import Row, add
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.watching import watching
from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)

WRITE_EVERY_SECONDS: Final = 0.5
"""A process that is killed loses what was answered since the last writing."""
AT_ONCE: Final = 1_000
"""Rows of one transaction: others wait for it."""
DROPS_TOLD_FOR: Final = timedelta(hours=1)
"""So long after rows were lost, a person is told to look."""


class _Noted(NamedTuple):
    asked_at: datetime
    user_id: int | None
    requests: Sequence[PredictionRequest]
    answers: Sequence[Prediction]


class PredictionLog:
    """Keeps every answered what-if in the table `predictions` of the service database."""

    def __init__(self, database: ServiceDatabase, *, most_waiting: int, now: Clock) -> None:
        """Log into a database; at most `most_waiting` rows wait for it, what is beyond is dropped."""
        self.answered: Counter[tuple[int, str]] = Counter()
        """Answers by model version and route."""
        self.missing: Counter[str] = Counter()
        """Answers by each parameter that they could have used and that was unknown."""
        self._database = database
        self._most_waiting = most_waiting
        self._now = now
        self._noted: deque[_Noted] = deque()
        self._rows: deque[Row] = deque()
        # Only the event loop counts up the first, only who writes the second: no lock between them.
        self._came = 0
        self._went = 0
        # The same of answers that were not logged: because too many wait, because the database refuses them.
        self._too_many = 0
        self._refused = 0
        self._writing = threading.Lock()
        self._away: str | None = None
        self._dropped_at: datetime | None = None

    @property
    def waiting(self) -> int:
        """Answers that are not written yet."""
        return self._came - self._went

    @property
    def dropped(self) -> int:
        """Answers that were not logged."""
        return self._too_many + self._refused

    @property
    def trouble(self) -> str | None:
        """Why the log is not whole; None where it is."""
        if self._away:
            return f"{self.waiting} predictions wait to be logged, {self.dropped} were dropped: {self._away}"
        if self._dropped_at and self._now() - self._dropped_at < DROPS_TOLD_FOR:
            return f"{self.dropped} predictions were not logged, the last at {self._dropped_at:%H:%M} UTC"
        return None

    def note(
        self,
        asked: PredictionRequest | Sequence[PredictionRequest],
        answer: Prediction | Sequence[Prediction],
        *,
        user_id: int | None,
    ) -> None:
        """Take down an answer, to be written later. For the event loop alone; never raises."""
        requests = (asked,) if isinstance(asked, PredictionRequest) else asked
        if self._came - self._went + len(requests) > self._most_waiting:
            self._note_dropped(f"{self.waiting} wait already")
            self._too_many += len(requests)
            return
        self._came += len(requests)
        answers = (answer,) if isinstance(answer, Prediction) else answer
        self._noted.append(_Noted(self._now(), user_id, requests, answers))

    def write(self) -> None:
        """Write all that waits; what cannot be written now waits on. Blocks: for threads."""
        with self._writing:
            while self._take():
                try:
                    self._write_some(list(islice(self._rows, AT_ONCE)))
                except DatabaseAway as error:
                    self._told_away(str(error))
                    return
                self._told_away(None)

    def _take(self) -> bool:
        """Make rows of what was noted, enough for one transaction; False where there is nothing."""
        while self._noted and len(self._rows) < AT_ONCE:
            noted = self._noted.popleft()
            for request, answer in zip(noted.requests, noted.answers, strict=True):
                self._rows.append(Row.of(noted.asked_at, noted.user_id, request, answer))
                self.answered[answer.model_version, answer.route] += 1
                self.missing.update(answer.fields.missing)
        return bool(self._rows)

    def _write_some(self, rows: Sequence[Row]) -> None:
        try:
            self._insert(rows)
        except SQLAlchemyError:
            # The database answers and will not have one of them: the others need not suffer.
            for row in rows:
                self._insert_or_drop(row)
                self._done(1)
        else:
            self._done(len(rows))

    def _insert(self, rows: Sequence[Row]) -> None:
        with self._database.writing() as connection:
            add(connection, rows)

    def _insert_or_drop(self, row: Row) -> None:
        try:
            self._insert([row])
        except SQLAlchemyError as error:
            self._note_dropped(f"the database refuses one: {error}")
            self._refused += 1

    def _done(self, count: int) -> None:
        for _ in range(count):
            self._rows.popleft()
        self._went += count

    def _note_dropped(self, why: str) -> None:
        now, before = self._now(), self._dropped_at
        if before is None or now - before > DROPS_TOLD_FOR:
            log.error("predictions are not logged: %s", why)
        self._dropped_at = now

    def _told_away(self, reason: str | None) -> None:
        if reason and not self._away:
            log.error("predictions wait to be logged: %s", reason)
        elif self._away and not reason:
            log.info("predictions are logged again")
        self._away = reason


def keeping(kept: PredictionLog) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Lifespan that writes the log again and again, and once more at the end."""
    writing = watching(kept.write, every_seconds=WRITE_EVERY_SECONDS, name="prediction log")

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with writing(app):
            yield
        await asyncio.to_thread(kept.write)
        if kept.waiting:
            log.error("%s predictions could not be logged before the end", kept.waiting)

    return lifespan

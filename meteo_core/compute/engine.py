"""Where work on windows of days is done: in this process, or on the workers of a Dask cluster."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from meteo_core.errors import MeteoError
from meteo_core.model.trees import Grow, grow_here

if TYPE_CHECKING:
    import xgboost as xgb
    from distributed import Client

SETTING: Final = "METEO_DASK_SCHEDULER"
ANSWER_SECONDS: Final = 5.0
"""How long a scheduler, and the first worker, may take to answer."""
_AHEAD: Final = 2
"""Pieces for each worker that are under way at once: it need not wait, and memory stays bounded."""

Piece = TypeVar("Piece")
Made = TypeVar("Made")


class ClusterDoesNotAnswer(MeteoError):
    """The cluster that the settings name is not there."""


class Engine(Protocol):
    """Does the same work wherever it is."""

    def map(self, work: Callable[..., Made], pieces: Iterable[Piece], *shared: object) -> Iterator[Made]:
        """`work(piece, *shared)` of every piece, in order; pieces are taken as they are needed."""
        ...

    @property
    def grow(self) -> Grow:
        """Grows trees, here or there."""
        ...


class InProcess:
    """One piece after the other, here: no more than one is in memory."""

    grow = staticmethod(grow_here)

    def map(self, work: Callable[..., Made], pieces: Iterable[Piece], *shared: object) -> Iterator[Made]:
        """Each piece when its turn comes."""
        pieces = iter(pieces)
        # What is done with is let go before the next is made.
        while (piece := next(pieces, None)) is not None:
            made = work(piece, *shared)
            del piece
            yield made
            del made


class OnCluster:
    """Pieces go to the workers with all that they need: a worker sees neither our files nor our warehouse."""

    def __init__(self, client: "Client") -> None:
        self._client = client

    def map(self, work: Callable[..., Made], pieces: Iterable[Piece], *shared: object) -> Iterator[Made]:
        """A few pieces for each worker at a time."""
        client = self._client
        everywhere = [client.scatter(each, broadcast=True, hash=False) for each in shared]
        most = _AHEAD * max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
        under_way: deque[Any] = deque()
        try:
            for piece in pieces:
                here = client.scatter(piece, hash=False)
                under_way.append(client.submit(work, here, *everywhere, pure=False))
                del here
                if len(under_way) >= most:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            client.cancel(list(under_way))

    def grow(
        self,
        matrix: NDArray[np.float32],
        outcomes: NDArray[np.float64],
        *,
        names: Sequence[str],
        settings: Mapping[str, object],
        rounds: int,
    ) -> "xgb.Booster":
        """Rows are dealt out to the workers, which agree on every split (`xgboost.dask`)."""
        import dask.array as da
        from xgboost import dask as on_dask

        client = self._client
        workers = list(client.scheduler_info(n_workers=-1)["workers"])
        rows = np.array_split(np.arange(len(matrix)), len(workers))
        parts = [
            (
                client.scatter(matrix[some], workers=[at], hash=False),
                client.scatter(outcomes[some], workers=[at], hash=False),
            )
            for some, at in zip(rows, workers, strict=True)
        ]
        predictors = da.concatenate(
            [
                da.from_delayed(part, (len(some), matrix.shape[1]), matrix.dtype)
                for (part, _), some in zip(parts, rows, strict=True)
            ]
        )
        labels = da.concatenate(
            [
                da.from_delayed(part, (len(some),), outcomes.dtype)
                for (_, part), some in zip(parts, rows, strict=True)
            ]
        )
        # xgboost.dask asks for the current one, though it is told the client too.
        with client.as_current(), self._turn():
            data = on_dask.DaskQuantileDMatrix(
                client, predictors, labels, feature_names=list(names), max_bin=int(str(settings["max_bin"]))
            )
            return on_dask.train(client, dict(settings), data, num_boost_round=rounds)["booster"]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One training at a time, and none that a killed run left in the way.

        xgboost.dask takes a lock of each worker, and from a client that is gone the scheduler never takes it
        back. From its turn it does, within a minute; so whoever has that finds locks that are nobody's.
        """
        from distributed import Semaphore

        with Semaphore(max_leases=1, name="training"):
            self._client.run_on_scheduler(_forget_locks)
            yield


def _forget_locks(dask_scheduler: Any) -> None:
    locks = dask_scheduler.extensions["multi_locks"]
    for holder in list(locks.requests):
        locks.release(id=holder)


@contextmanager
def engine(scheduler: str | None) -> Iterator[Engine]:
    """The cluster of this scheduler (`tcp://host:8786`), or this process where there is none.

    Raises `ClusterDoesNotAnswer`, within seconds.
    """
    if not scheduler:
        yield InProcess()
        return
    client = _connect(scheduler)
    try:
        yield OnCluster(client)
    finally:
        client.close()


def _connect(scheduler: str) -> "Client":
    remedy = f"start one there, name another in {SETTING}, or leave it empty to work in this process"
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterDoesNotAnswer(
            f"{SETTING} names {scheduler}, but Dask is not installed here: install Meteo with its extra "
            "`scale`, or leave the setting empty to work in this process"
        ) from error
    try:
        client = Client(scheduler, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # not there, or no address at all
        raise ClusterDoesNotAnswer(
            f"no Dask scheduler answers at {scheduler} ({SETTING}): {remedy}"
        ) from error
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        client.close()
        raise ClusterDoesNotAnswer(
            f"the Dask scheduler at {scheduler} ({SETTING}) has no worker: start one with "
            f"`dask worker {scheduler}`, or leave the setting empty to work in this process"
        ) from error
    return client

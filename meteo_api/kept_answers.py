"""Answers that are the same for every reader, encoded once and given out again as ready bytes.

What a snapshot says changes when another is published, and when the clock passes the start or end of a
forecast's window: between two such moments an answer stands. It is kept until the next of them, so `status`,
`stale` and words are as true as if they were made for each request.

What is kept is given out before the guards of a handler are asked, to whoever is signed in: routers behind
this middleware must hold only what every signed-in user may read.
"""

import hashlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from litestar.datastructures.headers import ETag
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from meteo_api.clock import Clock
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World

MOST_BYTES: Final = 32_000_000
"""Bodies kept; the longest not asked for goes first."""
LONGEST_QUERY: Final = 200
"""Bytes of a query string that is still kept: no sensible one is longer."""
REUSE: Final = timedelta(seconds=10)
"""How long a client may reuse an answer without asking whether it still stands."""

_Key = tuple[bytes, bytes]
"""Path and query string, as sent."""
_RawHeaders = list[tuple[bytes, bytes]]
_FRESH: Final = (b"cache-control", b"private, max-age=%d" % REUSE.total_seconds())
_ABOUT_TO_CHANGE: Final = (b"cache-control", b"private, no-cache")
_VARIES: Final = (b"vary", b"Authorization, Cookie")


class KeptAnswer(NamedTuple):
    """A successful answer, ready to be sent."""

    etag: bytes
    body: bytes
    headers: _RawHeaders
    """Of the full answer, without what caches may do."""
    not_modified: _RawHeaders
    """Of the answer without a body, likewise."""


class _Period(NamedTuple):
    """Time in which nothing changes: one snapshot, between two moments at which a window starts or ends."""

    world: World
    since: datetime
    until: datetime


class KeptAnswers:
    """Answers of the present period, the least recently used dropped first. Used by the event loop alone."""

    def __init__(self, snapshots: SnapshotStore, *, now: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._snapshots = snapshots
        self._now = now
        self._most_bytes = most_bytes
        self._release = version("meteo")
        self._period: _Period | None = None
        self._answers: OrderedDict[_Key, KeptAnswer] = OrderedDict()
        self._bytes = 0

    def period(self) -> tuple[_Period | None, bool]:
        """The present period and whether it is about to end; drops what was kept in one that is over.

        There is none while no snapshot is in service.
        """
        world, moment = self._snapshots.current, self._now()
        period = self._period
        # The clock may be set back, too.
        if period is None or period.world is not world or not period.since <= moment < period.until:
            self._answers.clear()
            self._bytes = 0
            period = self._period = None if world is None else _period_of(world, moment)
        return period, period is not None and period.until - moment <= REUSE

    def find(self, key: _Key) -> KeptAnswer | None:
        """The answer kept in the present period."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def keep(self, key: _Key, body: bytes, headers: _RawHeaders, *, begun: _Period | None) -> KeptAnswer:
        """Make an answer ready; keep it if the period in which it was begun is still the present one.

        It may have been made in a thread while another snapshot came into service. What is larger than all
        that may be kept is not kept either.
        """
        tag = hashlib.sha256(b"\0".join([self._release.encode(), *key, body]))
        etag = ETag(value=tag.hexdigest()[:32]).to_header().encode()
        common = [_VARIES, (b"etag", etag)]
        answer = KeptAnswer(
            etag=etag,
            body=body,
            headers=[*(header for header in headers if header[0].lower() != b"vary"), *common],
            not_modified=common,
        )
        stands = begun is not None and self.period()[0] is begun
        if stands and len(body) <= self._most_bytes and key not in self._answers:
            self._answers[key] = answer
            self._bytes += len(body)
            while self._bytes > self._most_bytes:
                _, dropped = self._answers.popitem(last=False)
                self._bytes -= len(dropped.body)
        return answer


def answering_from(kept: KeptAnswers) -> Callable[[ASGIApp], ASGIApp]:
    """Litestar middleware that answers from memory where it can, and remembers what the app answers.

    A function: of a bound method Litestar would copy the object behind it.
    """

    def before(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "GET":
                return await app(scope, receive, send)
            period, about_to_change = kept.period()
            query = scope["query_string"]
            if period is None or len(query) > LONGEST_QUERY:
                return await app(scope, receive, send)

            found = kept.find(key := (scope["raw_path"], query))
            if found is None:
                made = _Recorded(send)
                await app(scope, receive, made.send)
                if made.headers is None:
                    return None
                found = kept.keep(key, made.body, made.headers, begun=period)
                present, about_to_change = kept.period()
                about_to_change |= present is not period
            return await _send(found, scope, send, about_to_change)

        return answer

    return before


class _Recorded:
    """Holds a plain successful answer back, to be kept and sent; lets everything else through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: HTTPResponseStartEvent | None = None
        self.headers: _RawHeaders | None = None
        """Of the answer, once it is whole; None where it was let through."""
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _can_be_kept(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self.body += message["body"]
            if not message.get("more_body"):
                self.headers = list(self._start["headers"])
        else:
            await self._send(message)


def _can_be_kept(start: HTTPResponseStartEvent) -> bool:
    return start["status"] == HTTPStatus.OK and not any(
        name.lower() == b"set-cookie" for name, _ in start["headers"]
    )


def _period_of(world: World, moment: datetime) -> _Period:
    before, beyond = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    changes = (before, *world.changes, beyond)
    following = bisect_right(changes, moment)
    return _Period(world, changes[following - 1], changes[following])


async def _send(kept: KeptAnswer, scope: HTTPScope, send: Send, about_to_change: bool) -> None:
    reuse = _ABOUT_TO_CHANGE if about_to_change else _FRESH
    if _is_known(kept.etag, scope["headers"]):
        headers, status, body = kept.not_modified, HTTPStatus.NOT_MODIFIED, b""
    else:
        headers, status, body = kept.headers, HTTPStatus.OK, kept.body
    await send({"type": "http.response.start", "status": status.value, "headers": [*headers, reuse]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _is_known(etag: bytes, headers: Any) -> bool:
    """Whether the client says that it has this answer: If-None-Match, compared weakly (RFC 9110, 13.1.2)."""
    for name, value in headers:
        if name == b"if-none-match":
            tags = [tag.strip().removeprefix(b"W/") for tag in value.split(b",")]
            if etag in tags or tags == [b"*"]:
                return True
    return False

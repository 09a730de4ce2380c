"""Fetching documents from a site that owes us nothing: slowly, within limits, and not again once refused."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self

import httpx
import stamina

from meteo_core.sources.deadline import DeadlineTransport
from meteo_core.sources.http_cache import HttpCache
from meteo_core.sources.protocol import SourceBlocked, SourceUnavailable
from meteo_core.sources.source_state import CircuitBreaker

REFUSAL_HOURS: Final = 24
"""How long a site is left alone after it refused us."""

_REFUSALS: Final = {401, 403, 451}
_NOT_THERE: Final = {404, 410}


@dataclass(frozen=True, slots=True)
class Manners:
    """Limits on how a site is asked."""

    min_interval_s: float = 1.0
    """Between the starts of two requests."""
    attempts: int = 3
    """For one document, for faults that may pass: no connection, status 5xx and 429, an empty answer."""
    first_pause_s: float = 1.0
    """Before the second attempt; doubled each time, with jitter of the same size."""
    wait_s: float = 10.0
    """For the next bytes."""
    deadline_s: float = 60.0
    """For one document, all attempts and pauses included."""
    longest_retry_after_s: float = 30.0
    """A site that asks for a longer pause is left alone until then."""
    silent_documents: int = 3
    """So many in a row without an answer, and no more are asked for in this visit."""
    max_bytes: int = 2_000_000
    """Of one document; the Bureau's have 4,000."""


class PoliteClient:
    """One HTTP client for the documents of a site, for the time of a `with` block. Safe among threads."""

    def __init__(
        self,
        *,
        user_agent: str,
        manners: Manners,
        breaker: CircuitBreaker,
        cache: HttpCache | None,
        connections: int,
        trust_env: bool,
        now: Callable[[], datetime],
    ) -> None:
        """`trust_env`: use proxies named in the environment. `now` gives aware times."""
        self._manners = manners
        self._breaker = breaker
        self._cache = cache
        self._now = now
        self._transport = DeadlineTransport(max_connections=connections)
        # Compressed bodies could unpack to any size, and these documents are small.
        headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._client = httpx.Client(
            transport=self._transport, headers=headers, timeout=manners.wait_s, trust_env=trust_env
        )
        self._interval = threading.Lock()
        self._next_request_at = 0.0
        self._silent_documents = 0

    def __enter__(self) -> Self:
        """Nothing is asked yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self._client.close()

    def get(self, url: str) -> bytes | None:
        """Body of a document, None where the site says that there is none (404).

        Raises `SourceBlocked` when the site refuses us or did so within the last day, `SourceUnavailable`
        when it does not give the document within the limits.
        """
        if self._silent_documents >= self._manners.silent_documents:
            raise SourceUnavailable(
                url, f"not asked: no answer for {self._silent_documents} documents before"
            )
        deadline = time.monotonic() + self._manners.deadline_s
        try:
            for attempt in stamina.retry_context(
                on=lambda error: self._pause(error, deadline),
                attempts=self._manners.attempts,
                timeout=None,
                wait_initial=self._manners.first_pause_s,
                wait_jitter=self._manners.first_pause_s,
                wait_max=self._manners.deadline_s,
            ):
                with attempt:
                    content = self._ask(url, deadline)
                    self._silent_documents = 0
                    return content
        except _MayPass as fault:
            self._silent_documents += 1
            raise SourceUnavailable(url, str(fault)) from fault
        raise AssertionError("the last attempt returns or raises")

    def refused(self, url: str, reason: str) -> SourceBlocked:
        """Leave the site alone from now on; gives the failure to report."""
        self._breaker.open(self._now().astimezone(UTC) + timedelta(hours=REFUSAL_HOURS), reason)
        return SourceBlocked(url, f"{reason}; not asked again for {REFUSAL_HOURS} hours")

    def _pause(self, error: Exception, deadline: float) -> bool | float:
        """Whether to ask again, or in how many seconds."""
        if not isinstance(error, _MayPass) or time.monotonic() >= deadline:
            return False
        return True if error.retry_after_s is None else error.retry_after_s

    def _ask(self, url: str, deadline: float) -> bytes | None:
        if refusal := self._breaker.refusal():
            raise SourceBlocked(url, refusal)
        self._wait_for_turn()
        left = deadline - time.monotonic()
        if left <= 0:
            raise _MayPass(f"no answer within {self._manners.deadline_s:g} s")

        kept = self._cache.find(url) if self._cache else None
        try:
            with (
                self._transport.within(left),
                self._client.stream("GET", url, headers=kept.validators if kept else None) as response,
            ):
                if response.status_code == httpx.codes.NOT_MODIFIED and kept:
                    return kept.content
                if response.status_code != httpx.codes.OK:
                    return self._no_document(url, response, deadline)
                content = self._body(url, response)
        except httpx.RequestError as error:
            raise _MayPass(str(error) or type(error).__name__) from error

        if not content:
            raise _MayPass("the document is empty")
        if self._cache:
            headers = response.headers
            self._cache.keep(
                url, content, etag=headers.get("ETag"), last_modified=headers.get("Last-Modified")
            )
        return content

    def _wait_for_turn(self) -> None:
        if not self._manners.min_interval_s:
            return
        with self._interval:
            turn = max(self._next_request_at, time.monotonic())
            self._next_request_at = turn + self._manners.min_interval_s
        time.sleep(max(0.0, turn - time.monotonic()))

    def _body(self, url: str, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > self._manners.max_bytes:
                raise SourceUnavailable(url, f"the document is larger than {self._manners.max_bytes} bytes")
        return b"".join(parts)

    def _no_document(self, url: str, response: httpx.Response, deadline: float) -> None:
        status = response.status_code
        if status in _NOT_THERE:
            return
        if status in _REFUSALS:
            raise self.refused(url, f"the site refuses us (status {status})")
        if status != httpx.codes.TOO_MANY_REQUESTS and status < 500:
            raise SourceUnavailable(url, f"status {status}")

        pause_s = _retry_after_s(response.headers.get("Retry-After"), self._now())
        if pause_s is None:
            raise _MayPass(f"status {status}")
        if pause_s > min(self._manners.longest_retry_after_s, deadline - time.monotonic()):
            reason = f"the site asks for a pause of {pause_s:.0f} s (status {status})"
            self._breaker.open(self._now().astimezone(UTC) + timedelta(seconds=pause_s), reason)
            raise SourceUnavailable(url, reason)
        raise _MayPass(f"status {status}", retry_after_s=pause_s)


class _MayPass(Exception):
    """A fault that may pass: worth another attempt."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(reason)


def _retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given in seconds or as a date; None if it is neither."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(float(header), REFUSAL_HOURS * 3600.0)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), REFUSAL_HOURS * 3600.0)

"""How a site is asked: with patience, within limits, and no more often than agreed."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meteo_core.sources.http_cache import HttpCache
from meteo_core.sources.polite_client import Manners, PoliteClient
from meteo_core.sources.protocol import SourceBlocked, SourceUnavailable
from meteo_core.sources.source_state import CircuitBreaker, SourceState

from .scripted_site import Answer, ScriptedSite

NOW = datetime(2024, 7, 10, 2, tzinfo=UTC)
HELLO = Answer(body=b"hello")


def client(cache: HttpCache | None = None, **manners: float) -> PoliteClient:
    limits = {"min_interval_s": 0.0, "first_pause_s": 0.01, "wait_s": 2.0, "deadline_s": 5.0, **manners}
    return PoliteClient(
        user_agent="meteo tests",
        manners=Manners(**limits),  # type: ignore[arg-type]
        breaker=CircuitBreaker(SourceState(None), now=lambda: NOW),
        cache=cache,
        connections=1,
        trust_env=False,
        now=lambda: NOW,
    )


@pytest.mark.fault("source: a fault that passes (500, timeout, connection cut)", "asked again, then read")
@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=500),
        Answer(status=503),
        Answer(status=429),
        Answer(body=b""),
        Answer(body=b"hel", claimed_length=5),
    ],
    ids=["500", "503", "429", "empty", "cut"],
)
def test_a_fault_that_passes_is_asked_through(fault: Answer) -> None:
    with ScriptedSite([fault, fault, HELLO]) as site, client() as polite:
        content = polite.get(site.url)

        assert content == b"hello"
        assert len(site.requests) == 3


@pytest.mark.fault("source: a fault that stays", "given up after a few tries, with the reason")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Answer(status=500), "status 500"),
        (Answer(body=b""), "the document is empty"),
        (Answer(body=b"hel", claimed_length=5), "closed connection"),
    ],
    ids=["500", "empty", "cut"],
)
def test_a_fault_that_stays_is_given_up(fault: Answer, reason: str) -> None:
    with ScriptedSite([fault]) as site, client() as polite:
        with pytest.raises(SourceUnavailable, match=reason):
            polite.get(site.url)

        assert len(site.requests) == 3


@pytest.mark.fault("source: does not listen", "told as unavailable")
def test_a_site_that_does_not_listen_is_unavailable() -> None:
    with ScriptedSite([HELLO]) as site:
        address_of_nobody = site.url
    with client() as polite, pytest.raises(SourceUnavailable, match="refused"):
        polite.get(address_of_nobody)


@pytest.mark.parametrize("status", [301, 400, 418])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int) -> None:
    with ScriptedSite([Answer(status=status)]) as site, client() as polite:
        with pytest.raises(SourceUnavailable, match=f"status {status}"):
            polite.get(site.url)

        assert len(site.requests) == 1


@pytest.mark.fault("source: 401, 403 or 451", "not asked again")
@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_is_not_argued_with(status: int) -> None:
    with ScriptedSite([Answer(status=status)]) as site, client() as polite:
        with pytest.raises(SourceBlocked, match=f"status {status}"):
            polite.get(site.url)

        assert len(site.requests) == 1


@pytest.mark.fault("source: 404", "no document, others go on")
def test_a_document_that_is_not_there_is_none() -> None:
    with ScriptedSite([Answer(status=404)]) as site, client() as polite:
        content = polite.get(site.url)

    assert content is None


@pytest.mark.fault("source: slow drip", "left at the deadline")
def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    drip = Answer(body=b"x" * 100_000, drip_s=0.05)

    with ScriptedSite([drip]) as site, client(deadline_s=0.6) as polite:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable):
            polite.get(site.url)
        took = time.monotonic() - began

        # At one byte in 50 ms even the head has not come through.
        assert 0.5 < took < 2.0


@pytest.mark.fault("source: timeout", "left after the wait")
def test_a_silent_server_is_left_after_the_wait() -> None:
    silent = Answer(body=b"hello", drip_s=1.0)

    with ScriptedSite([silent]) as site, client(wait_s=0.1, attempts=2) as polite:
        with pytest.raises(SourceUnavailable, match="timed out"):
            polite.get(site.url)

        assert len(site.requests) == 2


@pytest.mark.fault("source: endless document", "not read to its end")
def test_a_document_that_is_too_large_is_not_read_to_its_end() -> None:
    large = Answer(body=b"x" * 3_000)

    with (
        ScriptedSite([large]) as site,
        client(max_bytes=2_000) as polite,
        pytest.raises(SourceUnavailable, match="larger than 2000 bytes"),
    ):
        polite.get(site.url)


@pytest.mark.fault("source: 429 with a short Retry-After", "the pause is kept")
def test_a_short_pause_that_the_site_asks_for_is_kept() -> None:
    busy = Answer(status=429, headers={"Retry-After": "1"})

    with ScriptedSite([busy, HELLO]) as site, client() as polite:
        content = polite.get(site.url)

        assert content == b"hello"
        assert site.requests[1].at - site.requests[0].at >= 1.0


@pytest.mark.fault("source: 429 with a long Retry-After", "nothing is asked until then")
@pytest.mark.parametrize("pause", ["3600", "Wed, 10 Jul 2024 03:00:00 GMT"])
def test_a_long_pause_that_the_site_asks_for_is_kept_by_asking_nothing(pause: str) -> None:
    busy = Answer(status=429, headers={"Retry-After": pause})

    with ScriptedSite([busy]) as site, client() as polite:
        with pytest.raises(SourceUnavailable, match="a pause of 3600 s"):
            polite.get(site.url)
        with pytest.raises(SourceBlocked, match="not asked before 2024-07-10 03:00 UTC"):
            polite.get(site.url)

        assert len(site.requests) == 1


def test_requests_keep_their_distance() -> None:
    with ScriptedSite([HELLO]) as site, client(min_interval_s=0.2) as polite:
        for _ in range(3):
            polite.get(site.url)

        times = [request.at for request in site.requests]

    assert times[1] - times[0] > 0.15
    assert times[2] - times[1] > 0.15


def test_an_unchanged_document_is_not_sent_again(tmp_path: Path) -> None:
    first = Answer(body=b"hello", headers={"ETag": '"v1"'})
    unchanged = Answer(status=304, headers={"ETag": '"v1"'})
    with ScriptedSite([first, unchanged]) as site, client(HttpCache(tmp_path)) as polite:
        contents = [polite.get(site.url), polite.get(site.url)]

        assert contents == [b"hello", b"hello"]
        assert site.requests[1].headers["If-None-Match"] == '"v1"'


@pytest.mark.fault("damaged copy of a document", "fetched anew")
def test_a_damaged_copy_is_asked_for_anew(tmp_path: Path) -> None:
    first = Answer(body=b"hello", headers={"ETag": '"v1"'})
    with ScriptedSite([first]) as site, client(HttpCache(tmp_path)) as polite:
        polite.get(site.url)
        (body,) = tmp_path.glob("*.body")
        body.write_bytes(b"hel")

        content = polite.get(site.url)

        assert content == b"hello"
        assert "If-None-Match" not in site.requests[1].headers

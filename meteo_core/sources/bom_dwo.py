"""Daily Weather Observations from the Bureau's web site, or from a site that publishes in its form."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from meteo_core.errors import MeteoError
from meteo_core.sources.bureau_csv import read_bureau_csv
from meteo_core.sources.bureau_document import station_numbers
from meteo_core.sources.bureau_html import read_bureau_html
from meteo_core.sources.http_cache import HttpCache
from meteo_core.sources.polite_client import Manners, PoliteClient
from meteo_core.sources.protocol import Delivery, SourceBlocked, SourceFailure, SourceUnavailable
from meteo_core.sources.source_state import CircuitBreaker, SourceState, StationNumbers
from meteo_core.stations import Station

BUREAU_SITE: Final = "https://www.bom.gov.au"
_BUREAU_DOMAIN: Final = "bom.gov.au"

_log = logging.getLogger(__name__)


class TermsNotAccepted(MeteoError):
    """The Bureau's site was to be asked without the operator's word."""


class BureauDailyWeatherObservations:
    """Source of one document per station and month, CSV or, where that is not there, the web page.

    The Bureau's terms do not allow automated copying in general, and its firewall refuses many programs. So
    its own site is asked only when the operator accepts the terms, under a true name with a contact, a
    request a second at most, and not at all for 24 hours after a refusal. About 14 months are online.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        name: str = "bom_dwo",
        accept_terms: bool = False,
        contact: str = "",
        manners: Manners | None = None,
        workers: int = 1,
        breaker_file: Path | None = None,
        cache_folder: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing is asked yet; `base_url` is the Bureau's own site where none is given.

        `contact` is an e-mail or web address for the site's operators. `manners` are by default a second
        between requests to the Bureau and none to others. `breaker_file` is a JSON file that remembers a
        refusal, and the real stations last named, across restarts; `cache_folder` keeps documents, so that
        an unchanged one is not sent again.
        `now` gives aware times. Raises `TermsNotAccepted` for the Bureau's site without `accept_terms`,
        contact or https.
        """
        base_url = base_url or BUREAU_SITE
        address = urlsplit(base_url)
        host = (address.hostname or "").lower()
        if address.scheme not in {"http", "https"} or not host:
            raise ValueError(f"{base_url!r} is not the address of a web site")
        if not (contact.isascii() and contact.isprintable()):
            raise ValueError("the contact must be an e-mail or web address")
        of_bureau = host == _BUREAU_DOMAIN or host.endswith(f".{_BUREAU_DOMAIN}")
        if of_bureau:
            _require_word_of_operator(address.scheme, accept_terms=accept_terms, contact=contact)

        self.name = name
        self._base_url = base_url.rstrip("/")
        self._manners = manners or Manners(min_interval_s=1.0 if of_bureau else 0.0)
        self._workers = workers
        self._user_agent = f"meteo/{version('meteo')} (rain forecasting{f'; {contact}' if contact else ''})"
        self._trust_env = not _is_loopback(host)
        self._now = now
        state = SourceState(breaker_file)
        self._breaker = CircuitBreaker(state, now=now)
        self._station_numbers = StationNumbers(state)
        self._cache = HttpCache(cache_folder) if cache_folder else None

    @classmethod
    def simulated(
        cls, base_url: str, *, workers: int = 1, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Self:
        """Source `simulator`: a `BureauSite` at this address, asked without pauses."""
        return cls(base_url, name="simulator", workers=workers, manners=Manners(min_interval_s=0.0), now=now)

    def fetch(
        self, stations: Sequence[Station], first: date, last: date
    ) -> Iterator[Delivery | SourceFailure]:
        """One document or failure for each station and month, in this order; months to come are left out."""
        wanted = [
            (station, month)
            for station in stations
            for month in _months(first, min(last, self._now().astimezone(station.zone).date()))
        ]
        with PoliteClient(
            user_agent=self._user_agent,
            manners=self._manners,
            breaker=self._breaker,
            cache=self._cache,
            connections=self._workers,
            trust_env=self._trust_env,
            now=self._now,
        ) as client:
            for station, document in self._in_order(client, wanted):
                if isinstance(document, Delivery):
                    self._warn_of_other_stations(station, document)
                yield document

    def _in_order(
        self, client: PoliteClient, wanted: Sequence[tuple[Station, date]]
    ) -> Iterator[tuple[Station, Delivery | SourceFailure]]:
        if self._workers == 1:
            for station, month in wanted:
                yield station, self._document(client, station, month)
            return
        waiting: deque[tuple[Station, Future[Delivery | SourceFailure]]] = deque()
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                for station, month in wanted:
                    waiting.append((station, pool.submit(self._document, client, station, month)))
                    # A reader that is slower than the site must not pile documents up.
                    if len(waiting) >= 2 * self._workers:
                        station_before, document = waiting.popleft()
                        yield station_before, document.result()
                while waiting:
                    station_before, document = waiting.popleft()
                    yield station_before, document.result()
            finally:
                for _, document in waiting:
                    document.cancel()

    def _document(self, client: PoliteClient, station: Station, month: date) -> Delivery | SourceFailure:
        text_url = f"{self._base_url}/climate/dwo/{month:%Y%m}/text/{station.product}.{month:%Y%m}.csv"
        page_url = f"{self._base_url}/climate/dwo/{month:%Y%m}/html/{station.product}.{month:%Y%m}.shtml"
        try:
            for url, read in ((text_url, read_bureau_csv), (page_url, read_bureau_html)):
                content = client.get(url)
                if content is not None:
                    fetched_at = self._now().astimezone(UTC)
                    try:
                        observations = read(content, origin=url, station=station, month=month)
                    except SourceBlocked as blocked:
                        raise client.refused(url, blocked.reason) from blocked
                    return Delivery(self.name, url, fetched_at, content, observations)
            raise SourceUnavailable(text_url, "status 404 for the CSV and for the web page")
        except SourceFailure as failure:
            failure.station = station.station
            return failure

    def _warn_of_other_stations(self, station: Station, delivery: Delivery) -> None:
        numbers = station_numbers(delivery.content)
        before = self._station_numbers.replace(station.product, numbers)
        if before is not None:
            _log.warning(
                "%s: observations of %s now come from station %s, before from %s",
                delivery.origin,
                station.station,
                " and ".join(numbers) or "none named",
                " and ".join(before) or "none named",
            )


def _require_word_of_operator(scheme: str, *, accept_terms: bool, contact: str) -> None:
    if not accept_terms:
        raise TermsNotAccepted(
            f"The Bureau's terms of use restrict automated copying from {_BUREAU_DOMAIN}. Read them, and set "
            "accept_terms if your use is allowed; or choose another source, such as drop_folder."
        )
    if not contact.strip():
        raise TermsNotAccepted(
            f"Requests to {_BUREAU_DOMAIN} carry a contact for its operators: set an e-mail or web address."
        )
    if scheme != "https":
        raise TermsNotAccepted(f"{_BUREAU_DOMAIN} is asked by https only.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _months(first: date, last: date) -> Iterator[date]:
    """First days of the months that hold days `first`..`last`."""
    month = first.replace(day=1)
    while first <= last and month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)

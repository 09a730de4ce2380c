"""The simulated web site of the Bureau: monthly documents of simulated weather over real HTTP."""

import errno
import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Final, Self, cast
from zoneinfo import ZoneInfo

import pandas as pd

from meteo_core.errors import MeteoError
from meteo_core.jobs import ZONE
from meteo_core.sources.bureau_csv import bureau_csv_document, bureau_csv_lines, write_bureau_csv
from meteo_core.sources.bureau_html import write_bureau_html
from meteo_core.sources.simulator.published import Extent, extent_of_month, next_month, published_part
from meteo_core.sources.simulator.story import Story
from meteo_core.sources.simulator.weather import FIRST_DAY, LAST_DAY, WeatherGenerator
from meteo_core.stations import Station, stations

_MONTH_PATH = re.compile(
    r"/climate/dwo/(?P<month>\d{6})/(?P<folder>text|html)/(?P<product>IDCJDW\d{4})\.(?P=month)\.(?P<ext>csv|shtml)",
    re.ASCII,
)
_LATEST_PATH = re.compile(r"/climate/dwo/(?P<product>IDCJDW\d{4})\.latest\.shtml", re.ASCII)
_INDEX_PATHS: Final = {"/", "/climate/dwo/", "/climate/dwo/index.shtml"}
_EXTENSIONS: Final = {"text": "csv", "html": "shtml"}
_CSV_TYPE: Final = "text/csv; charset=ISO-8859-1"
_HTML_TYPE: Final = "text/html; charset=utf-8"
SYDNEY: Final = ZoneInfo(ZONE)
"""Clock by which a story's outages are told."""
_IDLE_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.05  # how long closing the site may take
_KEPT_YEARS: Final = 12


class AddressInUse(MeteoError):
    """Another program listens at the address wanted."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is in use: stop what listens there or choose another port.")


@dataclass(frozen=True, slots=True)
class Page:
    """What a path answers with."""

    content: bytes
    content_type: str


@dataclass(frozen=True, eq=False, slots=True)
class _Year:
    """A year of weather, cut by station and month once for all requests."""

    frames: Mapping[tuple[str, int], pd.DataFrame]
    csv_lines: Mapping[tuple[str, int], list[str]]


class BureauPages:
    """The pages of the simulated site: for the same seed and moment, always the same bytes."""

    def __init__(
        self, weather: WeatherGenerator, now: Callable[[], datetime], story: Story | None = None
    ) -> None:
        """`now` gives aware times."""
        self._weather = weather
        self._story = (story or Story()).settled(weather)
        self._now = now
        self._by_product = {station.product: station for station in stations().values()}
        # Many requests wait for the same year at first; it is made once.
        self._making_year = threading.Lock()
        self._kept_year = lru_cache(maxsize=_KEPT_YEARS)(self._cut_year)

    def outage(self) -> int | None:
        """Status that every request is answered with; None while the site is up."""
        return self._story.outage_on(self._now().astimezone(SYDNEY).date())

    def page(self, path: str) -> Page | None:
        """Page at a path, None where there is none (yet)."""
        if path in _INDEX_PATHS:
            return Page(self._index(), _HTML_TYPE)
        if latest := _LATEST_PATH.fullmatch(path):
            return self._month_page(latest["product"], self._this_month(latest["product"]), "html")
        wanted = _MONTH_PATH.fullmatch(path)
        if not wanted or wanted["ext"] != _EXTENSIONS[wanted["folder"]]:
            return None
        year, month = int(wanted["month"][:4]), int(wanted["month"][4:])
        if not (FIRST_DAY.year <= year <= LAST_DAY.year and 1 <= month <= 12):
            return None
        return self._month_page(wanted["product"], date(year, month, 1), wanted["folder"])

    def _this_month(self, product: str) -> date:
        station = self._by_product.get(product)
        return self._now().astimezone(station.zone if station else UTC).date().replace(day=1)

    def _month_page(self, product: str, month: date, folder: str) -> Page | None:
        station = self._by_product.get(product)
        extent = extent_of_month(station, month, self._now()) if station else None
        if station is None or extent is None:
            return None
        with self._making_year:
            year = self._kept_year(month.year)
        if (station.station, month.month) not in year.frames:
            return None  # it was closed all month
        if folder == "html":
            return Page(_html(station, month, extent, year), _HTML_TYPE)
        return Page(_csv(station, month, extent, year), _CSV_TYPE)

    def _cut_year(self, year: int) -> _Year:
        observations = self._story.told(self._weather.year(year))
        lines = bureau_csv_lines(observations)
        frames, csv_lines = {}, {}
        groups = observations.groupby(["station", observations["date"].dt.month.rename("month")], sort=False)
        for key, rows in groups.indices.items():
            first, end = int(rows[0]), int(rows[-1]) + 1  # stations and months are contiguous in a year
            frames[key] = observations.iloc[first:end]
            csv_lines[key] = lines[first:end]
        return _Year(frames, csv_lines)

    def _index(self) -> bytes:
        items = "\n".join(
            f'<li><a href="/climate/dwo/{station.product}.latest.shtml">{escape(station.name)}</a></li>'
            for station in stations().values()
        )
        return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Daily Weather Observations (simulated)</title></head>
<body>
<h1>Daily Weather Observations (simulated)</h1>
<p>{escape(" ".join(_notes(None)))}</p>
<ul>
{items}
</ul>
</body>
</html>
""".encode()


def _csv(station: Station, month: date, extent: Extent, year: _Year) -> bytes:
    key, about = (station.station, month.month), _about(station, month, extent)
    if extent.day >= next_month(month):
        return bureau_csv_document(year.csv_lines[key], **about)
    return write_bureau_csv(published_part(year.frames[key], extent), **about)


def _html(station: Station, month: date, extent: Extent, year: _Year) -> bytes:
    days = published_part(year.frames[station.station, month.month], extent)
    return write_bureau_html(days, **_about(station, month, extent))


def _about(station: Station, month: date, extent: Extent) -> dict:
    return {"station": station, "month": month, "prepared_at": extent.since, "notes": _notes(station)}


def _notes(station: Station | None) -> tuple[str, ...]:
    general = (
        "Simulated by Meteo; not a product of the Bureau of Meteorology",
        "Nothing here was observed: every value comes from a stochastic weather generator.",
    )
    if station is None:
        return general
    resembles = f"The simulation resembles the climate of {station.name} {{station {station.station_number}}}"
    return (*general, resembles)


class BureauSite:
    """The simulated site on a port of its own, for the time of a `with` block."""

    def __init__(
        self,
        *,
        seed: int,
        host: str = "127.0.0.1",
        port: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        rain_noise: float = 0.5,
        story: Story | None = None,
    ) -> None:
        """Port 0 takes any free one. `now` gives aware times: it decides what is published already."""
        wetness = story.wetness if story and story.wet_spells else None
        weather = WeatherGenerator(seed, rain_noise=rain_noise, wetness=wetness)
        self._pages = BureauPages(weather, now, story)
        self._host, self._port = host, port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Address without a slash at its end."""
        if self._server is None:
            raise RuntimeError("the site is not open: use it in a with block")
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Self:
        """Listen; raises `AddressInUse`."""
        try:
            self._server = _Server((self._host, self._port), self._pages)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise AddressInUse(self._host, self._port) from error
            raise
        threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="bureau-site", daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], pages: BureauPages) -> None:
        self.pages = pages
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Past HTTPServer's own method, which looks its name up in the DNS and can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "MeteoBureauSite"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # Head and body leave in one packet; otherwise each answer waits for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        server = cast(_Server, self.server)
        if status := server.pages.outage():
            body = f"<html><body><h1>{status} {HTTPStatus(status).phrase}</h1></body></html>".encode()
            self._send(status, body, _HTML_TYPE, with_body=with_body)
            return
        page = server.pages.page(self.path.split("?", 1)[0])
        if page is None:
            self._send(404, b"<html><body><h1>Not Found</h1></body></html>", _HTML_TYPE, with_body=with_body)
            return
        etag = f'"{hashlib.sha256(page.content).hexdigest()[:32]}"'
        if etag in (self.headers.get("If-None-Match") or ""):
            self.send_response(304)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        self._send(200, page.content, page.content_type, etag=etag, with_body=with_body)

    def _send(
        self, status: int, content: bytes, content_type: str, *, with_body: bool, etag: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as in the base class
        """Keep quiet: whoever fetches keeps the log."""

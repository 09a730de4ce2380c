"""What the Bureau's monthly documents share, in CSV or HTML: encoding, product code, station and month."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from meteo_core.sources.protocol import MalformedDocument, SourceBlocked, SourceUnavailable
from meteo_core.stations import Station, stations

MONTH_NAMES: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STATE_NAMES: Final = {
    "ACT": "Australian Capital Territory",
    "NSW": "New South Wales",
    "NT": "Northern Territory",
    "QLD": "Queensland",
    "SA": "South Australia",
    "TAS": "Tasmania",
    "VIC": "Victoria",
    "WA": "Western Australia",
}

_PRODUCT = re.compile(r"\b(IDCJDW\d{4})\.(\d{4})(\d{2})\b", re.ASCII)
_STATION_NUMBER = re.compile(rb"\{station (\d{1,6})\}")
_FIRST_YEAR, _LAST_YEAR = 1800, 2200  # datetime64[ns] ends in 2262


@dataclass(frozen=True, slots=True)
class MonthOfStation:
    """Which station and which month a document says that it holds."""

    station: Station
    month: date
    """First day of the month."""


def refuse_web_page_or_nothing(content: bytes, *, origin: str, station: str | None) -> None:
    """Raise for what a web server sends in place of a CSV document.

    `SourceUnavailable` for an empty body, `SourceBlocked` for a web page, which is how the Bureau's
    firewall answers with status 200.
    """
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise SourceUnavailable(origin, "the document is empty", station=station)
    if start.startswith(b"<"):
        raise SourceBlocked(origin, "a web page came in place of the data", station=station)


def decode(content: bytes) -> str:
    """Text of a document: Latin-1 as the Bureau writes it, or UTF-8 as other programs save it."""
    if content.isascii():
        return content.decode("ascii")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def station_numbers(content: bytes) -> tuple[str, ...]:
    """Numbers of the real stations that a document names, in its order, each once.

    They change when the Bureau moves a station: the series goes on under the same product code.
    """
    return tuple(dict.fromkeys(number.decode() for number in _STATION_NUMBER.findall(content)))


def find_month_of_station(
    heading: str, *, origin: str, station: Station | None, month: date | None
) -> MonthOfStation:
    """Station and month from the product code `IDCJDWnnnn.YYYYMM` in a document's heading.

    Raises `MalformedDocument` when the code is absent or unknown, or is not that of the station and month
    expected.
    """
    key = station.station if station else None
    codes = set(_PRODUCT.findall(heading))
    if len(codes) != 1:
        found = "no product code IDCJDWnnnn.YYYYMM" if not codes else "more than one product code"
        raise MalformedDocument(origin, f"{found} in the heading", station=key)
    product, year, month_number = codes.pop()

    if station and product != station.product:
        reason = f"other station in it: {product}, not {station.product} of {station.station}"
        raise MalformedDocument(origin, reason, station=key)
    found_station = station or _stations_by_product().get(product)
    if found_station is None:
        raise MalformedDocument(origin, f"product {product} is of no station in the table")

    if not (_FIRST_YEAR <= int(year) <= _LAST_YEAR and 1 <= int(month_number) <= 12):
        raise MalformedDocument(origin, f"there is no month {year}{month_number}", station=key)
    found_month = date(int(year), int(month_number), 1)
    if month and found_month != month.replace(day=1):
        reason = f"other month in it: {found_month:%Y-%m}, not {month:%Y-%m}"
        raise MalformedDocument(origin, reason, station=key)
    return MonthOfStation(found_station, found_month)


@cache
def _stations_by_product() -> Mapping[str, Station]:
    return {station.product: station for station in stations().values()}

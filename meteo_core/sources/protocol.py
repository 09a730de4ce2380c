"""What every source gives: deliveries of typed observations with provenance, or failures with a name."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Protocol

import pandas as pd

from meteo_core.errors import MeteoError
from meteo_core.stations import Station


class SourceFailure(MeteoError):
    """A document that could not be had or could not be trusted. Nothing of it is kept."""

    def __init__(self, origin: str, reason: str, *, station: str | None = None) -> None:
        self.origin = origin
        self.reason = reason
        self.station = station
        super().__init__(f"{origin}: {reason}")


class SourceBlocked(SourceFailure):
    """The source refuses us (403, or a challenge page in place of data): stop asking."""


class SourceUnavailable(SourceFailure):
    """The source did not answer, or not with the document: try again later."""


class MalformedDocument(SourceFailure):
    """The document does not keep to its format: refused whole, with the line and the reason."""

    def __init__(
        self, origin: str, reason: str, *, line: int | None = None, station: str | None = None
    ) -> None:
        self.line = line
        super().__init__(origin, f"line {line}: {reason}" if line else reason, station=station)


@dataclass(frozen=True)
class Delivery:
    """One document of a source, read."""

    source: str
    """Name of the source: `bom_dwo`, `simulator`, `archive`, ..."""
    origin: str
    """Address or path of the document."""
    fetched_at: datetime
    """UTC, aware."""
    content: bytes
    """The document exactly as received."""
    observations: pd.DataFrame
    """Columns `station`, `date` (datetime64[ns], station-local day) and the 21 parameters of the table.

    Numbers are float64 with NaN for missing, compass points and clock times are object with None for
    missing, `rain_today` is object with True, False or None. No value is checked against limits here.
    """

    @cached_property
    def content_sha256(self) -> str:
        """Fingerprint of the bytes as received."""
        return hashlib.sha256(self.content).hexdigest()


class Source(Protocol):
    """Anything that can be asked for station days."""

    @property
    def name(self) -> str:
        """Name written beside every row that came from here."""
        ...

    def fetch(
        self, stations: Sequence[Station], first: date, last: date
    ) -> Iterator[Delivery | SourceFailure]:
        """Give every document that holds days `first`..`last` (both included) of these stations.

        A delivery may hold more days and stations than were asked for. Failures are given, not raised, so
        that one bad document does not cost the others.
        """
        ...

"""Stage 1 of 7: from a source's documents to observations fit for use, the bytes kept as received."""

import gzip
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from meteo_core.quality import inspect, newest_of_each_day
from meteo_core.sources.protocol import Delivery, Source, SourceFailure
from meteo_core.stations import Station
from meteo_core.whole_file import remove_abandoned, replace_file

logger = logging.getLogger(__name__)

REPORT_EVERY = 250
"""Documents between two lines of progress."""


@dataclass(frozen=True)
class Gathered:
    """What a source gave for a window of days."""

    observations: pd.DataFrame
    """One row for each station and day, as `Warehouse.add_revisions` wants it."""
    findings: pd.DataFrame
    """Rejected and flagged values."""
    failures: pd.DataFrame
    """Documents not had or not trusted: `origin`, `station`, `kind`, `reason`, `found_at`."""
    documents: int
    """Documents read."""


def gather(
    source: Source, stations: Sequence[Station], first: date, last: date, *, landing: Path
) -> Gathered:
    """Ask for days `first`..`last` (both included), keep the bytes under `landing`, inspect every value."""
    remove_abandoned(landing)
    deliveries: list[Delivery] = []
    failures: list[SourceFailure] = []
    for count, given in enumerate(source.fetch(stations, first, last), start=1):
        if isinstance(given, SourceFailure):
            failures.append(given)
        else:
            _land(given, landing)
            deliveries.append(given)
        if count % REPORT_EVERY == 0:
            logger.info("%d documents of %s read", count, source.name)

    _report(failures)
    # Whole documents are inspected, though only the window is wanted: a column is judged by all its values,
    # and a day must get the same verdict however few days are asked for.
    inspection = inspect(deliveries)
    findings = _within(inspection.findings, first, last)
    return Gathered(
        observations=newest_of_each_day(_within(inspection.observations, first, last)),
        findings=findings.drop_duplicates(["station", "date", "parameter", "reason", "value"]),
        failures=_as_frame(failures),
        documents=len(deliveries),
    )


def _land(delivery: Delivery, landing: Path) -> None:
    """Keep the document under its hash; the same bytes are kept once."""
    digest = delivery.content_sha256
    path = landing / digest[:2] / f"{digest}.gz"
    if path.exists():
        return
    replace_file(path, gzip.compress(delivery.content, compresslevel=6, mtime=0))


def _within(rows: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Rows of the window only: a monthly document holds the whole month."""
    return rows[rows["date"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _report(failures: Sequence[SourceFailure]) -> None:
    """One line for each reason: a site that is down fails every document in the same way."""
    for reason, count in Counter(f"{type(f).__name__}: {f.reason}" for f in failures).items():
        logger.warning("%d documents not had: %s", count, reason)


def _as_frame(failures: list[SourceFailure]) -> pd.DataFrame:
    now = pd.Timestamp(datetime.now(UTC))
    return pd.DataFrame(
        [
            (failure.origin, failure.station, type(failure).__name__, failure.reason, now)
            for failure in failures
        ],
        columns=["origin", "station", "kind", "reason", "found_at"],
    )

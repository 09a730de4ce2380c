"""Monthly files of the Bureau that a person saved into a folder."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from meteo_core.sources.bureau_csv import read_bureau_csv
from meteo_core.sources.protocol import Delivery, MalformedDocument, SourceFailure, SourceUnavailable
from meteo_core.stations import Station


class DropFolder:
    """Source of every `*.csv` in a folder, in order of name; the product code in a file says whose it is."""

    name = "drop_folder"

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """The folder may be empty. `now` gives aware times."""
        self._path = path
        self._now = now

    def fetch(
        self, stations: Sequence[Station], first: date, last: date
    ) -> Iterator[Delivery | SourceFailure]:
        """Every file with days of these stations and dates, and a failure for every file that is refused.

        Gives a single `SourceUnavailable` where the folder is not there.
        """
        if not self._path.is_dir():
            yield SourceUnavailable(str(self._path), "there is no such folder")
            return
        wanted = {station.station for station in stations}
        for path in sorted(self._path.glob("*.csv")):
            document = self._read(path)
            if isinstance(document, SourceFailure) or _holds(document.observations, wanted, first, last):
                yield document

    def _read(self, path: Path) -> Delivery | SourceFailure:
        origin = str(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            return SourceUnavailable(origin, error.strerror or str(error))
        try:
            observations = read_bureau_csv(content, origin=origin)
        except MalformedDocument as failure:
            return failure
        except SourceFailure as failure:
            # Nobody refuses us here: a saved web page or an empty file is a bad file.
            return MalformedDocument(origin, failure.reason)
        return Delivery(self.name, origin, self._now().astimezone(UTC), content, observations)


def _holds(observations: pd.DataFrame, wanted: set[str], first: date, last: date) -> bool:
    days = observations["date"].between(pd.Timestamp(first), pd.Timestamp(last))
    return bool((days & observations["station"].isin(wanted)).any())

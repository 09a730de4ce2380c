"""The public weatherAUS table, as downloaded: years of all stations in one file."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
import pandas as pd

from meteo_core.parameters import COMPASS, COMPASS_POINTS, NUMBERS, PARAMETERS
from meteo_core.sources.observations import observation_frame
from meteo_core.sources.protocol import Delivery, MalformedDocument, SourceFailure, SourceUnavailable
from meteo_core.stations import Station, nearest_keys
from meteo_core.stations import stations as all_stations

_GZIP_MAGIC: Final = b"\x1f\x8b"
_MISSING: Final = ("NA", "")
_FLAGS: Final = {"Yes": True, "No": False}
_NOT_IN_TABLE: Final = {"wind_gust_time"}
_COLUMNS: Final = {name: p.archive_column for name, p in PARAMETERS.items() if name not in _NOT_IN_TABLE}
_FIRST_YEAR, _LAST_YEAR = 1800, 2200  # datetime64[ns] ends in 2262
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARSER_LINE = re.compile(r"line (\d+)")


class Archive:
    """Source of weatherAUS.csv, plain or gzipped.

    `RainTomorrow` and `RISK_MM` are not read: they were made by shifting rows, so across missing days they
    tell of rain up to a month later. Rain of the next calendar day follows from `Rainfall`.
    """

    name = "archive"

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """`now` gives aware times."""
        self._path = path
        self._now = now

    def days(self) -> tuple[date, date]:
        """First and last day that the file holds; raises `SourceFailure` where it cannot be read."""
        origin = str(self._path)
        held = read_archive(self._content(), origin=origin)["date"]
        if held.empty:
            raise MalformedDocument(origin, "holds no days")
        return held.min().date(), held.max().date()

    def fetch(
        self, stations: Sequence[Station], first: date, last: date
    ) -> Iterator[Delivery | SourceFailure]:
        """One delivery with the days `first`..`last` (both included) of these stations, or one failure."""
        origin = str(self._path)
        fetched_at = self._now().astimezone(UTC)
        try:
            content = self._content()
            observations = read_archive(content, origin=origin)
        except SourceFailure as failure:
            yield failure
            return

        wanted = observations["station"].isin([station.station for station in stations])
        wanted &= observations["date"].between(pd.Timestamp(first), pd.Timestamp(last))
        yield Delivery(self.name, origin, fetched_at, content, observations[wanted].reset_index(drop=True))

    def _content(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise SourceUnavailable(str(self._path), error.strerror or str(error)) from error


def read_archive(content: bytes, *, origin: str) -> pd.DataFrame:
    """Observations of a weatherAUS table in the form of `Delivery.observations`, in its order of rows.

    `NA` and blank are missing; further columns are ignored. `rain_today` is as given. Equal rows of one
    station and day are given once. Raises `MalformedDocument` with the line for anything else: missing
    columns, unknown stations, values that cannot be read, days that are there twice with other values.
    """
    text = _unpack(content, origin)
    table = _parse(text, origin)
    document = _Document(text, origin)

    days = _days(table["Date"], document)
    keys = _keys(table["Location"], document)
    values: dict[str, np.ndarray] = {}
    for name in NUMBERS:
        values[name] = table[_COLUMNS[name]].to_numpy()
        if (bad := np.isinf(values[name])).any():
            document.refuse(int(bad.argmax()), f"{_COLUMNS[name]} is infinite")
    for name in COMPASS:
        known = {point: point for point in COMPASS_POINTS}
        values[name] = _translated(table[_COLUMNS[name]], known, document, "a compass point")
    values["rain_today"] = _translated(table["RainToday"], _FLAGS, document, "Yes or No")
    return _each_day_once(observation_frame(keys, days, values), document)


class _Document:
    """The text of the table, to find lines in when something is wrong."""

    def __init__(self, text: bytes, origin: str) -> None:
        self._text = text
        self._origin = origin

    def refuse(self, row: int, reason: str) -> NoReturn:
        """Raise `MalformedDocument` for a data row, counted from 0."""
        lines, _ = self.rows()[row]
        raise MalformedDocument(self._origin, reason, line=lines)

    def rows(self) -> list[tuple[int, list[str]]]:
        """Line and fields of each data row."""
        reader = csv.reader(io.StringIO(self._text.decode("utf-8", errors="replace"), newline=""))
        next(reader)
        return [(reader.line_num, fields) for fields in reader if fields]


def _unpack(content: bytes, origin: str) -> bytes:
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise MalformedDocument(origin, f"the gzip file is damaged: {error}") from error
    if not content.strip():
        raise MalformedDocument(origin, "the file is empty")
    return content


def _parse(text: bytes, origin: str) -> pd.DataFrame:
    header_line = text.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").rstrip("\r")
    try:
        header = next(csv.reader([header_line]))
    except csv.Error as error:
        raise MalformedDocument(origin, f"not a table of text: {error}", line=1) from error
    columns = ["Date", "Location", *_COLUMNS.values()]
    missing = [column for column in columns if column not in header]
    if missing:
        raise MalformedDocument(origin, f"column {', '.join(missing)} is missing", line=1)

    types: dict[str, type | str] = dict.fromkeys(columns, "category")
    types.update({_COLUMNS[name]: float for name in NUMBERS})
    try:
        table = pd.read_csv(
            io.BytesIO(text),
            dtype=types,  # type: ignore[arg-type]  # the stubs know no mixture of names and classes
            usecols=columns,
            keep_default_na=False,
            na_values=list(_MISSING),
            encoding="utf-8-sig",
            float_precision="round_trip",
            index_col=False,
        )
    except UnicodeDecodeError as error:
        raise MalformedDocument(origin, "the text is not UTF-8") from error
    except (pd.errors.ParserError, ValueError) as error:
        _explain(_Document(text, origin), header, origin, error)

    # The parser fills a row that was cut short with missing values.
    if text.count(b",") != (len(table) + 1) * (len(header) - 1):
        _explain(_Document(text, origin), header, origin, ValueError("rows are not of one length"))
    return table


def _explain(document: _Document, header: list[str], origin: str, error: Exception) -> NoReturn:
    """Raise `MalformedDocument` with the first line that is at fault."""
    numbers = [(header.index(_COLUMNS[name]), _COLUMNS[name]) for name in NUMBERS]
    for line, fields in document.rows():
        if len(fields) != len(header):
            reason = f"{len(fields)} fields, not {len(header)}"
            raise MalformedDocument(origin, reason, line=line) from error
        for at, column in numbers:
            try:
                if fields[at] not in _MISSING:
                    float(fields[at])
            except ValueError as bad:
                reason = f"{column} reads {fields[at][:40]!r}, which is not a number"
                raise MalformedDocument(origin, reason, line=line) from bad
    found = _PARSER_LINE.search(str(error))
    raise MalformedDocument(origin, str(error), line=int(found[1]) if found else None) from error


def _days(column: pd.Series, document: _Document) -> np.ndarray:
    days = []
    for text in column.cat.categories:
        try:
            day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            row = int((column == text).to_numpy().argmax())
            document.refuse(row, f"Date reads {text[:40]!r}, which is not a date YYYY-MM-DD")
        days.append(day)
    return np.array(days, dtype="datetime64[D]")[_codes(column, document, "Date")]


def _keys(column: pd.Series, document: _Document) -> np.ndarray:
    for key in column.cat.categories:
        if key not in all_stations():
            nearest = nearest_keys(key)
            hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
            row = int((column == key).to_numpy().argmax())
            document.refuse(row, f"there is no station {key[:40]!r}{hint}")
    return column.cat.categories.to_numpy(dtype=object)[_codes(column, document, "Location")]


def _codes(column: pd.Series, document: _Document, name: str) -> np.ndarray:
    codes = column.cat.codes.to_numpy()
    if (codes < 0).any():
        document.refuse(int((codes < 0).argmax()), f"{name} is missing")
    return codes


def _translated(column: pd.Series, known: dict, document: _Document, what: str) -> np.ndarray:
    for text in column.cat.categories:
        if text not in known:
            row = int((column == text).to_numpy().argmax())
            document.refuse(row, f"{column.name} reads {text[:40]!r}, which is not {what}")
    # The last entry is for the code -1 of missing values.
    meanings = np.array([*(known[text] for text in column.cat.categories), None], dtype=object)
    return meanings[column.cat.codes.to_numpy()]


def _each_day_once(observations: pd.DataFrame, document: _Document) -> pd.DataFrame:
    if not observations.duplicated(["station", "date"]).any():
        return observations
    different = observations.drop_duplicates()
    repeated = different.duplicated(["station", "date"])
    if repeated.any():
        row = int(different.index[repeated.to_numpy()][0])
        station, day = different.loc[row, "station"], different.loc[row, "date"]
        document.refuse(row, f"{station} is there twice on {day:%Y-%m-%d}, with different values")
    return different.reset_index(drop=True)

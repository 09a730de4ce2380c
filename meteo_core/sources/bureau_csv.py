"""The Bureau's monthly CSV of daily weather observations, read strictly and written byte-compatibly.

Latin-1, CRLF, a heading of any length, a line of column names that starts `,"Date"`, then a line per day
that starts with an empty field. The last line has no end.
"""

import csv
import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from meteo_core.parameters import PARAMETERS
from meteo_core.sources.bureau_cells import BUREAU_PARAMETERS, cell_texts, observations_of_month
from meteo_core.sources.bureau_document import (
    MONTH_NAMES,
    STATE_NAMES,
    WEEKDAY_NAMES,
    decode,
    find_month_of_station,
    refuse_web_page_or_nothing,
)
from meteo_core.sources.protocol import MalformedDocument
from meteo_core.stations import Station

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_HEADER_START: Final = ',"Date"'
_BUREAU_COLUMNS: Final = {name: PARAMETERS[name].bureau_column or "" for name in BUREAU_PARAMETERS}
# One name ends in a blank in the Bureau's files.
_HEADER: Final = ",".join(
    f'"{column} "' if column == "Direction of maximum wind gust" else f'"{column}"'
    for column in ("Date", *_BUREAU_COLUMNS.values())
)


def read_bureau_csv(
    content: bytes, *, origin: str, station: Station | None = None, month: date | None = None
) -> pd.DataFrame:
    """Observations of a monthly file in the form of `Delivery.observations`, sorted by date.

    The station is found by the product code in the heading; `station` and `month` (any day of it) say what
    is expected. Columns are found by name, so other order and further columns do no harm. `rain_today` is
    missing in every row: it follows from rainfall. A file with column names and no days has no rows.

    Raises `MalformedDocument` for anything that does not keep to the format, `SourceBlocked` for a web page
    and `SourceUnavailable` for an empty body. A file cut within a line is refused, but for a cut right
    before its last field, which reads as missing; a cut between lines only loses days.
    """
    expected = station.station if station else None
    refuse_web_page_or_nothing(content, origin=origin, station=expected)
    lines = decode(content).replace("\r\n", "\n").split("\n")

    header_at = next((at for at, line in enumerate(lines) if line.startswith(_HEADER_START)), None)
    if header_at is None:
        raise MalformedDocument(origin, 'no line of column names that starts ,"Date"', station=expected)
    holds = find_month_of_station("\n".join(lines[:header_at]), origin=origin, station=station, month=month)

    def refusal(reason: object, line: int) -> MalformedDocument:
        return MalformedDocument(origin, str(reason), line=line, station=holds.station.station)

    try:
        layout = _layout(lines[header_at])
    except ValueError as error:
        raise refusal(error, header_at + 1) from error

    rows: list[Sequence[str]] = []
    days: list[int] = []
    line_numbers: list[int] = []
    for line_number, line in enumerate(lines[header_at + 1 :], start=header_at + 2):
        if not line.strip():
            continue
        try:
            fields = _fields(line, layout.width)
            days.append(_day(fields[layout.date_at], holds.month))
        except ValueError as error:
            raise refusal(error, line_number) from error
        rows.append(fields)
        line_numbers.append(line_number)

    if rows and lines[-1] and layout.ends_in_tenths and rows[-1][-1].strip() and "." not in rows[-1][-1]:
        raise refusal(f"the file ends within its last field: {rows[-1][-1][:40]!r}", line_numbers[-1])

    columns = list(zip(*rows, strict=True)) if rows else [()] * layout.width
    texts = {name: columns[at] for name, at in layout.parameter_at.items()}
    return observations_of_month(holds, days, texts, origin=origin, lines=line_numbers)


@dataclass(frozen=True, slots=True)
class _Layout:
    width: int
    date_at: int
    parameter_at: Mapping[str, int]
    ends_in_tenths: bool
    """The last field is always written with a decimal, so that a cut one shows."""


@lru_cache(maxsize=64)
def _layout(header: str) -> _Layout:
    columns = [column.strip() for column in _split(header)]
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise ValueError(f"column {sorted(twice)[0]!r} is there twice")
    missing = [column for column in ("Date", *_BUREAU_COLUMNS.values()) if column not in columns]
    if missing:
        known = {"", "Date", *_BUREAU_COLUMNS.values()}
        unknown = [column for column in columns if column not in known]
        hint = f"; not known: {', '.join(map(repr, unknown))[:200]}" if unknown else ""
        raise ValueError(f"column {', '.join(map(repr, missing))} is missing{hint}")
    parameter_at = {name: columns.index(column) for name, column in _BUREAU_COLUMNS.items()}
    return _Layout(
        width=len(columns),
        date_at=columns.index("Date"),
        parameter_at=parameter_at,
        ends_in_tenths=any(
            PARAMETERS[name].decimals == 1 and name != "rainfall" and at == len(columns) - 1
            for name, at in parameter_at.items()
        ),
    )


def _split(line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError(f"quotes do not match: {error}") from error


def _fields(line: str, width: int) -> list[str]:
    fields = _split(line)
    if len(fields) != width:
        raise ValueError(f"{len(fields)} fields, not {width}")
    if fields[0].strip():
        raise ValueError("the first field is not empty")
    return fields


def _day(text: str, month: date) -> int:
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"Date reads {text[:40]!r}, which is not a date YYYY-MM-D")
    year, month_number, day = map(int, found.groups())
    if (year, month_number) != (month.year, month.month):
        raise ValueError(f"{text.strip()} is not in {month:%Y-%m}")
    if not 1 <= day <= monthrange(year, month_number)[1]:
        raise ValueError(f"there is no {text.strip()}")
    return day


def write_bureau_csv(
    observations: pd.DataFrame,
    *,
    station: Station,
    month: date,
    prepared_at: datetime,
    notes: Sequence[str],
) -> bytes:
    """A monthly file of these rows, one for each day, as the Bureau would write it.

    `prepared_at` is aware. `notes` stand where the Bureau names its copyright and its instruments. Numbers
    are rounded to the decimals of the parameter table.
    """
    months = observations["date"].to_numpy().astype("datetime64[M]")
    if (months != np.datetime64(month, "M")).any() or (observations["station"] != station.station).any():
        raise ValueError(f"rows of other stations or months than {station.station} in {month:%Y-%m}")
    return bureau_csv_document(
        bureau_csv_lines(observations), station=station, month=month, prepared_at=prepared_at, notes=notes
    )


def bureau_csv_lines(observations: pd.DataFrame) -> list[str]:
    """One line without its end for each row, of any stations and months."""
    dates = [f"{day.year}-{day.month:02}-{day.day}" for day in observations["date"].dt.date]
    columns = (dates, *cell_texts(observations).values())
    return [f",{','.join(row)}" for row in zip(*columns, strict=True)]


def bureau_csv_document(
    lines: Sequence[str], *, station: Station, month: date, prepared_at: datetime, notes: Sequence[str]
) -> bytes:
    """A monthly file around lines that are already rendered."""
    heading = (title(station, month), prepared(station, month, prepared_at), *notes)
    document = [*(f'"{line}"' for line in heading), "", f",{_HEADER}", *lines]
    return "\r\n".join(document).encode("latin-1")


def title(station: Station, month: date) -> str:
    """First line of the Bureau's heading."""
    place = f"{station.name}, {STATE_NAMES[station.state]}"
    return f"Daily Weather Observations for {place} for {MONTH_NAMES[month.month - 1]} {month.year}"


def prepared(station: Station, month: date, at: datetime) -> str:
    """Line of the Bureau's heading with time of writing and product code; `at` is aware."""
    at = at.astimezone(UTC)
    day = f"{WEEKDAY_NAMES[at.weekday()]} {at.day:2} {MONTH_NAMES[at.month - 1]} {at.year}"
    return f"Prepared at {at:%H:%M} UTC on {day}   {station.product}.{month:%Y%m}"

"""The Bureau's monthly web page of daily weather observations: the fallback where the CSV is not there.

One table. The day of the month stands in `<th class="rb">`, the weekday and 20 values in cells after it. A
missing value is `&nbsp;`, a calm wind is one cell across direction and speed. Rows of statistics follow the
days.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup, Tag

from meteo_core.parameters import NUMBERS, PARAMETERS
from meteo_core.sources.bureau_cells import BUREAU_PARAMETERS, CALM, cell_texts, observations_of_month
from meteo_core.sources.bureau_csv import prepared, title
from meteo_core.sources.bureau_document import WEEKDAY_NAMES, decode, find_month_of_station
from meteo_core.sources.protocol import MalformedDocument, SourceBlocked, SourceUnavailable
from meteo_core.stations import Station

_HEADING_MARK = re.compile(r"Prepared at \d{1,2}:\d\d", re.ASCII)
_STATISTICS: Final = ("Mean", "Lowest", "Highest", "Total")
_OUTER_COLUMNS: Final = ("Rain", "Evap", "Sun")
_INNER_COLUMNS: Final = (
    *("Min", "Max", "Dir", "Spd", "Time"),
    *("Temp", "RH", "Cld", "Dir", "Spd", "MSLP"),
    *("Temp", "RH", "Cld", "Dir", "Spd", "MSLP"),
)
_CELLS: Final = 1 + len(BUREAU_PARAMETERS)  # weekday and values


def read_bureau_html(
    content: bytes, *, origin: str, station: Station | None = None, month: date | None = None
) -> pd.DataFrame:
    """Observations of a monthly page in the form of `Delivery.observations`, sorted by date.

    `station` and `month` (any day of it) say what is expected; the product code on the page must agree.
    Raises `MalformedDocument` for anything that does not keep to the format, `SourceUnavailable` for an
    empty body, `SourceBlocked` for a page that does not look like one of daily weather observations.
    """
    key = station.station if station else None
    if not content.strip():
        raise SourceUnavailable(origin, "the document is empty", station=key)
    page = BeautifulSoup(decode(content), "html.parser")
    text = page.get_text(" ")
    if not _HEADING_MARK.search(text):
        raise SourceBlocked(origin, "another web page came in place of the observations", station=key)
    holds = find_month_of_station(text, origin=origin, station=station, month=month)

    def refusal(reason: object) -> MalformedDocument:
        return MalformedDocument(origin, str(reason), station=holds.station.station)

    days: list[int] = []
    rows: list[list[str]] = []
    try:
        for row in _table(page).find_all("tr"):
            day = _day(row, holds.month)
            if day is not None:
                days.append(day)
                rows.append(_cells(row, day, holds.month))
    except ValueError as error:
        raise refusal(error) from error

    columns = list(zip(*rows, strict=True)) if rows else [()] * len(BUREAU_PARAMETERS)
    texts = dict(zip(BUREAU_PARAMETERS, columns, strict=True))
    return observations_of_month(holds, days, texts, origin=origin, lines=None)


def _table(page: BeautifulSoup) -> Tag:
    for table in page.find_all("table"):
        labels = [label.get_text(" ", strip=True) for label in table.find_all("th")]
        inner = tuple(label for label in labels if label in _INNER_COLUMNS)
        outer = tuple(label for label in labels if label in _OUTER_COLUMNS)
        if inner == _INNER_COLUMNS and outer == _OUTER_COLUMNS:
            return table
    raise ValueError("no table with the columns of daily weather observations")


def _day(row: Tag, month: date) -> int | None:
    """Day of the month, None for rows of column names and statistics."""
    first = row.find(True, recursive=False)
    label = first.get_text(" ", strip=True) if isinstance(first, Tag) else ""
    values = row.find_all("td", recursive=False)
    if label.isdigit() and len(values) > 1:
        day = int(label)
        if not 1 <= day <= monthrange(month.year, month.month)[1]:
            raise ValueError(f"there is no day {label} in {month:%Y-%m}")
        return day
    if len(values) > 1 and label not in _STATISTICS:
        raise ValueError(f"a row of values begins with {label[:40]!r}, which is not a day")
    return None


def _cells(row: Tag, day: int, month: date) -> list[str]:
    texts: list[str] = []
    for cell in row.find_all("td", recursive=False):
        text = cell.get_text().replace("\xa0", " ").strip()
        span = str(cell.get("colspan", "1"))
        if span == "2" and text in {CALM, ""}:
            texts += ["", text]
        elif span == "1":
            texts.append(text)
        else:
            raise ValueError(f"day {day}: {text[:40]!r} stands across {span[:10]} columns")
    if len(texts) != _CELLS:
        raise ValueError(f"day {day}: {len(texts)} cells, not {_CELLS}")

    weekday, *values = texts
    expected = WEEKDAY_NAMES[month.replace(day=day).weekday()][:2]
    if weekday != expected:
        raise ValueError(f"day {day} is called {weekday[:10]!r}, but was {expected!r} in {month:%Y-%m}")
    return values


def write_bureau_html(
    observations: pd.DataFrame,
    *,
    station: Station,
    month: date,
    prepared_at: datetime,
    notes: Sequence[str],
) -> bytes:
    """A monthly page of these rows of one station and month, in UTF-8; `prepared_at` is aware."""
    columns = cell_texts(observations)
    days = [day.date() for day in observations["date"]]
    days_html = "\n".join(
        _row_html(str(day.day), WEEKDAY_NAMES[day.weekday()][:2], dict(zip(columns, values, strict=True)))
        for day, values in zip(days, zip(*columns.values(), strict=True), strict=True)
    )
    note_html = "\n".join(f"<p>{escape(note)}</p>" for note in notes)
    heading = escape(title(station, month))
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{heading}</title></head>
<body>
<h1>{heading}</h1>
<table class="data">
{_HEAD_HTML}
<tbody>
{days_html}
</tbody>
<tbody>
<tr><th colspan="22">Statistics for the days above</th></tr>
{_statistics_html(observations)}
</tbody>
</table>
<p class="p-id">{escape(prepared(station, month, prepared_at))}</p>
{note_html}
<p><a href="../text/{station.product}.{month:%Y%m}.csv">Plain text version</a></p>
</body>
</html>
""".encode()


_HEAD_HTML: Final = """<thead>
<tr><th rowspan="2">Date</th><th rowspan="2">Day</th><th colspan="2">Temps</th><th rowspan="2">Rain</th>\
<th rowspan="2">Evap</th><th rowspan="2">Sun</th><th colspan="3">Max wind gust</th><th colspan="6">9am</th>\
<th colspan="6">3pm</th></tr>
<tr><th>Min</th><th>Max</th><th>Dir</th><th>Spd</th><th>Time</th>\
<th>Temp</th><th>RH</th><th>Cld</th><th>Dir</th><th>Spd</th><th>MSLP</th>\
<th>Temp</th><th>RH</th><th>Cld</th><th>Dir</th><th>Spd</th><th>MSLP</th></tr>
</thead>"""


def _row_html(label: str, weekday: str, texts: dict[str, str]) -> str:
    cells = [f"<td>{weekday}</td>"]
    for text in texts.values():
        if text == CALM:
            cells[-1] = f'<td colspan="2">{CALM}</td>'
        else:
            cells.append(f"<td>{escape(text.strip()) or '&nbsp;'}</td>")
    return f'<tr><th class="rb">{label}</th>{"".join(cells)}</tr>'


def _statistics_html(observations: pd.DataFrame) -> str:
    numbers = observations[list(NUMBERS)]
    by_label = {
        "Mean": numbers.mean(),
        "Lowest": numbers.min(),
        "Highest": numbers.max(),
        "Total": numbers[["rainfall", "evaporation"]].sum(min_count=1),
    }
    return "\n".join(
        _row_html(label, "&nbsp;", {name: _statistic(values, name) for name in BUREAU_PARAMETERS})
        for label, values in by_label.items()
    )


def _statistic(values: pd.Series, name: str) -> str:
    if name not in NUMBERS:
        return "#"
    value = values.get(name, np.nan)
    return "" if pd.isna(value) else f"{value:.{PARAMETERS[name].decimals}f}"

"""The web page of a month, as it comes and as it must not come."""

import numpy as np
import pandas as pd
import pytest

from meteo_core.sources.bureau_html import read_bureau_html, write_bureau_html
from meteo_core.sources.protocol import MalformedDocument, SourceBlocked, SourceUnavailable
from meteo_core.stations import find_station

from .builders import MAY_2024, MELBOURNE, PREPARED_AT, observations

# Two days and the statistics, cell by cell as the Bureau's page has them.
PAGE = """<html><body><h1>Melbourne, Victoria<br>May 2024 Daily Weather Observations</h1>
<table class="data"><thead>
<tr><th rowspan="2">Date</th><th rowspan="2">Day</th><th colspan="2">Temps</th><th>Rain</th><th>Evap</th>
<th>Sun</th><th colspan="3">Max wind gust</th><th colspan="6">9am</th><th colspan="6">3pm</th></tr>
<tr><th>Min</th><th>Max</th><th>Dir</th><th>Spd</th><th>Time</th>
<th>Temp</th><th>RH</th><th>Cld</th><th>Dir</th><th>Spd</th><th>MSLP</th>
<th>Temp</th><th>RH</th><th>Cld</th><th>Dir</th><th>Spd</th><th>MSLP</th></tr>
</thead><tbody>
<tr><th class="rb">4</th><td>Sa</td><td>5.9</td><td>16.4</td><td>0</td><td>2.0</td><td>3.1</td><td>NNE</td>\
<td>15</td><td>13:15</td><td>8.5</td><td>100</td><td>7</td><td>NNE</td><td>7</td><td>1027.1</td><td>16.2</td>\
<td>63</td><td>7</td><td colspan="2">Calm</td><td>1024.5</td></tr>
<tr><th class="rb">5</th><td>Su</td><td>8.4</td><td>&nbsp;</td><td>&nbsp;</td><td>1.0</td><td>&nbsp;</td>\
<td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td><td>12.0</td><td>93</td><td>7</td><td colspan="2">Calm</td>\
<td>1027.1</td><td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td><td>&nbsp;</td></tr>
</tbody><tbody>
<tr><th colspan="22">Statistics for the first 5 days of May 2024</th></tr>
<tr><th class="rb">Mean</th><td>&nbsp;</td><td>7.1</td><td>16.4</td><td>&nbsp;</td><td>1.5</td><td>3.1</td>\
<td>#</td><td>15</td><td>#</td><td>10.2</td><td>96</td><td>7</td><td>#</td><td>3</td><td>1027.1</td>\
<td>16.2</td><td>63</td><td>7</td><td>#</td><td>0</td><td>1024.5</td></tr>
</tbody></table>
<p>IDCJDW3050.202405 &nbsp; Prepared at 05:36 UTC on Sunday 5 May 2024</p>
<p><a href="/climate/dwo/202404/html/IDCJDW3050.202404.shtml">April 2024</a></p></body></html>
"""


def refusal(page: str) -> str:
    with pytest.raises(MalformedDocument) as raised:
        read_bureau_html(page.encode(), origin="a test")
    return raised.value.reason


def test_days_are_read_and_statistics_are_not() -> None:
    page = PAGE.encode()

    days = read_bureau_html(page, origin="a test", station=MELBOURNE, month=MAY_2024)

    assert days["date"].tolist() == [pd.Timestamp("2024-05-04"), pd.Timestamp("2024-05-05")]
    assert days["min_temp"].tolist() == [5.9, 8.4]
    assert days["pressure_3pm"].iloc[0] == 1024.5
    assert days["wind_gust_time"].tolist() == ["13:15", None]


def test_a_calm_across_two_columns_shifts_nothing() -> None:
    page = PAGE.encode()

    second = read_bureau_html(page, origin="a test").iloc[1]

    assert second["wind_speed_9am"] == 0.0
    assert second["wind_dir_9am"] is None
    assert second["pressure_9am"] == 1027.1
    assert np.isnan(second["temp_3pm"])


def test_blank_cells_are_missing_and_never_dry() -> None:
    page = PAGE.encode()

    rainfall = read_bureau_html(page, origin="a test")["rainfall"]

    assert rainfall.iloc[0] == 0.0
    assert np.isnan(rainfall.iloc[1])


@pytest.mark.parametrize(
    ("text", "other", "reason"),
    [
        ("<td>8.4</td>", "", "day 5: 20 cells, not 21"),
        ("<td>8.4</td>", "<td>8.4</td><td>1</td>", "day 5: 22 cells, not 21"),
        ("<td>8.4</td>", "<td>eight</td>", "Minimum temperature (°C) reads 'eight', which is not a number"),
        ("<td>Su</td>", "<td>Mo</td>", "day 5 is called 'Mo', but was 'Su' in 2024-05"),
        ('rb">5<', 'rb">32<', "there is no day 32 in 2024-05"),
        ('rb">Mean<', 'rb">Other<', "a row of values begins with 'Other', which is not a day"),
        (
            "<th>Min</th><th>Max</th>",
            "<th>Max</th><th>Min</th>",
            "no table with the columns of daily weather",
        ),
        ("IDCJDW3050.202405", "IDCJDW", "no product code"),
    ],
)
def test_a_page_that_departs_from_the_form_is_refused(text: str, other: str, reason: str) -> None:
    page = PAGE.replace(text, other, 1)

    assert reason in refusal(page)


def test_a_day_twice_with_other_values_is_refused() -> None:
    first = PAGE[PAGE.index('<tr><th class="rb">4') : PAGE.index('<tr><th class="rb">5')]
    page = PAGE.replace(first, first + first.replace("5.9", "6.9"))

    assert refusal(page) == "day 4 is there twice with different values"


def test_a_page_of_another_station_is_refused() -> None:
    with pytest.raises(MalformedDocument, match="other station in it"):
        read_bureau_html(PAGE.encode(), origin="a test", station=find_station("Sydney"))


def test_another_page_is_a_refusal_by_the_site() -> None:
    with pytest.raises(SourceBlocked, match="another web page"):
        read_bureau_html(b"<html><body>Are you a robot?</body></html>", origin="a test")


def test_an_empty_page_says_that_the_source_is_unavailable() -> None:
    with pytest.raises(SourceUnavailable, match="empty"):
        read_bureau_html(b" ", origin="a test")


def test_notes_cannot_break_the_page() -> None:
    day = observations(["2024-05-04"], rainfall=[1.2])

    page = write_bureau_html(
        day, station=MELBOURNE, month=MAY_2024, prepared_at=PREPARED_AT, notes=["</body><script>"]
    )

    assert b"<script>" not in page

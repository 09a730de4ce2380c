"""The simulated site: real HTTP, and what is published by what hour."""

import http.client
from collections.abc import Iterator
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from meteo_core.parameters import PARAMETERS, KnownAt
from meteo_core.sources.bureau_csv import read_bureau_csv
from meteo_core.sources.simulator.site import AddressInUse, BureauSite
from meteo_core.sources.simulator.weather import WeatherGenerator
from meteo_core.stations import find_station, stations

MELBOURNE_JUNE = "/climate/dwo/202406/text/IDCJDW3050.202406.csv"


class Clock:
    """A clock that stands where it is put, in station time of Melbourne."""

    def __init__(self) -> None:
        self.put("2024-06-20 12:00")

    def put(self, station_time: str) -> None:
        zone = find_station("Melbourne").zone
        self.now = datetime.fromisoformat(station_time).replace(tzinfo=zone).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def connection(clock: Clock) -> Iterator[http.client.HTTPConnection]:
    """One kept connection for all tests."""
    with BureauSite(seed=9, now=clock) as site:
        connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=10)
        yield connection
        connection.close()


def ask(
    connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    return response, response.read()


def june(connection: http.client.HTTPConnection) -> pd.DataFrame:
    _, content = ask(connection, MELBOURNE_JUNE)
    return read_bureau_csv(content, origin="a test")


def last_day(days: pd.DataFrame) -> pd.Series:
    return days.iloc[-1]


def known(row: pd.Series, at: KnownAt) -> int:
    return sum(not pd.isna(row[name]) for name, p in PARAMETERS.items() if p.known_at is at)


def test_the_index_links_every_station(connection: http.client.HTTPConnection) -> None:
    response, content = ask(connection, "/")

    assert response.status == 200
    assert content.count(b".latest.shtml") == len(stations())


def test_the_latest_page_is_that_of_this_month(connection: http.client.HTTPConnection, clock: Clock) -> None:
    clock.put("2024-06-20 12:00")

    _, latest = ask(connection, "/climate/dwo/IDCJDW3050.latest.shtml")
    _, of_month = ask(connection, "/climate/dwo/202406/html/IDCJDW3050.202406.shtml")

    assert latest == of_month


@pytest.mark.parametrize(
    "path",
    [
        "/climate/dwo/202407/text/IDCJDW3050.202407.csv",
        "/climate/dwo/202406/text/IDCJDW9999.202406.csv",
        "/climate/dwo/202413/text/IDCJDW3050.202413.csv",
        "/climate/dwo/202406/text/IDCJDW3050.202405.csv",
        "/climate/dwo/202406/text/IDCJDW3050.202406.shtml",
        "/climate/dwo/189912/text/IDCJDW3050.189912.csv",
        "/climate/dwo/IDCJDW9999.latest.shtml",
        "/etc/passwd",
    ],
    ids=["future", "product", "month 13", "other month", "other kind", "too early", "latest", "elsewhere"],
)
def test_what_is_not_there_is_404(connection: http.client.HTTPConnection, clock: Clock, path: str) -> None:
    clock.put("2024-06-20 12:00")

    response, _ = ask(connection, path)

    assert response.status == 404


def test_a_whole_month_is_the_generators(connection: http.client.HTTPConnection, clock: Clock) -> None:
    clock.put("2024-06-20 12:00")
    weather = WeatherGenerator(seed=9).days(date(2024, 5, 1), date(2024, 5, 31))

    response, content = ask(connection, MELBOURNE_JUNE.replace("202406", "202405"))

    assert response.headers["Content-Type"] == "text/csv; charset=ISO-8859-1"
    pd.testing.assert_frame_equal(
        read_bureau_csv(content, origin="a test"),
        weather[weather["station"] == "Melbourne"].reset_index(drop=True),
    )


def test_the_file_says_that_it_is_simulated_and_claims_no_copyright(
    connection: http.client.HTTPConnection,
) -> None:
    _, content = ask(connection, MELBOURNE_JUNE)

    heading = content[: content.index(b',"Date"')]

    assert b"Simulated by Meteo; not a product of the Bureau" in heading
    assert b"Copyright" not in heading


@pytest.mark.parametrize(
    ("station_time", "day", "stages"),
    [
        ("2024-06-20 08:59", 19, {KnownAt.NINE_AM, KnownAt.THREE_PM, KnownAt.MIDNIGHT}),
        ("2024-06-20 09:00", 20, {KnownAt.NINE_AM}),
        ("2024-06-20 14:59", 20, {KnownAt.NINE_AM}),
        ("2024-06-20 15:00", 20, {KnownAt.NINE_AM, KnownAt.THREE_PM}),
        ("2024-06-20 23:59", 20, {KnownAt.NINE_AM, KnownAt.THREE_PM}),
        ("2024-06-21 00:00", 20, {KnownAt.NINE_AM, KnownAt.THREE_PM, KnownAt.MIDNIGHT}),
    ],
)
def test_a_day_is_published_as_far_as_it_has_come(
    connection: http.client.HTTPConnection, clock: Clock, station_time: str, day: int, stages: set[KnownAt]
) -> None:
    clock.put(station_time)

    row = last_day(june(connection))

    assert row["date"].day == day
    assert {stage for stage in KnownAt if known(row, stage)} == stages


def test_the_first_of_a_month_has_column_names_and_no_days_before_nine(
    connection: http.client.HTTPConnection, clock: Clock
) -> None:
    clock.put("2024-06-01 08:00")

    days = june(connection)

    assert len(days) == 0


def test_the_last_day_is_complete_when_the_next_month_begins(
    connection: http.client.HTTPConnection, clock: Clock
) -> None:
    clock.put("2024-07-01 00:00")

    days = june(connection)

    assert len(days) == 30
    assert known(last_day(days), KnownAt.MIDNIGHT) > 0


def test_a_value_once_published_stays(connection: http.client.HTTPConnection, clock: Clock) -> None:
    clock.put("2024-06-20 09:30")
    morning = june(connection)
    clock.put("2024-06-25 09:30")

    later = june(connection).iloc[: len(morning)]

    assert (morning.isna() | morning.eq(later)).all(axis=None)


def test_an_unchanged_document_answers_304(connection: http.client.HTTPConnection, clock: Clock) -> None:
    clock.put("2024-06-20 09:30")
    first, _ = ask(connection, MELBOURNE_JUNE)
    etag = first.headers["ETag"]

    clock.put("2024-06-20 14:30")
    unchanged, nothing = ask(connection, MELBOURNE_JUNE, **{"If-None-Match": etag})
    clock.put("2024-06-20 15:30")
    changed, content = ask(connection, MELBOURNE_JUNE, **{"If-None-Match": etag})

    assert (unchanged.status, nothing) == (304, b"")
    assert changed.status == 200
    assert content


def test_a_head_request_has_the_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    _, content = ask(connection, MELBOURNE_JUNE)

    head, nothing = ask(connection, MELBOURNE_JUNE, method="HEAD")

    assert int(head.headers["Content-Length"]) == len(content)
    assert nothing == b""


def test_station_days_follow_the_stations_own_clock(
    connection: http.client.HTTPConnection, clock: Clock
) -> None:
    clock.put("2024-06-20 09:30")  # 07:30 in Perth

    _, content = ask(connection, "/climate/dwo/202406/text/IDCJDW6111.202406.csv")

    assert last_day(read_bureau_csv(content, origin="a test"))["date"].day == 19


def test_a_taken_port_is_named() -> None:
    with BureauSite(seed=9) as first:
        port = int(first.url.rsplit(":", 1)[1])

        with pytest.raises(AddressInUse, match=f"127.0.0.1:{port} is in use"), BureauSite(seed=9, port=port):
            pass


def test_a_closed_site_has_no_address() -> None:
    site = BureauSite(seed=9)

    with pytest.raises(RuntimeError, match="not open"):
        _ = site.url


def test_gaps_reach_the_documents(connection: http.client.HTTPConnection, clock: Clock) -> None:
    clock.put("2024-07-01 00:00")

    _, content = ask(connection, "/climate/dwo/202406/text/IDCJDW2098.202406.csv")

    assert np.isnan(read_bureau_csv(content, origin="Newcastle")["pressure_9am"]).all()

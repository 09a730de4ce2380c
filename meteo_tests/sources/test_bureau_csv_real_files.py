"""The parser on files byte for byte as the Bureau published them; expected values typed from reading them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from meteo_core.sources.bureau_csv import read_bureau_csv, write_bureau_csv
from meteo_core.sources.bureau_document import station_numbers

from .builders import MELBOURNE, PREPARED_AT, REAL_DATA, WITHOUT_REAL_DATA

pytestmark = pytest.mark.skipif(not (REAL_DATA / "bom_dwo").is_dir(), reason=WITHOUT_REAL_DATA)

MONTHS = ("202306", "202308", "202312", "202405")


def real_file(month: str) -> bytes:
    return (REAL_DATA / "bom_dwo" / f"IDCJDW3050.{month}.csv").read_bytes()


def on(observations: pd.DataFrame, day: str) -> pd.Series:
    return observations.set_index("date").loc[pd.Timestamp(day)]


@pytest.mark.parametrize(("month", "days"), [("202306", 30), ("202308", 31), ("202312", 31), ("202405", 31)])
def test_every_day_of_a_real_month_is_read(month: str, days: int) -> None:
    content = real_file(month)

    observations = read_bureau_csv(content, origin=month, station=MELBOURNE)

    assert len(observations) == days
    assert set(observations["station"]) == {"Melbourne"}
    assert observations["date"].dt.strftime("%Y%m").unique().tolist() == [month]


def test_a_whole_real_line_is_read_value_by_value() -> None:
    content = real_file("202306")

    first = on(read_bureau_csv(content, origin="202306"), "2023-06-01")

    assert first.drop("station").to_dict() == {
        "min_temp": 12.5,
        "max_temp": 14.7,
        "rainfall": 1.4,
        "evaporation": 2.0,
        "sunshine": 5.6,
        "wind_gust_dir": "NNW",
        "wind_gust_speed": 33.0,
        "wind_gust_time": "02:00",
        "temp_9am": 13.5,
        "humidity_9am": 71.0,
        "cloud_9am": 1.0,
        "wind_dir_9am": "WSW",
        "wind_speed_9am": 7.0,
        "pressure_9am": 1018.3,
        "temp_3pm": 13.8,
        "humidity_3pm": 49.0,
        "cloud_3pm": 6.0,
        "wind_dir_3pm": "S",
        "wind_speed_3pm": 9.0,
        "pressure_3pm": 1019.8,
        "rain_today": None,
    }


@pytest.mark.parametrize(
    ("month", "day", "wind"),
    [("202306", "2023-06-03", "9am"), ("202308", "2023-08-27", "9am"), ("202405", "2024-05-04", "3pm")],
)
def test_a_real_calm_is_no_speed_and_no_direction(month: str, day: str, wind: str) -> None:
    content = real_file(month)

    row = on(read_bureau_csv(content, origin=month), day)

    assert row[f"wind_speed_{wind}"] == 0.0
    assert row[f"wind_dir_{wind}"] is None


def test_real_blank_gusts_and_pressures_are_missing() -> None:
    august, december = real_file("202308"), real_file("202312")

    no_gust = on(read_bureau_csv(august, origin="202308"), "2023-08-09")
    no_pressure = on(read_bureau_csv(december, origin="202312"), "2023-12-23")

    assert no_gust["wind_gust_dir"] is None
    assert no_gust["wind_gust_time"] is None
    assert np.isnan(no_gust["wind_gust_speed"])
    assert np.isnan(no_pressure["pressure_3pm"])
    assert no_pressure["pressure_9am"] == 1013.6


def test_the_last_field_of_a_real_file_is_read_though_no_line_end_follows() -> None:
    content = real_file("202405")

    last = on(read_bureau_csv(content, origin="202405"), "2024-05-31")

    assert last["pressure_3pm"] == 1013.1
    assert not content.endswith(b"\n")


@pytest.mark.parametrize("month", MONTHS)
def test_the_days_of_a_real_file_are_written_again_byte_for_byte(month: str) -> None:
    content = real_file(month)
    observations = read_bureau_csv(content, origin=month)

    written = write_bureau_csv(
        observations,
        station=MELBOURNE,
        month=date(int(month[:4]), int(month[4:]), 1),
        prepared_at=PREPARED_AT,
        notes=[],
    )

    assert written[written.index(b',"Date"') :] == content[content.index(b',"Date"') :]


def test_the_heading_is_written_as_in_the_real_file() -> None:
    content = real_file("202405")
    observations = read_bureau_csv(content, origin="202405")

    written = write_bureau_csv(
        observations, station=MELBOURNE, month=date(2024, 5, 1), prepared_at=PREPARED_AT, notes=[]
    )

    assert written.split(b"\r\n")[:2] == content.split(b"\r\n")[:2]


def test_the_numbers_of_the_real_stations_are_found() -> None:
    content = real_file("202308")

    numbers = station_numbers(content)

    assert numbers == ("086338", "086282")

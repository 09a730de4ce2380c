"""The weatherAUS table: read whole and strictly."""

import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from meteo_core.sources.archive import Archive, read_archive
from meteo_core.sources.observations import OBSERVATION_COLUMNS
from meteo_core.sources.protocol import Delivery, MalformedDocument, SourceUnavailable
from meteo_core.stations import find_station, stations

from .builders import REAL_DATA, WITHOUT_REAL_DATA

HEADER = (
    "Date,Location,MinTemp,MaxTemp,Rainfall,Evaporation,Sunshine,WindGustDir,WindGustSpeed,WindDir9am,"
    "WindDir3pm,WindSpeed9am,WindSpeed3pm,Humidity9am,Humidity3pm,Pressure9am,Pressure3pm,Cloud9am,Cloud3pm,"
    "Temp9am,Temp3pm,RainToday,RainTomorrow"
)
ALBURY = (
    "2008-12-01,Albury,13.4,22.9,0.6,NA,NA,W,44.0,W,WNW,20.0,24.0,71.0,22.0,1007.7,1007.1,8.0,NA,"
    "16.9,21.8,No,Yes"
)
PERTH = (
    "2008-12-02,Perth,7.4,25.1,3.0,NA,NA,WNW,44.0,NA,WSW,0.0,22.0,44.0,25.0,1010.6,1007.8,NA,NA,"
    "17.2,24.3,Yes,No"
)
REAL_TABLE = REAL_DATA / "weatherAUS.csv.gz"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def changed(row: str, column: str, text: str) -> str:
    fields = row.split(",")
    fields[HEADER.split(",").index(column)] = text
    return ",".join(fields)


def refusal(content: bytes) -> str:
    with pytest.raises(MalformedDocument) as raised:
        read_archive(content, origin="a test")
    return raised.value.reason


def test_a_row_is_read_value_by_value() -> None:
    content = table(ALBURY)

    observations = read_archive(content, origin="a test")

    assert tuple(observations.columns) == OBSERVATION_COLUMNS
    row = observations.iloc[0].dropna().to_dict()
    assert row == {
        "station": "Albury",
        "date": pd.Timestamp("2008-12-01"),
        "min_temp": 13.4,
        "max_temp": 22.9,
        "rainfall": 0.6,
        "wind_gust_dir": "W",
        "wind_gust_speed": 44.0,
        "wind_dir_9am": "W",
        "wind_dir_3pm": "WNW",
        "wind_speed_9am": 20.0,
        "wind_speed_3pm": 24.0,
        "humidity_9am": 71.0,
        "humidity_3pm": 22.0,
        "pressure_9am": 1007.7,
        "pressure_3pm": 1007.1,
        "cloud_9am": 8.0,
        "temp_9am": 16.9,
        "temp_3pm": 21.8,
        "rain_today": False,
    }


def test_na_is_missing_and_a_calm_has_no_direction() -> None:
    content = table(changed(PERTH, "Rainfall", "NA"), changed(ALBURY, "RainToday", "NA"))

    observations = read_archive(content, origin="a test")

    assert np.isnan(observations["rainfall"].iloc[0])
    assert observations["wind_speed_9am"].iloc[0] == 0.0
    assert observations["wind_dir_9am"].iloc[0] is None
    assert observations["rain_today"].tolist() == [True, None]


def test_the_labels_of_the_table_are_not_read() -> None:
    with_labels = table(ALBURY, PERTH)
    without = table(*(row.rsplit(",", 1)[0] for row in (ALBURY, PERTH)), header=HEADER.rsplit(",", 1)[0])

    one, other = (read_archive(content, origin="a test") for content in (with_labels, without))

    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("MinTemp", "warm", "line 3: MinTemp reads 'warm', which is not a number"),
        ("MinTemp", "inf", "line 3: MinTemp is infinite"),
        ("WindDir3pm", "NORTH", "line 3: WindDir3pm reads 'NORTH', which is not a compass point"),
        ("RainToday", "Maybe", "line 3: RainToday reads 'Maybe', which is not Yes or No"),
        ("Date", "2008-02-30", "line 3: Date reads '2008-02-30', which is not a date YYYY-MM-DD"),
        ("Date", "02/12/2008", "line 3: Date reads '02/12/2008', which is not a date YYYY-MM-DD"),
        ("Date", "NA", "line 3: Date is missing"),
        ("Location", "Pert", "line 3: there is no station 'Pert'; nearest: Perth"),
        ("Location", "NA", "line 3: Location is missing"),
    ],
)
def test_what_cannot_be_read_refuses_the_table_with_its_line(column: str, text: str, reason: str) -> None:
    content = table(ALBURY, changed(PERTH, column, text))

    assert refusal(content).startswith(reason)


def test_a_missing_column_is_refused_by_name() -> None:
    content = table(ALBURY, header=HEADER.replace("Sunshine", "Sun"))

    assert refusal(content) == "line 1: column Sunshine is missing"


@pytest.mark.parametrize("row", [PERTH.rsplit(",", 4)[0], f"{PERTH},1"])
def test_a_row_of_another_length_is_refused(row: str) -> None:
    fields = len(row.split(","))

    assert refusal(table(ALBURY, row)) == f"line 3: {fields} fields, not 23"


def test_a_station_day_twice_with_equal_values_is_given_once() -> None:
    content = table(ALBURY, PERTH, ALBURY)

    observations = read_archive(content, origin="a test")

    assert observations["station"].tolist() == ["Albury", "Perth"]


def test_a_station_day_twice_with_other_values_is_refused() -> None:
    content = table(ALBURY, PERTH, changed(ALBURY, "Rainfall", "9.9"))

    assert refusal(content) == "line 4: Albury is there twice on 2008-12-01, with different values"


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b damaged", gzip.compress(table(ALBURY))[:-20], b"no,table\n"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    assert refusal(content)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_only_days_and_stations_asked_for_are_delivered(tmp_path: Path, pack: type) -> None:
    path = tmp_path / "weatherAUS.csv"
    path.write_bytes(pack(table(ALBURY, PERTH, PERTH.replace("2008-12-02", "2008-12-03"))))

    (document,) = Archive(path).fetch([find_station("Perth")], date(2008, 12, 1), date(2008, 12, 2))

    assert isinstance(document, Delivery)
    assert document.content == path.read_bytes()
    assert document.observations["date"].tolist() == [pd.Timestamp("2008-12-02")]


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    (failure,) = Archive(tmp_path / "nowhere.csv").fetch([], date(2008, 1, 1), date(2009, 1, 1))

    assert isinstance(failure, SourceUnavailable)


def test_the_table_tells_its_first_and_last_day(tmp_path: Path) -> None:
    path = tmp_path / "weatherAUS.csv"
    path.write_bytes(table(PERTH, ALBURY))

    days = Archive(path).days()

    assert days == (date(2008, 12, 1), date(2008, 12, 2))


def test_a_table_without_rows_has_no_days(tmp_path: Path) -> None:
    path = tmp_path / "weatherAUS.csv"
    path.write_bytes(table())

    with pytest.raises(MalformedDocument, match="holds no days"):
        Archive(path).days()


@pytest.mark.skipif(not REAL_TABLE.is_file(), reason=WITHOUT_REAL_DATA)
def test_the_whole_real_table_is_read() -> None:
    archive = Archive(REAL_TABLE)

    (document,) = archive.fetch(list(stations().values()), date(1900, 1, 1), date(2100, 1, 1))

    assert isinstance(document, Delivery)
    assert len(document.observations) == 127_821
    assert document.observations["station"].nunique() == 49
    assert document.observations["date"].max() == pd.Timestamp("2016-06-30")

"""The parser on files that are odd, and on files that are broken."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from meteo_core.sources.bureau_csv import read_bureau_csv
from meteo_core.sources.observations import OBSERVATION_COLUMNS
from meteo_core.sources.protocol import MalformedDocument, SourceBlocked, SourceUnavailable
from meteo_core.stations import find_station

from .builders import (
    COLUMN_NAMES,
    FIRST_OF_MAY,
    HEADING,
    MAY_2024,
    MELBOURNE,
    SECOND_OF_MAY,
    day_line,
    month_file,
)


def read(content: bytes) -> pd.DataFrame:
    return read_bureau_csv(content, origin="a test", station=MELBOURNE, month=MAY_2024)


def refusal(content: bytes) -> MalformedDocument:
    with pytest.raises(MalformedDocument) as raised:
        read(content)
    return raised.value


def test_columns_and_types_are_those_of_a_delivery() -> None:
    content = month_file(FIRST_OF_MAY)

    observations = read(content)

    assert tuple(observations.columns) == OBSERVATION_COLUMNS
    assert observations["date"].dtype == "datetime64[ns]"
    assert observations["rainfall"].dtype == "float64"
    assert observations["wind_dir_9am"].dtype == object
    assert observations["rain_today"].tolist() == [None]


@pytest.mark.fault("source: UTF-8 for Latin-1, other line ends", "read the same")
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_line_ends_and_encoding_do_not_change_what_is_read(line_end: str, encoding: str) -> None:
    content = month_file(FIRST_OF_MAY, SECOND_OF_MAY, line_end=line_end, encoding=encoding)

    observations = read(content)

    assert observations["min_temp"].tolist() == [8.2, 8.3]
    assert observations["temp_3pm"].tolist() == [18.3, 16.2]


@pytest.mark.fault("source: longer preamble", "read")
def test_a_heading_may_be_long_and_hold_inner_quotes() -> None:
    heading = (*HEADING[:2], '"The "official" Adelaide site, since 2017"', *['"More, and more"'] * 20, "")

    observations = read(month_file(FIRST_OF_MAY, heading=heading))

    assert observations["rainfall"].tolist() == [0.2]


def test_a_heading_may_say_gmt() -> None:
    heading = [line.replace("UTC", "GMT") for line in HEADING]

    observations = read(month_file(FIRST_OF_MAY, heading=heading))

    assert len(observations) == 1


def test_the_product_code_tells_the_station() -> None:
    content = month_file(FIRST_OF_MAY)

    observations = read_bureau_csv(content, origin="a test")

    assert observations["station"].tolist() == ["Melbourne"]


@pytest.mark.fault("source: reordered columns", "read by name")
def test_columns_are_found_by_name_in_any_order() -> None:
    def reorder(line: str) -> str:
        first, *others = line.split(",")
        return ",".join([first, others[0], *reversed(others[1:])])

    observations = read(month_file(reorder(FIRST_OF_MAY), column_names=reorder(COLUMN_NAMES)))

    pd.testing.assert_frame_equal(observations, read(month_file(FIRST_OF_MAY)))


@pytest.mark.fault("source: added column", "read")
def test_a_further_column_does_no_harm() -> None:
    content = month_file(f'{FIRST_OF_MAY},"a, b"', column_names=f'{COLUMN_NAMES},"UV index"')

    observations = read(content)

    pd.testing.assert_frame_equal(observations, read(month_file(FIRST_OF_MAY)))


@pytest.mark.fault("source: renamed column", "document refused, column named")
@pytest.mark.parametrize("name", ["Rainfall (mm)", "9am Temperature (°C)", "Date"])
def test_a_renamed_column_is_refused_by_name(name: str) -> None:
    column_names = COLUMN_NAMES.replace(f'"{name}"', '"Something"', 1)

    if name == "Date":
        # Without its mark the line of column names is not found at all.
        assert (
            "no line of column names" in refusal(month_file(FIRST_OF_MAY, column_names=column_names)).reason
        )
    else:
        failure = refusal(month_file(FIRST_OF_MAY, column_names=column_names))
        assert failure.reason == f"line 5: column '{name}' is missing; not known: 'Something'"


@pytest.mark.fault("source: missing column", "document refused, column named")
def test_a_missing_column_is_refused_by_name() -> None:
    def without_rain(line: str) -> str:
        fields = line.split(",")
        return ",".join(fields[:4] + fields[5:])

    failure = refusal(month_file(without_rain(FIRST_OF_MAY), column_names=without_rain(COLUMN_NAMES)))

    assert "'Rainfall (mm)' is missing" in failure.reason


@pytest.mark.fault("source: mangled degree signs", "document refused, nothing read as missing")
def test_mangled_degree_signs_are_refused_not_read_as_empty_temperatures() -> None:
    twice_encoded = month_file(FIRST_OF_MAY).decode("latin-1").replace("°", "Â°").encode("utf-8")

    failure = refusal(twice_encoded)

    assert "'Minimum temperature (°C)'" in failure.reason


def test_a_blank_is_missing_and_never_zero() -> None:
    content = month_file(day_line(rainfall="", sunshine=" ", wind_gust_dir="", wind_gust_time=""))

    row = read(content).iloc[0]

    assert np.isnan(row["rainfall"])
    assert np.isnan(row["sunshine"])
    assert row["wind_gust_dir"] is None
    assert row["wind_gust_time"] is None


@pytest.mark.parametrize("direction", [" ", "N"])
def test_calm_is_speed_zero_without_direction(direction: str) -> None:
    content = month_file(day_line(wind_dir_9am=direction, wind_speed_9am="Calm"))

    row = read(content).iloc[0]

    assert row["wind_speed_9am"] == 0.0
    assert row["wind_dir_9am"] is None


def test_a_blank_direction_with_a_speed_is_a_missing_direction() -> None:
    content = month_file(day_line(wind_dir_3pm=" ", wind_speed_3pm="13"))

    row = read(content).iloc[0]

    assert row["wind_speed_3pm"] == 13.0
    assert row["wind_dir_3pm"] is None


@pytest.mark.fault("source: first of the month", "no rows, no error")
def test_a_file_with_column_names_and_no_days_has_no_rows() -> None:
    content = month_file()

    observations = read(content)

    assert len(observations) == 0
    assert tuple(observations.columns) == OBSERVATION_COLUMNS
    assert observations["date"].dtype == "datetime64[ns]"
    assert observations["min_temp"].dtype == "float64"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rainfall": "#"}, "Rainfall (mm) reads '#', which is not a number"),
        ({"rainfall": "1e3"}, "Rainfall (mm) reads '1e3', which is not a number"),
        ({"rainfall": "nan"}, "Rainfall (mm) reads 'nan', which is not a number"),
        ({"rainfall": "1_0"}, "Rainfall (mm) reads '1_0', which is not a number"),
        ({"rainfall": "Calm"}, "Rainfall (mm) reads 'Calm', which is not a number"),
        ({"wind_dir_9am": "NORTH"}, "9am wind direction reads 'NORTH', which is not a compass point"),
        ({"wind_dir_9am": "n"}, "9am wind direction reads 'n', which is not a compass point"),
        ({"wind_gust_time": "25:00"}, "Time of maximum wind gust reads '25:00', which is not a time HH:MM"),
        ({"date": "2024-06-1"}, "2024-06-1 is not in 2024-05"),
        ({"date": "2024-05-32"}, "there is no 2024-05-32"),
        ({"date": "1 May"}, "Date reads '1 May', which is not a date YYYY-MM-D"),
    ],
)
def test_what_cannot_be_read_refuses_the_file_with_its_line(changes: dict[str, str], reason: str) -> None:
    content = month_file(SECOND_OF_MAY, day_line(**changes))

    failure = refusal(content)

    assert failure.reason == f"line 7: {reason}"
    assert failure.line == 7
    assert failure.station == "Melbourne"


def test_the_thirtieth_of_february_is_refused() -> None:
    heading = [line.replace("202405", "202402") for line in HEADING]
    content = month_file(day_line(date="2024-02-30"), heading=heading)

    with pytest.raises(MalformedDocument, match="there is no 2024-02-30"):
        read_bureau_csv(content, origin="a test")


@pytest.mark.fault("source: leap day", "read")
def test_the_twenty_ninth_of_february_is_read_in_a_leap_year() -> None:
    heading = [line.replace("202405", "202402") for line in HEADING]
    content = month_file(day_line(date="2024-02-29"), heading=heading)

    observations = read_bureau_csv(content, origin="a test")

    assert observations["date"].tolist() == [pd.Timestamp("2024-02-29")]


@pytest.mark.parametrize("fields", [1, 5, 21])
def test_a_file_cut_within_a_line_is_refused(fields: int) -> None:
    cut = ",".join(SECOND_OF_MAY.split(",")[:fields])

    failure = refusal(month_file(FIRST_OF_MAY, cut or ","))

    assert failure.line == 7 or fields == 1


@pytest.mark.fault("source: truncated CSV", "refused, or whole days only; no value changed")
def test_no_cut_of_a_file_changes_a_value() -> None:
    content = month_file(FIRST_OF_MAY, SECOND_OF_MAY)
    whole = read(content)
    read_though_cut = []

    for length in range(1, len(content)):
        try:
            observations = read(content[:length])
        except MalformedDocument:
            continue
        read_though_cut.append(length)
        same = observations.isna() | observations.eq(whole.iloc[: len(observations)])
        assert same.all(axis=None)

    # At and in the line end before each of the two days, and before the last field of each.
    assert len(read_though_cut) == 3 + 1 + 3 + 1


def test_too_many_fields_are_refused() -> None:
    failure = refusal(month_file(f"{FIRST_OF_MAY},"))

    assert failure.reason == "line 6: 23 fields, not 22"


def test_the_same_day_twice_with_equal_values_is_given_once() -> None:
    content = month_file(SECOND_OF_MAY, FIRST_OF_MAY, SECOND_OF_MAY)

    observations = read(content)

    assert observations["date"].dt.day.tolist() == [1, 2]


@pytest.mark.fault("source: conflicting duplicate", "document refused")
def test_the_same_day_twice_with_other_values_is_refused() -> None:
    content = month_file(FIRST_OF_MAY, SECOND_OF_MAY, day_line(rainfall="9.9"))

    failure = refusal(content)

    assert failure.reason == "line 8: day 1 is there twice with different values"


@pytest.mark.fault("source: another station in the file", "document refused")
def test_a_file_of_another_station_is_refused() -> None:
    content = month_file(FIRST_OF_MAY)

    with pytest.raises(MalformedDocument, match="other station in it: IDCJDW3050, not IDCJDW2124 of Sydney"):
        read_bureau_csv(content, origin="a test", station=find_station("Sydney"))


def test_a_file_of_another_month_is_refused() -> None:
    content = month_file(FIRST_OF_MAY)

    with pytest.raises(MalformedDocument, match="other month in it: 2024-05, not 2024-04"):
        read_bureau_csv(content, origin="a test", month=date(2024, 4, 30))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "no product code"),
        ("IDCJDW9999.202405", "IDCJDW9999 is of no station"),
        ("IDCJDW3050.202413", "there is no month 202413"),
        ("IDCJDW3050.202405 IDCJDW2124.202405", "more than one product code"),
    ],
)
def test_a_heading_without_a_known_station_and_month_is_refused(code: str, reason: str) -> None:
    heading = [line.replace("IDCJDW3050.202405", code) for line in HEADING]

    with pytest.raises(MalformedDocument, match=reason):
        read_bureau_csv(month_file(FIRST_OF_MAY, heading=heading), origin="a test")


@pytest.mark.fault("source: HTML with status 200", "told as a refusal by the site")
@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html>Access denied</html>", b"\r\n <html></html>"])
def test_a_web_page_in_place_of_the_file_is_a_refusal_by_the_site(page: bytes) -> None:
    with pytest.raises(SourceBlocked, match="web page"):
        read(page)


@pytest.mark.fault("source: empty body", "told as unavailable")
@pytest.mark.parametrize("nothing", [b"", b"\r\n\r\n"])
def test_an_empty_file_says_that_the_source_is_unavailable(nothing: bytes) -> None:
    with pytest.raises(SourceUnavailable, match="empty"):
        read(nothing)


@pytest.mark.parametrize("noise", [b"\x00\x01\x02", b"Request Rejected", b'",\r\n,"Date"', b'\xff,"Date\r\n'])
def test_noise_is_refused(noise: bytes) -> None:
    refusal(noise)

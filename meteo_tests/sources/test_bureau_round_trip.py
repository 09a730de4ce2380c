"""What is written is what was read, in both forms of the Bureau's documents."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, WIND_PAIRS, Kind
from meteo_core.sources.bureau_cells import BUREAU_PARAMETERS
from meteo_core.sources.bureau_csv import read_bureau_csv, write_bureau_csv
from meteo_core.sources.bureau_html import read_bureau_html, write_bureau_html
from meteo_core.stations import find_station

from .builders import MAY_2024, MELBOURNE, PREPARED_AT, observations

FORMS = pytest.mark.parametrize(
    ("write", "read"),
    [(write_bureau_csv, read_bureau_csv), (write_bureau_html, read_bureau_html)],
    ids=["csv", "html"],
)


def a_value(name: str) -> st.SearchStrategy:
    parameter = PARAMETERS[name]
    if parameter.kind is Kind.COMPASS:
        return st.none() | st.sampled_from(COMPASS_POINTS)
    if parameter.kind is Kind.CLOCK:
        return st.none() | st.times().map(lambda time: f"{time:%H:%M}")
    scale = 10**parameter.decimals
    low, high = parameter.minimum or 0.0, parameter.maximum or 0.0
    whole = st.integers(round(low * scale), round(high * scale)).map(lambda number: number / scale)
    return st.just(float("nan")) | whole


@st.composite
def a_month(draw: st.DrawFn) -> pd.DataFrame:
    days = sorted(draw(st.sets(st.integers(1, 31), max_size=3)))
    values = {name: [draw(a_value(name)) for _ in days] for name in BUREAU_PARAMETERS}
    return observations([f"2024-05-{day:02}" for day in days], **values)


@FORMS
@settings(max_examples=40, deadline=None)
@given(month=a_month())
def test_what_is_written_is_read_again(write: Callable, read: Callable, month: pd.DataFrame) -> None:
    written = write(month, station=MELBOURNE, month=MAY_2024, prepared_at=PREPARED_AT, notes=["A note"])

    again = read(written, origin="a test", station=MELBOURNE, month=MAY_2024)

    pd.testing.assert_frame_equal(again, month)


@FORMS
def test_a_calm_keeps_to_the_bureaus_way_of_writing(write: Callable, read: Callable) -> None:
    calm = observations(["2024-05-04"], wind_speed_3pm=[0.0])

    written = write(calm, station=MELBOURNE, month=MAY_2024, prepared_at=PREPARED_AT, notes=[])

    assert b", ,Calm," in written or b'<td colspan="2">Calm</td>' in written
    assert read(written, origin="a test")["wind_speed_3pm"].tolist() == [0.0]


def test_numbers_are_written_with_the_bureaus_decimals() -> None:
    day = observations(
        ["2024-05-04"], rainfall=[0.0], evaporation=[0.0], min_temp=[-0.04], humidity_9am=[100.0]
    )

    written = write_bureau_csv(day, station=MELBOURNE, month=MAY_2024, prepared_at=PREPARED_AT, notes=[])

    assert written.split(b"\r\n")[-1] == b",2024-05-4,0.0,,0,0.0,,,,,,100,,,,,,,,,,"


def test_days_of_another_month_are_not_written() -> None:
    days = observations(["2024-05-31", "2024-06-01"])

    with pytest.raises(ValueError, match="other stations or months"):
        write_bureau_csv(days, station=MELBOURNE, month=MAY_2024, prepared_at=PREPARED_AT, notes=[])


def test_the_heading_names_place_month_and_product() -> None:
    station = find_station("Tuggeranong")

    written = write_bureau_csv(
        observations([]),
        station=station,
        month=date(2026, 2, 1),
        prepared_at=PREPARED_AT,
        notes=["Simulated"],
    )

    assert written.decode("latin-1").split("\r\n")[:4] == [
        '"Daily Weather Observations for Tuggeranong, Australian Capital Territory for February 2026"',
        '"Prepared at 13:03 UTC on Friday  7 June 2024   IDCJDW2802.202602"',
        '"Simulated"',
        "",
    ]


def test_every_wind_has_its_direction_before_its_speed_in_a_document() -> None:
    positions = {name: at for at, name in enumerate(BUREAU_PARAMETERS)}

    gaps = [positions[speed] - positions[direction] for speed, direction in WIND_PAIRS.values()]

    assert gaps == [1, 1, 1]

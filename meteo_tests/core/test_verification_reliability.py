"""Reliability: the published example of the Finnish forecasts, and cases by hand."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageColor

from meteo_core.verification import calibration_error
from meteo_core.verification.diagrams import BLUE, ORANGE, reliability_diagram, skill_by_station
from meteo_core.verification.reliability import (
    calibration_errors,
    reliability_table,
    unsound_bins,
)
from meteo_core.verification.summary import summarise
from meteo_tests.core.verified import pairs_of

# Probability of precipitation at Tampere in 2003, 24 h ahead, by the Finnish Meteorological Institute:
# forecasts of 0, 0.1 to 1, and how many came true (cawcr.gov.au/projects/verification/POP3/POP3.html).
POP_FORECASTS = [46, 56, 59, 41, 19, 22, 22, 34, 24, 11, 13]
POP_CAME = [1, 1, 5, 5, 4, 8, 6, 16, 16, 8, 11]


@pytest.fixture
def pop() -> tuple[np.ndarray, np.ndarray]:
    chance = np.repeat(np.arange(11) / 10, POP_FORECASTS)
    wet = np.concatenate(
        [
            np.repeat([1.0, 0.0], [came, said - came])
            for said, came in zip(POP_FORECASTS, POP_CAME, strict=True)
        ]
    )
    return wet, chance


def days(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2003-01-01", periods=count)


def test_the_table_counts_and_averages_each_bin(pop):
    wet, chance = pop

    table = reliability_table(days(len(wet)), wet, chance).set_index("bin")

    assert table["count"].tolist() == [*POP_FORECASTS[:9], 11 + 13]
    assert table.loc[7, ["mean_chance", "observed_frequency", "gap"]].tolist() == pytest.approx(
        [0.7, 16 / 34, 16 / 34 - 0.7]
    )
    assert table.loc[9, "mean_chance"] == pytest.approx((11 * 0.9 + 13 * 1.0) / 24)


def test_an_empty_bin_is_not_a_number_and_an_empty_table_neither():
    one = reliability_table(days(1), [1.0], [0.3])
    none = reliability_table(days(0), [], [])

    assert one["count"].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert np.isnan(one["observed_frequency"][0])
    assert len(none) == 10
    assert (none["count"] == 0).all()


def test_a_bin_is_unsound_where_more_than_sampling_is_wrong_with_it():
    came = np.random.default_rng(0).random(2000) < 0.3
    honest = reliability_table(days(2000), came.astype(float), np.full(2000, 0.3))
    boastful = reliability_table(days(2000), came.astype(float), np.full(2000, 0.45))
    seldom = reliability_table(days(40), came[:40].astype(float), np.full(40, 0.95))

    assert unsound_bins(honest).empty
    assert unsound_bins(boastful)["bin"].tolist() == [4]
    assert unsound_bins(seldom).empty


def test_the_error_of_many_groups_is_that_of_each_alone():
    draw = np.random.default_rng(7)
    wet, chance = (draw.random(500) < 0.3).astype(float), draw.random(500).round(2)
    group = draw.integers(0, 6, 500)
    group[:4] = 6  # fewer than the groups of equal size

    errors = calibration_errors(wet, chance, group)

    for number in range(7):
        here = group == number
        order = np.argsort(chance[here], kind="stable")
        parts = np.array_split(order, min(15, here.sum()))
        by_hand = sum(abs((wet[here] - chance[here])[part].sum()) for part in parts) / here.sum()
        assert errors[number] == pytest.approx(by_hand)
    assert calibration_error(wet, chance) == pytest.approx(
        calibration_errors(wet, chance, np.zeros(500, dtype=np.intp))[0]
    )


@pytest.mark.parametrize("rows", [0, 5, 400])
def test_pictures_are_drawn_of_any_number_of_forecasts(rows: int):
    pairs = pairs_of(np.arange(rows) % 3 == 0, np.linspace(0, 1, rows))
    table = reliability_table(pairs["date"], pairs["outcome"].to_numpy(float), pairs["chance"])

    pictures = [
        reliability_diagram(table, title="Evening, more than 1 mm"),
        skill_by_station(summarise(pairs, ["station"]), title="Evening, more than 1 mm"),
    ]

    for picture in pictures:
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 20_000  # kept with every check that shows it


def test_stations_without_sure_skill_are_drawn_in_the_colour_that_the_caption_names():
    draw = np.random.default_rng(0)
    chance = draw.random(1960)
    wet = draw.random(1960) < chance
    wet[:40] = draw.random(40) < 0.5  # one station of 49 whose chances say nothing
    station = np.repeat([f"S{number:02}" for number in range(49)], 40)
    pairs = pairs_of(wet, chance, station=station, date=np.tile(days(40), 49))

    picture = Image.open(BytesIO(skill_by_station(summarise(pairs, ["station"]), title="Evening")))

    shades = np.asarray(picture.convert("RGB"), int).reshape(-1, 3)
    for colour in (BLUE, ORANGE):
        assert np.abs(shades - ImageColor.getrgb(colour)).max(axis=1).min() < 10

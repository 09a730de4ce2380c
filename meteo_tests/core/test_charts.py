"""Charts: they say the numbers they are given, by day and night, and bear having none."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from meteo_core.charts import Theme, Width, drift_chart, reliability_chart, skill_chart
from meteo_core.drift.skill import expected_scores, judged
from meteo_core.verification.reliability import reliability_table
from meteo_core.verification.rolling import rolling
from meteo_tests.core.verified import held_out, pairs_of

DRIFT = pd.DataFrame(
    {
        "label": ["Rain", "Sunshine"],
        "score": [0.3, np.nan],
        "threshold": [0.2, np.nan],
        "verdict": ["drift", "insufficient data"],
    }
)


def words(svg: bytes) -> list[str]:
    """Text in the picture: it is kept as text."""
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()).strip() for text in texts]


def windows(days: int) -> pd.DataFrame:
    pairs = pairs_of(np.arange(days) % 2, np.full(days, 0.4), climatology=0.5)
    table = judged(rolling(pairs), expected_scores(held_out(summer=0.25, other=0.25)))
    return table[table["window_days"] == 30]


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("width", Width)
def test_every_chart_is_drawn_for_every_reader_the_same_each_time(theme: Theme, width: Width):
    table = reliability_table(pd.date_range("2016-01-01", periods=4), [1, 0, 0, 0], [0.65] * 4)
    for draw, data in ((reliability_chart, table), (skill_chart, windows(60)), (drift_chart, DRIFT)):
        assert draw(data, theme=theme, width=width) == draw(data, theme=theme, width=width)


def test_a_reliability_chart_counts_its_forecasts_and_says_how_often_it_came():
    wet, chance = np.repeat([1.0, 0.0], [300, 900]), np.full(1200, 0.25)
    table = reliability_table(pd.date_range("2016-01-01", periods=1200), wet, chance)

    said = words(reliability_chart(table, theme=Theme.LIGHT, width=Width.WIDE))

    assert "1,200" in said
    assert "all days 25 %" in said
    assert said.count("0") == 9  # bins without a forecast


def test_a_drift_chart_names_what_was_judged_alone():
    said = words(drift_chart(DRIFT, theme=Theme.LIGHT, width=Width.WIDE))

    assert "Rain" in said
    assert "Sunshine" not in said


@pytest.mark.filterwarnings("error")
def test_charts_without_any_numbers_are_drawn_all_the_same():
    empty = reliability_table([], [], [])
    for draw, data in (
        (reliability_chart, empty),
        (reliability_chart, empty.iloc[:0]),
        (skill_chart, windows(60).iloc[:0]),
        (skill_chart, windows(60).iloc[:1]),
        (drift_chart, DRIFT.iloc[:0]),
        (drift_chart, DRIFT.iloc[1:]),
    ):
        assert words(draw(data, theme=Theme.DARK, width=Width.NARROW))

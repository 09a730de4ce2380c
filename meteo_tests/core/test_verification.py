import numpy as np
import pandas as pd
import pytest

from meteo_core.labels import THRESHOLDS
from meteo_core.model.held_out import scores_of
from meteo_core.references import PRIOR_DAYS, References
from meteo_core.verification import calibration_error, score


def test_scores_are_those_of_the_textbook():
    # Four days, reckoned by hand: errors .1 .2 .4 .3 give a Brier score of (.01+.04+.16+.09)/4 = .075.
    wet = np.array([1.0, 0.0, 1.0, 0.0])
    # Half of the days are wet; climatology says .4, its errors are .6 .4 .6 .4.

    scores = score(
        wet=wet,
        chance=np.array([0.9, 0.2, 0.6, 0.3]),
        climatology=np.full(4, 0.4),
        markov=np.array([0.75, 0.25, 0.75, 0.25]),
        wet_today=np.array([1.0, 1.0, 0.0, np.nan]),
    )

    assert scores.brier_score == pytest.approx(0.075)
    assert scores.skill_over_climatology == pytest.approx(1 - 0.075 / 0.26)
    assert scores.skill_over_markov == pytest.approx(1 - 0.075 / 0.0625)
    assert scores.skill_over_persistence == pytest.approx(1 - 0.075 / ((0 + 1 + 1 + 0.16) / 4))
    assert scores.roc_area == 1.0
    assert scores.accuracy == 1.0
    assert scores.base_rate == 0.5


def test_a_forecast_of_the_frequency_is_calibrated():
    wet = np.tile([1.0, 0.0, 0.0, 0.0], 250)

    assert calibration_error(wet, np.full(1000, 0.25)) < 0.02
    assert calibration_error(wet, np.full(1000, 0.75)) == pytest.approx(0.5, abs=0.02)


def test_outcomes_of_one_kind_cannot_be_scored():
    dry = np.zeros(3)

    with pytest.raises(ValueError, match="all wet or all dry"):
        score(wet=dry, chance=dry, climatology=dry, markov=dry, wet_today=dry)


def test_days_of_unknown_outcome_are_scored_neither_as_dry_nor_as_wet():
    known = pd.DataFrame({"gt_1_0": [1.0, 0.0, 1.0, 0.0], "p_gt_1_0": [0.9, 0.2, 0.6, 0.3]})
    known = known.assign(climatology_gt_1_0=0.5, markov_gt_1_0=0.5, wet_today=0.0)
    unknown = known.assign(gt_1_0=np.nan)

    assert scores_of(pd.concat([known, unknown])) == scores_of(known)


def at_every_threshold(outcome: np.ndarray) -> np.ndarray:
    return np.repeat(outcome[:, None], len(THRESHOLDS), axis=1)


@pytest.fixture
def keys() -> pd.DataFrame:
    return pd.DataFrame({"station": ["Sydney"] * 10, "date": pd.date_range("2020-06-01", periods=10)})


def test_climatology_counts_by_station_and_month_and_leans_on_the_year(keys: pd.DataFrame):
    wet = np.array([1.0] * 4 + [0.0] * 6)

    references = References.fit(keys, at_every_threshold(wet), np.zeros(10))

    expected = (4 + PRIOR_DAYS * 0.4) / (10 + PRIOR_DAYS)
    assert references.climatology_of(keys)[0].tolist() == pytest.approx([expected] * 5)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_climatology_of_a_month_is_of_its_own_days(month: int):
    days = pd.date_range("2015-01-01", "2015-12-31")
    keys = pd.DataFrame({"station": "Sydney", "date": days})
    wet = (days.month == month).astype(float)

    references = References.fit(keys, at_every_threshold(wet), np.zeros(len(keys)))
    first_days = keys[keys["date"].dt.day == 1]

    assert (references.climatology_of(first_days)[:, 0] > 0.5).tolist() == [m == month for m in range(1, 13)]


def test_markov_asks_whether_today_was_wet_and_falls_back_where_unknown(keys: pd.DataFrame):
    wet_today = np.array([1.0] * 5 + [0.0] * 5)

    references = References.fit(keys, at_every_threshold(wet_today), wet_today)
    chances = references.markov_of(keys.iloc[:3], np.array([1.0, 0.0, np.nan]))

    climatology = references.climatology_of(keys)[0, 0]
    assert chances[:, 0].tolist() == pytest.approx([1.0, 0.0, climatology])


def test_a_station_never_seen_gets_the_base_rate(keys: pd.DataFrame):
    references = References.fit(keys, at_every_threshold(np.array([1.0] * 3 + [0.0] * 7)), np.zeros(10))

    chance = references.climatology_of(keys.iloc[:1].assign(station="Hobart"))

    assert chance[0].tolist() == pytest.approx([0.3] * 5)

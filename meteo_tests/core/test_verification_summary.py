"""Summaries: textbook values, and scores that are not defined."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from meteo_core.verification import calibration_error
from meteo_core.verification.published import (
    GROUP_COLUMNS,
    no_pairs,
    reliabilities,
    summaries,
)
from meteo_core.verification.summary import SUMMARY_COLUMNS, season_of, summarise
from meteo_tests.core.verified import pairs_of


def test_the_tornado_forecasts_of_finley():
    """The oldest contingency table there is: Finley 1884, scores as published since (CAWCR)."""
    hits, misses, false_alarms, right_nos = 28, 23, 72, 2680
    outcome = np.repeat([True, True, False, False], [hits, misses, false_alarms, right_nos])
    called = np.repeat([1.0, 0.0, 1.0, 0.0], [hits, misses, false_alarms, right_nos])

    scores = summarise(pairs_of(outcome, called), []).iloc[0]

    assert scores["probability_of_detection"] == pytest.approx(0.549, abs=0.0005)
    assert scores["false_alarm_ratio"] == pytest.approx(0.720, abs=0.0005)
    assert scores["equitable_threat_score"] == pytest.approx(0.216, abs=0.0005)
    assert scores["heidke_skill_score"] == pytest.approx(0.355, abs=0.0005)
    assert scores["frequency_bias"] == pytest.approx(1.961, abs=0.0005)
    assert scores["accuracy"] == pytest.approx(0.966, abs=0.0005)


def test_brier_scores_by_hand():
    scores = summarise(pairs_of([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.3], climatology=0.5), []).iloc[0]

    # Errors .1 .2 .4 .3; climatology is always .5 off; Markov said .25: .5625 where wet, .0625 where dry.
    assert scores["brier_score"] == pytest.approx(0.075)
    assert scores["brier_climatology"] == pytest.approx(0.25)
    assert scores["skill_over_climatology"] == pytest.approx(0.7)
    assert scores["brier_markov"] == pytest.approx(0.3125)
    assert scores["skill_over_markov"] == pytest.approx(1 - 0.075 / 0.3125)
    assert np.isnan(scores["skill_over_climatology_low"])
    assert (scores["rows"], scores["days"]) == (4, 4)
    assert (scores["base_rate"], scores["mean_chance"]) == (0.5, 0.5)
    assert scores["roc_area"] == 1


def test_each_group_is_scored_as_if_it_were_alone():
    draw = np.random.default_rng(0)
    chance = draw.random(600).round(2)
    pairs = pairs_of(draw.random(600) < chance, chance, station=draw.choice(["Cairns", "Hobart"], 600))

    table = summarise(pairs, ["station"]).set_index("station")

    assert table.index.tolist() == ["Cairns", "Hobart"]
    for station, rows in pairs.groupby("station"):
        wet, said = rows["outcome"].to_numpy(float), rows["chance"].to_numpy()
        scores = table.loc[station]
        assert scores["roc_area"] == pytest.approx(roc_auc_score(wet, said))
        assert scores["log_loss"] == pytest.approx(log_loss(wet, said))
        assert scores["calibration_error"] == pytest.approx(calibration_error(wet, said))
        assert scores["brier_score"] == pytest.approx(rows["squared_error"].mean())
        assert (
            scores["skill_over_climatology_low"]
            < scores["skill_over_climatology"]
            < scores["skill_over_climatology_high"]
        )


def test_scores_that_are_not_defined_are_not_numbers():
    dry_and_never_called = summarise(pairs_of([0, 0], [0.1, 0.2]), []).iloc[0]

    undefined = ["roc_area", "probability_of_detection", "false_alarm_ratio", "frequency_bias"]
    assert dry_and_never_called[undefined].isna().all()
    assert dry_and_never_called["accuracy"] == 1
    called_on_a_dry_day = summarise(pairs_of([0, 0], [0.1, 0.9]), []).iloc[0]
    assert np.isnan(called_on_a_dry_day["frequency_bias"])


def test_the_call_can_be_made_at_another_chance():
    pairs = pairs_of([1, 1, 0, 0], [0.4, 0.6, 0.4, 0.1])

    careful = summarise(pairs, [], decision_threshold=0.3).iloc[0]

    assert careful["probability_of_detection"] == 1
    assert careful["false_alarm_ratio"] == pytest.approx(1 / 3)
    assert careful["frequency_bias"] == pytest.approx(1.5)


def test_a_chance_of_just_the_threshold_is_a_call():
    scores = summarise(pairs_of([1, 0], [0.5, 0.49]), []).iloc[0]

    assert (scores["probability_of_detection"], scores["false_alarm_ratio"]) == (1, 0)


def test_a_reference_that_is_not_known_counts_for_neither_side():
    pairs = pairs_of([1, 1], [0.5, 0.9])
    pairs.loc[1, ["markov", "squared_error_markov"]] = np.nan

    scores = summarise(pairs, []).iloc[0]

    assert scores["skill_over_markov"] == pytest.approx(1 - 0.25 / 0.5625)
    assert scores["skill_over_climatology"] == pytest.approx(1 - 0.26 / 1.125)


def test_southern_seasons():
    months = pd.Series(pd.date_range("2020-01-15", periods=12, freq="MS"))

    seasons = season_of(months).groupby(months.dt.month).first()

    assert [seasons[month] for month in (12, 1, 2)] == ["summer"] * 3
    assert [seasons[month] for month in (3, 4, 5)] == ["autumn"] * 3
    assert [seasons[month] for month in (6, 7, 8)] == ["winter"] * 3
    assert [seasons[month] for month in (9, 10, 11)] == ["spring"] * 3


def test_what_is_published_tells_groups_apart_and_keeps_twelve_months():
    draw = np.random.default_rng(1)
    pairs = pairs_of(draw.random(400) < 0.3, draw.random(400))  # from June 2020 to July 2021

    table = summaries(pairs)

    assert list(table) == [*GROUP_COLUMNS, *SUMMARY_COLUMNS]
    assert table.groupby("group").size().to_dict() == {
        "overall": 1,
        "kind": 1,
        "station": 1,
        "season": 4,
        "month": 12,
    }
    assert table.loc[table["group"] == "month", "month"].agg(["min", "max"]).tolist() == [
        "2020-08",
        "2021-07",
    ]
    overall = table[table["group"] == "overall"].iloc[0]
    assert overall["rows"] == 400
    assert overall[["station", "season", "month", "kind"]].isna().all()
    assert len(reliabilities(pairs)) == 2 * 10  # of all stations, and of the one there is


def test_nothing_verified_yet_has_the_same_columns_and_no_rows():
    pairs = pairs_of(np.arange(40) % 2, np.linspace(0, 1, 40))

    assert summaries(no_pairs()).dtypes.equals(summaries(pairs).dtypes)
    assert summaries(no_pairs()).empty
    assert list(reliabilities(no_pairs())) == list(reliabilities(pairs))
    assert reliabilities(no_pairs()).empty

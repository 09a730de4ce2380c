"""Skill over time, on cases that can be reckoned by hand."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from meteo_core.verification.intervals import brier_skill_by_group
from meteo_core.verification.published import no_pairs, reliabilities
from meteo_core.verification.rolling import ROLLING_COLUMNS, due_forecasts, rolling
from meteo_tests.core.verified import pairs_of

FIRST = "2020-06-01"


def rows_of(table: pd.DataFrame, window: int) -> pd.DataFrame:
    return table[table["window_days"] == window].reset_index(drop=True)


def test_windows_end_a_week_apart_and_count_only_their_own_days():
    # 60 days: the first 30 forecasts are perfect, the last 30 say one half.
    wet = np.arange(60) % 2 == 0
    pairs = pairs_of(wet, np.where(np.arange(60) < 30, wet, 0.5), climatology=0.5, date=days(60))

    table = rows_of(rolling(pairs), 30)

    assert list(table["last"].diff().dropna().dt.days.unique()) == [7]
    newest, oldest = table.iloc[-1], table.iloc[0]
    assert (newest["first"], newest["last"]) == (pd.Timestamp("2020-07-01"), pd.Timestamp("2020-07-30"))
    assert newest["rows"] == newest["days"] == 30
    assert newest["brier_score"] == pytest.approx(0.25)
    assert newest["skill_over_climatology"] == pytest.approx(0.0)
    # It ends on 18 June, six weeks before: 18 days, six in ten of its 30, all of them perfect.
    assert oldest["last"] == pd.Timestamp("2020-06-18")
    assert oldest["days"] == 18
    assert oldest["skill_over_climatology"] == pytest.approx(1.0)
    assert np.isnan(oldest["skill_over_climatology_low"])  # too few days for an interval


def test_the_interval_is_that_of_the_forecasts_themselves():
    random = np.random.default_rng(0)
    wet = random.random(90) < 0.3
    chance = np.clip(0.3 + 0.4 * (wet - 0.3) + 0.1 * random.standard_normal(90), 0, 1)
    pairs = pairs_of(wet, chance, climatology=0.3, markov=0.4, date=days(90))

    newest = rows_of(rolling(pairs), 90).iloc[-1]

    for reference in ("climatology", "markov"):
        errors = pairs["squared_error"], pairs[f"squared_error_{reference}"]
        expected = brier_skill_by_group(pairs["date"], *errors, np.zeros(90, dtype=np.intp))
        found = [newest[f"skill_over_{reference}{bound}"] for bound in ("", "_low", "_high")]
        assert found == pytest.approx([float(values[0]) for values in expected])


def test_a_forecast_without_a_reference_is_left_out_of_that_skill_alone():
    # Two forecasts a day: one says one half, the other the opposite of what came, and has no Markov.
    wet = np.tile(np.arange(30) % 2 == 0, 2)
    chance = np.where(np.arange(60) < 30, 0.5, ~wet)
    pairs = pairs_of(wet, chance, climatology=0.0, markov=0.0, date=np.tile(days(30), 2))
    pairs.loc[30:, "squared_error_markov"] = np.nan

    newest = rows_of(rolling(pairs), 30).iloc[-1]

    assert newest["brier_score"] == pytest.approx(0.625)
    assert newest["brier_climatology"] == newest["brier_markov"] == pytest.approx(0.5)
    assert newest["skill_over_climatology"] == pytest.approx(1 - 0.625 / 0.5)
    assert newest["skill_over_markov"] == pytest.approx(1 - 0.25 / 0.5)


def test_outcomes_that_come_late_lower_the_coverage_and_not_the_score():
    pairs = pairs_of(np.zeros(27), np.full(27, 0.2), date=days(27))
    due = pd.DataFrame({"issue": "evening", "threshold": "gt_1_0", "date": days(30), "due": 1})

    newest = rows_of(rolling(pairs, due), 30).iloc[-1]

    assert newest["last"] == pd.Timestamp("2020-06-30")
    assert newest["coverage"] == pytest.approx(27 / 30)
    assert newest["brier_score"] == pytest.approx(0.04)
    assert np.isnan(rows_of(rolling(pairs), 30).iloc[-1]["coverage"])  # nobody said what was due


def test_due_is_what_may_be_scored_and_whose_window_is_over():
    made = pd.DataFrame(
        {
            "issue": "evening",
            "date": pd.to_datetime([FIRST, FIRST, FIRST, "2020-06-02", "2020-06-03"]),
            "kind": ["issued", "hindcast", "hindcast", "issued", "issued"],
            "in_sample": [False, False, True, False, False],
            "valid_to": pd.to_datetime(
                ["2020-06-01T23", "2020-06-01T23", "2020-06-01T23", "2020-06-02T23", "2020-06-03T23"],
                utc=True,
            ),
            **{f"p_{rule}": 0.1 for rule in ("ge_0_2", "gt_1_0", "ge_5_0", "ge_10_0")},
            "p_ge_25_0": [0.1, None, None, None, None],
        }
    )

    due = due_forecasts(made, datetime(2020, 6, 3, tzinfo=UTC)).set_index(["threshold", "date"])["due"]

    assert due["gt_1_0"].to_dict() == {pd.Timestamp(FIRST): 2, pd.Timestamp("2020-06-02"): 1}
    assert due["ge_25_0"].to_dict() == {pd.Timestamp(FIRST): 1}


def test_what_was_issued_is_told_from_what_was_made_afterwards():
    kinds = np.where(np.arange(30) < 12, "hindcast", "issued")
    pairs = pairs_of(np.zeros(30), np.full(30, 0.2), date=days(30), kind=kinds)

    assert rows_of(rolling(pairs), 30).iloc[-1]["issued"] == 18


def test_without_pairs_there_are_no_windows_and_all_columns():
    assert rolling(no_pairs()).empty
    assert tuple(rolling(no_pairs())) == ROLLING_COLUMNS


def test_each_station_has_a_reliability_table_of_its_own():
    pairs = pd.concat(
        [
            pairs_of([1, 0], [0.55, 0.55], station="Albury", date=days(2)),
            pairs_of([0, 0], [0.55, 0.15], station="Sydney", date=days(2)),
        ],
        ignore_index=True,
    )

    table = reliabilities(pairs)

    named = table.assign(station=table["station"].fillna("all"))
    held = named.loc[named["count"] > 0, ["station", "bin", "count"]]
    frequency = named[named["bin"] == 5].set_index("station")["observed_frequency"]
    assert sorted(held.itertuples(index=False, name=None)) == [
        *(("Albury", 5, 2), ("Sydney", 1, 1), ("Sydney", 5, 1), ("all", 1, 1), ("all", 5, 3)),
    ]
    assert frequency.to_dict() == pytest.approx({"all": 1 / 3, "Albury": 1 / 2, "Sydney": 0.0})


def days(count: int) -> pd.DatetimeIndex:
    return pd.date_range(FIRST, periods=count)

"""Which forecasts are scored, against what."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from meteo_core.labels import THRESHOLDS
from meteo_core.verification.pairs import PAIR_COLUMNS, pair
from meteo_tests.core.days import JUNE_1


def forecasts(
    *, kind: str = "issued", in_sample: bool = False, day: date = JUNE_1, chance: float | None = 0.7
) -> pd.DataFrame:
    frame = pd.DataFrame({"station": ["Sydney"], "date": [pd.Timestamp(day)], "issue": "evening"})
    frame = frame.assign(kind=kind, in_sample=in_sample, model_version=3)
    for rule in THRESHOLDS:
        frame[f"p_{rule}"], frame[f"climatology_{rule}"], frame[f"markov_{rule}"] = chance, 0.2, 0.4
    return frame


def labels(outcome: bool | None = True, *, day: date = JUNE_1) -> pd.DataFrame:
    frame = pd.DataFrame({"station": ["Sydney"], "date": [pd.Timestamp(day)], "rain_mm": [6.0]})
    return frame.assign(**{rule: pd.array([outcome], dtype="boolean") for rule in THRESHOLDS})


def test_each_threshold_is_a_row_with_errors_by_hand():
    pairs = pair(forecasts(), labels().assign(ge_10_0=False, ge_25_0=False))

    assert list(pairs) == PAIR_COLUMNS
    assert pairs["threshold"].tolist() == list(THRESHOLDS)
    assert pairs["outcome"].tolist() == [True, True, True, False, False]
    # (0.7 - 1)^2 and (0.7 - 0)^2; climatology said 0.2, Markov 0.4.
    assert pairs["squared_error"].tolist() == pytest.approx([0.09] * 3 + [0.49] * 2)
    assert pairs["squared_error_climatology"].tolist() == pytest.approx([0.64] * 3 + [0.04] * 2)
    assert pairs["squared_error_markov"].tolist() == pytest.approx([0.36] * 3 + [0.16] * 2)


@pytest.mark.parametrize(
    ("kind", "in_sample", "scored"),
    [("issued", False, 5), ("issued", True, 5), ("hindcast", False, 5), ("hindcast", True, 0)],
)
def test_a_hindcast_that_knew_the_outcome_is_never_scored(kind: str, in_sample: bool, scored: int):
    pairs = pair(forecasts(kind=kind, in_sample=in_sample), labels())

    assert len(pairs) == scored


@pytest.mark.parametrize(
    "case",
    [
        (forecasts(), labels(None)),
        (forecasts(chance=None), labels()),
        (forecasts(), labels(day=JUNE_1 + timedelta(days=1))),
        (forecasts().iloc[:0], labels()),
        (forecasts(), labels().iloc[:0]),
    ],
    ids=["unknown outcome", "no chance", "another day", "no forecasts", "no labels"],
)
def test_without_chance_or_outcome_there_is_no_pair(case: tuple[pd.DataFrame, pd.DataFrame]):
    pairs = pair(*case)

    assert pairs.empty
    assert list(pairs) == PAIR_COLUMNS


def test_a_forecast_of_one_threshold_is_scored_at_that_one():
    old = forecasts()
    for rule in set(THRESHOLDS) - {"gt_1_0"}:
        old[f"p_{rule}"] = np.nan

    assert pair(old, labels())["threshold"].tolist() == ["gt_1_0"]


def test_a_reference_that_is_not_known_has_no_error():
    pairs = pair(forecasts().assign(markov_gt_1_0=np.nan), labels()).set_index("threshold")

    assert np.isnan(pairs.loc["gt_1_0", "squared_error_markov"])
    assert pairs["squared_error_markov"].notna().sum() == 4

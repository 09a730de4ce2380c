"""The model card says of a training what can be read off its forecasts."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from meteo_core.calendar import Issue
from meteo_core.labels import THRESHOLDS
from meteo_core.model.card import model_card
from meteo_core.model.training import Trained


def trained(chances: dict[str, float]) -> Trained:
    """A training whose twin gave wet days of each station this chance, and dry ones the rest to 1."""
    days = pd.date_range("2015-01-01", periods=60)
    wet = np.arange(60) % 4 == 0
    held_out = pd.concat(
        [
            pd.DataFrame({"station": station, "date": days, "issue": "evening"}).assign(
                **{f"p_{rule}": np.where(wet, chance, 1 - chance) for rule in THRESHOLDS},
                **{
                    f"{reference}_{rule}": 0.25
                    for reference in ("climatology", "markov")
                    for rule in THRESHOLDS
                },
                **{rule: wet.astype(float) for rule in THRESHOLDS},
            )
            for station, chance in chances.items()
        ],
        ignore_index=True,
    )
    card: dict[str, Any] = dict.fromkeys(
        ("trained_from", "trained_until", "held_out_from", "held_out_until"), "d"
    )
    card |= {"rows": 120, "stations": 2, "base_rate": 0.25, "training_set_sha256": "0" * 64, "scores": {}}
    return cast(Trained, SimpleNamespace(model=SimpleNamespace(card=card), held_out=held_out))


def test_the_station_that_is_forecast_worst_is_the_one_of_this_training():
    card = model_card({Issue.EVENING: trained({"Alpha": 0.9, "Beta": 0.6, "Gamma": 0.8})}, made_from={})

    # Brier score .4^2 = .16; climatology's is .25 x .75 = .1875.
    assert "lowest at Beta (0.147) in the evening" in card
    assert "Norfolk" not in card


def test_each_issue_time_is_told_with_its_own_scores():
    card = model_card(
        {Issue.EVENING: trained({"Alpha": 0.9}), Issue.MORNING: trained({"Alpha": 0.7})}, made_from={}
    )

    evening, morning = card.split("## Evening")[1].split("## Morning")
    # Brier scores (1 - chance)^2: .01 and .09.
    scored = {"evening": evening, "morning": morning}
    assert {issue: "0.0100" in told for issue, told in scored.items()} == {"evening": True, "morning": False}
    assert {issue: "0.0900" in told for issue, told in scored.items()} == {"evening": False, "morning": True}

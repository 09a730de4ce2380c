"""Verification and cards go into the serving snapshot and come out of it."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from meteo_core.drift.skill import judged
from meteo_core.serving import DATA_CARD, MODEL_CARD, UnusableSnapshot, publish, read
from meteo_core.verification.published import reliabilities, summaries
from meteo_core.verification.rolling import rolling
from meteo_tests.core.verified import pairs_of

TABLES = dict.fromkeys(("observations", "forecasts", "drift"), pd.DataFrame({"station": ["Sydney"]}))


def test_a_snapshot_gives_back_what_was_published(tmp_path: Path):
    pairs = pairs_of(np.arange(60) % 3 == 0, np.linspace(0, 1, 60))
    cards = {MODEL_CARD: "# Rain\nÜber 1 mm", DATA_CARD: "# Data"}

    snapshot = read(tmp_path, publish(tmp_path, **TABLES, pairs=pairs, cards=cards))

    pd.testing.assert_frame_equal(snapshot.verification, summaries(pairs))
    pd.testing.assert_frame_equal(snapshot.reliability, reliabilities(pairs))
    pd.testing.assert_frame_equal(snapshot.rolling, judged(rolling(pairs), None))
    assert snapshot.verified == (date(2020, 6, 1), date(2020, 7, 30))
    assert snapshot.cards == cards


def test_a_snapshot_without_verification_has_its_tables_all_the_same(tmp_path: Path):
    snapshot = read(tmp_path, publish(tmp_path, **TABLES))

    assert snapshot.verification.empty
    assert "skill_over_climatology_low" in snapshot.verification
    assert snapshot.reliability.empty
    assert snapshot.rolling.empty
    assert snapshot.verified is None
    assert snapshot.cards == {}


def test_a_card_that_was_changed_is_refused(tmp_path: Path):
    name = publish(tmp_path, **TABLES, cards={MODEL_CARD: "# Rain"})
    (tmp_path / name / MODEL_CARD).write_text("# Sunshine")

    with pytest.raises(UnusableSnapshot, match=r"model_card.md is not as it was published"):
        read(tmp_path, name)

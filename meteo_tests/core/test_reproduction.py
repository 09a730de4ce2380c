import json
from datetime import timedelta

import pandas as pd
import pytest

from meteo_core.features.daily import build_features
from meteo_core.labels import label_days
from meteo_core.model.recipe import Recipe
from meteo_core.model.reproduction import data_difference, recipe_of
from meteo_core.model.training_set import from_training_set, training_set, training_set_sha256
from meteo_tests.core.days import JUNE_1, simulated

QUICK = Recipe(trees=20, hidden=(8,), last_steps=(3e-4,))


@pytest.fixture(scope="module")
def observations() -> pd.DataFrame:
    return simulated(JUNE_1, JUNE_1 + timedelta(days=59), stations=3)


@pytest.fixture(scope="module")
def kept(observations: pd.DataFrame) -> pd.DataFrame:
    return training_set(build_features(observations), label_days(observations))


def test_features_and_labels_come_back_from_what_was_kept(
    observations: pd.DataFrame, kept: pd.DataFrame, tmp_path
):
    kept.to_parquet(tmp_path / "kept.parquet", index=False)

    features, labels = from_training_set(pd.read_parquet(tmp_path / "kept.parquet"))

    pd.testing.assert_frame_equal(features, build_features(observations))
    expected = label_days(observations).sort_values(["date", "station"], ignore_index=True)
    pd.testing.assert_frame_equal(labels, expected)
    assert training_set_sha256(features, labels) == training_set_sha256(
        build_features(observations), label_days(observations)
    )


def test_the_hash_does_not_depend_on_the_order_of_rows(observations: pd.DataFrame):
    features, labels = build_features(observations), label_days(observations)

    shuffled = features.sample(frac=1, random_state=0), labels.sample(frac=1, random_state=1)

    assert training_set_sha256(*shuffled) == training_set_sha256(features, labels)


@pytest.mark.parametrize("column", ["pressure_3pm", "rain_mm"])
def test_one_changed_value_is_another_training_set(kept: pd.DataFrame, column: str):
    changed = kept.copy()
    row = int(changed[column].first_valid_index() or 0)
    changed.loc[row, column] += 0.1

    difference = data_difference(kept, changed)

    assert (difference.missing, difference.added, difference.changed) == (0, 0, 1)
    assert training_set_sha256(*from_training_set(changed)) != training_set_sha256(*from_training_set(kept))


def test_days_that_came_and_went_are_counted(kept: pd.DataFrame):
    difference = data_difference(kept.iloc[5:], kept.iloc[:-2])

    assert (difference.missing, difference.added, difference.changed) == (2, 5, 0)
    assert data_difference(kept, kept).is_none


def test_a_recipe_survives_its_card():
    from dataclasses import asdict

    card = json.loads(json.dumps({"recipe": asdict(QUICK)}))

    assert recipe_of(card) == QUICK

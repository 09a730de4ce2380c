import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue, valid_window
from meteo_core.features.daily import DAILY_COLUMNS, OWN_VALUES, derive_features, known_at
from meteo_core.features.predictor_table import Variant
from meteo_core.labels import THRESHOLDS
from meteo_core.model.blanking import BEST_KNOWN
from meteo_core.model.fitting import require_fit
from meteo_core.model.held_out import FOLD_DAYS, hold_out, scores_of
from meteo_core.model.rain_model import CARD_FILE, CHANCES, CLIMATOLOGY, RainModel, UnusableModel, variants_of
from meteo_core.model.rain_models import RainModels
from meteo_core.model.recipe import Recipe
from meteo_core.model.record import UnfitTrainingData
from meteo_core.model.reproduction import differences
from meteo_core.model.training import backtest, train
from meteo_core.parameters import KnownAt
from meteo_core.stations import find_station
from meteo_tests.core.days import JUNE_1, simulated_training

QUICK = Recipe(trees=40, depth=4, networks=1, epochs=2, epochs_local=2, last_steps=())
SEEN_DAYS = 500


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated_training(SEEN_DAYS)


@pytest.fixture(scope="module")
def models(data) -> RainModels:
    return RainModels({issue: train(*data, issue=issue, recipe=QUICK).model for issue in Issue})


@pytest.fixture(scope="module")
def model(models: RainModels) -> RainModel:
    return models.main


def test_a_model_beats_its_references_on_days_it_has_not_seen(data):
    trained = train(*data, recipe=QUICK)

    assert trained.scores.skill_over_climatology > 0.1
    assert trained.scores.skill_over_persistence > 0.1
    assert trained.held_out["date"].min().date() > JUNE_1 + timedelta(days=300)


@pytest.mark.parametrize("issue", Issue)
def test_a_backtest_knows_nothing_of_the_days_after_its_cut(data, issue: Issue):
    features, labels = data
    cut, last = JUNE_1 + timedelta(days=450), JUNE_1 + timedelta(days=470)
    changed_labels, changed_features = labels.copy(), features.copy()
    after_test = changed_features["date"] > pd.Timestamp(last)
    changed_features.loc[after_test, list(OWN_VALUES)] = 0.0
    changed_labels.loc[labels["date"] >= pd.Timestamp(cut), "gt_1_0"] = True

    honest = backtest(features, labels, train_before=cut, first=cut, last=last, issue=issue, recipe=QUICK)
    blind = backtest(
        changed_features, changed_labels, train_before=cut, first=cut, last=last, issue=issue, recipe=QUICK
    )

    known = honest.merge(blind, on=["station", "date"], suffixes=("", "_blind"))
    assert len(known) == len(honest)
    np.testing.assert_array_equal(known["p_gt_1_0"], known["p_gt_1_0_blind"])


def test_a_backtest_has_a_row_for_each_observed_day_and_the_outcome_where_known(data):
    features, labels = data
    cut, last = JUNE_1 + timedelta(days=450), JUNE_1 + timedelta(days=480)

    forecasts = backtest(features, labels, train_before=cut, first=cut, last=last, recipe=QUICK)

    window = labels[labels["date"].between(pd.Timestamp(cut), pd.Timestamp(last))]
    assert len(forecasts) == len(window)
    assert forecasts["wet"].notna().sum() == window["gt_1_0"].notna().sum()
    assert not forecasts.duplicated(["station", "date"]).any()


def test_a_backtest_says_the_chance_at_every_threshold(data):
    cut = JUNE_1 + timedelta(days=450)

    forecasts = backtest(*data, train_before=cut, first=cut, last=cut + timedelta(days=20), recipe=QUICK)

    assert [f"p_{rule}" for rule in THRESHOLDS] == list(CHANCES)
    chances = forecasts[list(CHANCES)].to_numpy()
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (np.diff(chances, axis=1) <= 0).all()
    assert (np.diff(forecasts[list(CLIMATOLOGY)].to_numpy(), axis=1) <= 0).all()
    assert scores_of(forecasts).roc_area > 0.6


def test_the_same_data_and_seed_give_the_same_model(data, model: RainModel):
    again = train(*data, recipe=QUICK).model

    assert again.card == model.card
    assert differences(again, model) == []


def test_another_seed_is_another_model_and_says_in_which_parts(data, model: RainModel):
    other = train(*data, recipe=replace(QUICK, seed=1)).model

    different = differences(other, model)

    assert {"full trees", "full networks", "local trees", "local networks"} <= set(different)
    assert "predictors" not in different
    assert "references" not in different


def test_no_held_out_day_was_in_the_sight_of_the_twin(data):
    features, labels = data
    honest = hold_out(features, labels, recipe=QUICK, variants=[Variant.FULL])
    day = (honest.held_out["date"] - pd.Timestamp(honest.first)).dt.days
    last_fold = day.max() // FOLD_DAYS
    is_other = (day == 0) | (day > (last_fold + 0.3) * FOLD_DAYS)

    # Other weather on the first day and at the end, and the opposite of what came of it.
    days = honest.held_out.loc[is_other, "date"].unique()
    there, then = features["date"].isin(days), labels["date"].isin(days)
    other = features.assign(**{name: features[name].mask(there, 0.0) for name in DAILY_COLUMNS})
    opposite = labels.assign(**{rule: labels[rule] ^ then for rule in THRESHOLDS})
    blind = hold_out(other, opposite, recipe=QUICK, variants=[Variant.FULL])

    # Every second fold is blended by weights of the others: what is other is in none of those.
    assert (blind.first, blind.last, last_fold) == (honest.first, honest.last, 4)
    as_before = (day // FOLD_DAYS % 2 == 0) & ~is_other
    pd.testing.assert_frame_equal(blind.held_out[as_before], honest.held_out[as_before])


def test_held_out_days_stand_beside_what_came_of_them_and_what_they_were(data):
    features, labels = data
    held_out = hold_out(features, labels, recipe=QUICK, variants=[Variant.FULL]).held_out

    key = ["station", "date"]
    beside = held_out[key].merge(labels, on=key).merge(features[[*key, "rain_today"]], on=key)

    assert len(beside) == len(held_out)
    np.testing.assert_array_equal(held_out["wet_today"], beside["rain_today"])
    for rule in THRESHOLDS:
        np.testing.assert_array_equal(held_out[rule], beside[rule].astype(float))


def test_a_model_survives_disk_unchanged(data, model: RainModel, tmp_path: Path):
    model.save(tmp_path)

    restored = RainModel.load(tmp_path)

    pd.testing.assert_frame_equal(restored.forecast(data[0]), model.forecast(data[0]))
    assert restored.card == json.loads(json.dumps(model.card))


@pytest.mark.fault("model file cut short", "refused, never half a model")
@pytest.mark.parametrize("broken", ["full.ubj", "local.ubj", "full.npz", "afternoon.npz", CARD_FILE])
def test_a_cut_or_missing_file_makes_a_model_unusable(model: RainModel, tmp_path: Path, broken: str):
    model.save(tmp_path)
    path = tmp_path / broken
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(UnusableModel):
        RainModel.load(tmp_path)

    path.unlink()
    with pytest.raises(UnusableModel):
        RainModel.load(tmp_path)


def test_a_model_of_other_predictors_is_refused_by_its_fingerprint(model: RainModel, tmp_path: Path):
    model.save(tmp_path)
    card = tmp_path / CARD_FILE
    card.write_text(card.read_text().replace(model.predictors.fingerprint(), "f" * 64))

    with pytest.raises(UnusableModel, match="other predictors"):
        RainModel.load(tmp_path)


def test_models_of_all_issue_times_are_kept_and_read_together(data, models: RainModels, tmp_path: Path):
    models.save(tmp_path)

    restored = RainModels.load(tmp_path)

    assert restored.fingerprint() == models.fingerprint()
    for issue in Issue:
        pd.testing.assert_frame_equal(restored[issue].forecast(data[0]), models[issue].forecast(data[0]))


def test_a_version_that_lacks_an_issue_time_is_refused(models: RainModels, tmp_path: Path):
    models.main.save(tmp_path / "evening")

    with pytest.raises(UnusableModel, match="morning"):
        RainModels.load(tmp_path)


def test_what_is_known_decides_the_route(data, model: RainModel):
    features, _ = data
    day = features[features["date"] == features["date"].max()].copy()
    alone = day[day["station"] == "Adelaide"]
    nothing = alone.assign(**dict.fromkeys(OWN_VALUES, np.nan))
    nothing[[c for c in nothing.columns if c not in ("station", "date")]] = np.nan

    assert model.forecast(day)["route"].unique().tolist() == ["full"]
    assert model.forecast(alone)["route"].tolist() == ["local"]
    by_climatology = model.forecast(nothing)
    assert by_climatology["route"].tolist() == ["climatology"]
    assert by_climatology["p_gt_1_0"].tolist() == by_climatology["climatology_gt_1_0"].tolist()


def test_an_evening_before_midnight_goes_to_the_afternoon_variant(data, model: RainModel):
    day = data[0][data[0]["date"] == data[0]["date"].max()].copy()
    day[[c for c in DAILY_COLUMNS if known_at(c) is KnownAt.MIDNIGHT]] = np.nan

    made = model.forecast(day)

    assert made["route"].unique().tolist() == ["afternoon"]
    assert variants_of(Issue.MORNING) == (Variant.FULL, Variant.LOCAL)


def test_a_station_may_know_any_number_of_its_fields(data, model: RainModel):
    day = data[0][data[0]["date"] == data[0]["date"].max()]
    alone = day[day["station"] == "Adelaide"]

    def chance(fields: tuple[str, ...]) -> float:
        known = blanked(alone, fields)
        return float(model.forecast(known)["p_gt_1_0"].iloc[0])

    chances = [chance(BEST_KNOWN[Issue.EVENING]), chance(("humidity_3pm",)), chance(("pressure_9am",))]

    assert all(0 < p < 1 for p in chances)
    assert len(set(chances)) == 3


def test_a_day_of_which_nothing_is_known_is_climatology_whatever_came_before(data, model: RainModel):
    features, _ = data
    blank = features.copy()
    blank.loc[blank["date"] == blank["date"].max(), list(OWN_VALUES)] = np.nan

    made = model.forecast(blank)
    newest = made[made["date"] == made["date"].max()]

    assert blank.loc[blank["date"] == blank["date"].max(), "rainfall_yesterday"].notna().any()
    assert newest["route"].unique().tolist() == ["climatology"]


def test_a_station_unknown_in_training_gets_climatology(data):
    features, labels = data
    without = features["station"] != "Adelaide"
    model = train(features[without], labels[labels["station"] != "Adelaide"], recipe=QUICK).model

    made = model.forecast(features)

    assert len(made) == len(features)
    assert set(made.loc[made["station"] == "Adelaide", "route"]) == {"climatology"}


def blanked(day: pd.DataFrame, kept: tuple[str, ...]) -> pd.DataFrame:
    """Features of a day of which only some fields are known, and nothing of the days before."""
    own = day[["station", "date", *OWN_VALUES]].copy()
    own[[name for name in OWN_VALUES if name not in kept]] = np.nan
    return derive_features(own)


def labels_of(days: int, outcomes: list[bool | None]) -> pd.DataFrame:
    dates = pd.date_range(JUNE_1, periods=days)
    return pd.DataFrame(
        {
            "station": "Sydney",
            "date": dates,
            "gt_1_0": pd.array([outcomes[i % len(outcomes)] for i in range(days)], dtype="boolean"),
        }
    )


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (labels_of(0, [True]), "no labelled day"),
        (labels_of(400, [None]), "no labelled day"),
        (labels_of(300, [True, False]), "too few"),
        (labels_of(400, [False]), "same outcome"),
    ],
)
def test_data_that_teach_nothing_are_refused_with_the_reason(labels: pd.DataFrame, why: str):
    with pytest.raises(UnfitTrainingData, match=why):
        require_fit(labels)


def test_features_of_an_older_definition_are_refused(data):
    features, labels = data

    with pytest.raises(UnfitTrainingData, match="materialize features over the whole record"):
        train(features.assign(feature_version=0), labels, recipe=QUICK)


def test_features_that_lack_a_column_of_this_code_are_refused_by_its_name(data):
    features, labels = data

    with pytest.raises(UnfitTrainingData, match="lack dew_point_3pm: materialize features"):
        train(features.drop(columns="dew_point_3pm"), labels, recipe=QUICK)


@pytest.mark.parametrize(
    ("station", "day", "hours"),
    [
        ("Sydney", date(2025, 10, 4), 23),  # clocks go forward at 2 am on 5 October
        ("Sydney", date(2026, 4, 4), 25),  # and back at 3 am on 5 April
        ("Brisbane", date(2025, 10, 4), 24),
        ("Sydney", date(2024, 2, 29), 24),
    ],
)
def test_windows_are_23_or_25_hours_across_daylight_saving(station: str, day: date, hours: int):
    start, end = valid_window(day, find_station(station).zone)

    assert (end - start).total_seconds() == hours * 3600

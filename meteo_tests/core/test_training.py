from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue, valid_window
from meteo_core.features.daily import OWN_VALUES
from meteo_core.forecasting import make_forecasts
from meteo_core.model.rain_model import CARD_FILE, RainModel, UnusableModel
from meteo_core.model.training import Recipe, UnfitTrainingData, backtest, fit, require_fit, train
from meteo_core.stations import find_station
from meteo_tests.core.days import JUNE_1, simulated_training

QUICK = Recipe(trees=40, depth=4, threads=1)
SEEN_DAYS = 500


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated_training(SEEN_DAYS)


@pytest.fixture(scope="module")
def model(data) -> RainModel:
    return fit(*data, recipe=QUICK)


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


def test_a_backtest_has_a_row_for_each_labelled_day_and_no_other(data):
    features, labels = data
    cut, last = JUNE_1 + timedelta(days=450), JUNE_1 + timedelta(days=480)

    forecasts = backtest(features, labels, train_before=cut, first=cut, last=last, recipe=QUICK)

    window = labels[labels["date"].between(pd.Timestamp(cut), pd.Timestamp(last))]
    assert len(forecasts) == window["gt_1_0"].notna().sum()
    assert not forecasts.duplicated(["station", "date"]).any()


def test_the_same_data_and_seed_give_the_same_trees(data, model: RainModel):
    again = fit(*data, recipe=QUICK)

    assert again.card["training_set_sha256"] == model.card["training_set_sha256"]
    for variant, booster in model.boosters.items():
        assert booster.save_raw("json") == again.boosters[variant].save_raw("json")


def test_a_model_survives_disk_unchanged(data, model: RainModel, tmp_path: Path):
    model.save(tmp_path)

    restored = RainModel.load(tmp_path)

    pd.testing.assert_frame_equal(restored.forecast(data[0]), model.forecast(data[0]))
    assert restored.card == model.card


@pytest.mark.parametrize("broken", ["full.ubj", "local.ubj", CARD_FILE])
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
    model = fit(features[without], labels[labels["station"] != "Adelaide"], recipe=QUICK)

    made = model.forecast(features)

    assert len(made) == len(features)
    assert set(made.loc[made["station"] == "Adelaide", "route"]) == {"climatology"}


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
        fit(features.assign(feature_version=0), labels, recipe=QUICK)


def test_a_forecast_made_on_its_day_is_issued_and_later_ones_are_hindcasts(data, model: RainModel):
    features, _ = data
    newest = features["date"].max()
    window = features[features["date"] >= newest - pd.Timedelta(days=2)]
    # 20:00 in Adelaide, while it is 18:30 in Perth.
    tonight = (newest + pd.Timedelta(hours=10, minutes=30)).tz_localize("UTC").to_pydatetime()

    made = make_forecasts(model, window, version=3, issued_at=tonight)

    assert (made["date"] == newest).equals(made["kind"] == "issued")
    assert made.loc[made["kind"] == "hindcast", "in_sample"].any()
    assert made["model_version"].unique().tolist() == [3]


def test_an_evening_forecast_waits_for_the_3_pm_observation(data, model: RainModel):
    features, _ = data
    day = features[features["date"] == features["date"].max()].copy()
    afternoon = ["temp_3pm", "humidity_3pm", "cloud_3pm", "wind_speed_3pm", "pressure_3pm"]
    day.loc[day["station"] == "Albury", afternoon] = np.nan

    made = make_forecasts(model, day, version=1)

    assert "Albury" not in set(made["station"])
    assert len(made) == len(day) - 1


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

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue, valid_window
from meteo_core.forecasting import ISSUED, WAITS_FOR, make_forecasts
from meteo_core.model.rain_models import RainModels
from meteo_core.model.recipe import Recipe
from meteo_core.model.training import Trained, train
from meteo_core.parameters import NUMBERS, PARAMETERS, KnownAt
from meteo_core.stations import find_station
from meteo_tests.core.days import simulated_training

QUICK = Recipe(trees=20, depth=3, networks=1, epochs=1, epochs_local=1, last_steps=())


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulated_training(430)


@pytest.fixture(scope="module")
def trained(data) -> dict[Issue, Trained]:
    return {issue: train(*data, issue=issue, recipe=QUICK) for issue in Issue}


@pytest.fixture(scope="module")
def models(trained: dict[Issue, Trained]) -> RainModels:
    return RainModels({issue: each.model for issue, each in trained.items()})


@pytest.fixture
def window(data) -> pd.DataFrame:
    features, _ = data
    return features[features["date"] >= features["date"].max() - pd.Timedelta(days=2)]


def adelaide(day: pd.Timestamp, clock: str) -> datetime:
    return (day + pd.Timedelta(clock)).tz_localize("Australia/Adelaide").to_pydatetime()


def issued(made: pd.DataFrame) -> set[tuple[str, pd.Timestamp]]:
    kept = made[made["kind"] == ISSUED]
    return set(zip(kept["issue"], kept["date"], strict=True))


def test_a_forecast_made_on_its_day_is_issued_and_later_ones_are_hindcasts(window, models: RainModels):
    today = window["date"].max()

    made = make_forecasts(models, window, version=3, issued_at=adelaide(today, "20:00:00"))

    assert issued(made) == {("evening", today)}
    assert made.loc[made["kind"] == "hindcast", "in_sample"].any()
    assert made["model_version"].unique().tolist() == [3]


def test_a_morning_forecast_is_issued_in_the_morning(window, models: RainModels):
    today = window["date"].max()

    in_time = make_forecasts(models, window, version=1, issued_at=adelaide(today, "11:30:00"))
    too_late = make_forecasts(models, window, version=1, issued_at=adelaide(today, "18:00:00"))

    assert ("morning", today) in issued(in_time)
    assert ("morning", today) not in issued(too_late)


def test_the_last_day_of_training_is_in_sample_and_the_next_is_not(window, models: RainModels):
    made = make_forecasts(models, window, version=1)

    for issue, rows in made.groupby("issue"):
        until = models[Issue(issue)].trained_until
        assert {until, until + pd.Timedelta(days=1)} <= set(rows["date"])
        np.testing.assert_array_equal(rows["in_sample"], rows["date"] <= until)


def test_windows_are_from_9_to_9_by_the_clock_of_each_station(data, models: RainModels):
    features, _ = data
    # Daylight saving began on 4 October 2020, in four of the six states.
    october = features[features["date"].between("2020-10-02", "2020-10-05")]

    made = make_forecasts(models, october, version=1)

    expected = [
        valid_window(day.date(), find_station(key).zone)
        for key, day in made[["station", "date"]].itertuples(index=False)
    ]
    assert list(zip(made["valid_from"], made["valid_to"], strict=True)) == expected
    assert (made["valid_to"] - made["valid_from"]).nunique() == 2


def test_the_day_of_an_issued_forecast_is_that_of_the_station(window, models: RainModels):
    today = window["date"].max()
    # 6 am in Adelaide is still the evening before in UTC, and 4.30 am in Albany.
    early = make_forecasts(models, window, version=1, issued_at=adelaide(today, "06:00:00"))
    # Half past midnight in Adelaide is half past ten the evening before in Albany: there it is still in time.
    late = make_forecasts(models, window, version=1, issued_at=adelaide(today, "1 days 00:30:00"))

    assert {day for _, day in issued(early)} == {today}
    assert set(late.loc[(late["kind"] == ISSUED) & (late["date"] == today), "station"]) == {"Albany"}


@pytest.mark.parametrize("issue", Issue)
def test_a_forecast_waits_for_the_observation_that_it_is_named_after(
    window, models: RainModels, issue: Issue
):
    day = window[window["date"] == window["date"].max()].copy()
    day.loc[day["station"] == "Albury", list(WAITS_FOR[issue])] = np.nan

    made = make_forecasts(models, day, version=1)

    assert "Albury" not in set(made.loc[made["issue"] == issue, "station"])
    assert (made["issue"] == issue).sum() == len(day) - 1


def test_at_half_past_nine_there_is_a_morning_forecast_and_none_of_the_evening(window, models: RainModels):
    later = [name for name in NUMBERS if PARAMETERS[name].known_at is not KnownAt.NINE_AM]

    made = make_forecasts(models, window.assign(**dict.fromkeys(later, np.nan)), version=1)

    assert set(made["issue"]) == {"morning"}


def test_days_that_the_twin_had_not_seen_get_its_forecasts(
    window, models: RainModels, trained: dict[Issue, Trained]
):
    held_out = pd.concat([each.held_out for each in trained.values()])

    later = adelaide(window["date"].max(), "12:00:00") + timedelta(days=400)

    plain = make_forecasts(models, window, version=1, issued_at=later)
    honest = make_forecasts(models, window, version=1, issued_at=later, held_out=held_out)

    key = ["station", "date", "issue"]
    was_in_sample = plain[plain["in_sample"]]
    theirs = was_in_sample[key].merge(held_out, on=key)
    assert len(theirs) > 0
    ours = theirs[key].merge(honest, on=key)
    np.testing.assert_array_equal(ours["p_gt_1_0"], theirs["p_gt_1_0"])
    assert not ours["in_sample"].any()
    untouched = honest[~plain["in_sample"]]
    pd.testing.assert_frame_equal(untouched, plain[~plain["in_sample"]])


def test_of_some_days_the_day_before_has_its_say(window, models: RainModels):
    last = window["date"].max()
    later = adelaide(last, "12:00:00") + timedelta(days=400)

    every_day = make_forecasts(models, window, version=1, issued_at=later)
    last_day = make_forecasts(models, window, version=1, issued_at=later, since=last.date())
    alone = make_forecasts(models, window[window["date"] == last], version=1, issued_at=later)

    among_all = every_day[every_day["date"] == last].reset_index(drop=True)
    pd.testing.assert_frame_equal(last_day, among_all, check_exact=False, rtol=1e-9)
    assert (last_day["p_gt_1_0"] != alone["p_gt_1_0"]).any()

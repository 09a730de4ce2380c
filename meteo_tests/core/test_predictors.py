from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from meteo_core.calendar import Issue
from meteo_core.features.daily import DAILY_COLUMNS, LOOK_BACK_DAYS, OWN_VALUES, build_features, known_at
from meteo_core.features.predictor_table import Family, Variant, predictor_table
from meteo_core.features.predictors import PREDICTOR_LOOK_BACK_DAYS, USUALLY_KNOWN, Predictors
from meteo_core.parameters import KnownAt
from meteo_tests.core.days import simulated

LAST = date(2021, 3, 31)


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return simulated(date(2020, 1, 1), LAST, stations=14)


@pytest.fixture(scope="module")
def features(weather: pd.DataFrame) -> pd.DataFrame:
    return build_features(weather)


@pytest.mark.parametrize("issue", Issue)
def test_tomorrow_cannot_change_todays_predictors(
    weather: pd.DataFrame, features: pd.DataFrame, issue: Issue
):
    predictors = Predictors.fit(features[features["date"] < "2021-01-01"], issue)
    whole = predictors.transform(features)

    for day in pd.date_range("2021-03-01", "2021-03-20", freq="D"):
        known = predictors.transform(build_features(weather[weather["date"] <= day]))

        np.testing.assert_array_equal(
            known.matrix[(known.keys["date"] == day).to_numpy()],
            whole.matrix[(whole.keys["date"] == day).to_numpy()],
        )


@pytest.mark.parametrize("issue", Issue)
def test_the_look_back_is_enough_for_every_predictor(
    weather: pd.DataFrame, features: pd.DataFrame, issue: Issue
):
    predictors = Predictors.fit(features[features["date"] < "2021-01-01"], issue)
    whole = predictors.transform(features)
    day = pd.Timestamp(LAST)
    since = day - timedelta(days=LOOK_BACK_DAYS + PREDICTOR_LOOK_BACK_DAYS)

    enough = predictors.transform(build_features(weather[weather["date"] >= since]))

    np.testing.assert_array_equal(
        enough.matrix[(enough.keys["date"] == day).to_numpy()],
        whole.matrix[(whole.keys["date"] == day).to_numpy()],
    )


def with_later_values(weather: pd.DataFrame, moment: KnownAt, of_days_before: int | None) -> pd.DataFrame:
    """What is complete after this moment of the last day is unknown, or as it was some days before."""
    moments = list(KnownAt)
    later = [name for name in OWN_VALUES if moments.index(known_at(name)) > moments.index(moment)]
    changed, last = weather.copy(), weather["date"] == pd.Timestamp(LAST)
    if of_days_before is None:
        changed.loc[last, later] = None
    else:
        then = weather["date"] == pd.Timestamp(LAST - timedelta(days=of_days_before))
        assert weather.loc[last, "station"].tolist() == weather.loc[then, "station"].tolist()
        changed.loc[last, later] = weather.loc[then, later].to_numpy()
    return changed


later_values = pytest.mark.parametrize("of_days_before", [None, 9], ids=["unknown", "of another day"])


@later_values
@pytest.mark.parametrize("moment", [KnownAt.NINE_AM, KnownAt.THREE_PM])
def test_no_feature_needs_what_is_observed_later_than_it_says(
    weather: pd.DataFrame, features: pd.DataFrame, moment: KnownAt, of_days_before: int | None
):
    moments, last = list(KnownAt), features["date"] == pd.Timestamp(LAST)
    by_then = [name for name in DAILY_COLUMNS if moments.index(known_at(name)) <= moments.index(moment)]

    otherwise = build_features(with_later_values(weather, moment, of_days_before))

    assert not features.loc[last].equals(otherwise.loc[last])
    too_late = [name for name in by_then if not features.loc[last, name].equals(otherwise.loc[last, name])]
    assert too_late == [], f"known at {moment} by their own word"


@later_values
@pytest.mark.parametrize(
    ("issue", "variant", "moment"),
    [
        (Issue.MORNING, Variant.FULL, KnownAt.NINE_AM),
        (Issue.EVENING, Variant.AFTERNOON, KnownAt.THREE_PM),
    ],
)
def test_no_predictor_reacts_to_what_is_not_observed_yet(
    weather: pd.DataFrame,
    features: pd.DataFrame,
    issue: Issue,
    variant: Variant,
    moment: KnownAt,
    of_days_before: int | None,
):
    predictors = Predictors.fit(features, issue)
    before = predictors.transform(features)

    after = predictors.transform(build_features(with_later_values(weather, moment, of_days_before)))

    same = ((before.matrix == after.matrix) | (np.isnan(before.matrix) & np.isnan(after.matrix))).all(axis=0)
    reacts = [predictors.table[column].name for column in predictors.columns(variant) if not same[column]]
    assert reacts == []


def test_predictors_know_nothing_of_outcomes(weather: pd.DataFrame, features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    day = pd.Timestamp("2021-03-10")
    tomorrow_is_wet = weather.copy()
    tomorrow_is_wet.loc[tomorrow_is_wet["date"] > day, "rainfall"] = 99.0
    tomorrow_is_wet.loc[tomorrow_is_wet["date"] > day, "rain_today"] = True

    before = predictors.transform(features)
    after = predictors.transform(build_features(tomorrow_is_wet))

    until = (before.keys["date"] <= day).to_numpy()
    np.testing.assert_array_equal(before.matrix[until], after.matrix[until])


def test_fitted_predictors_survive_json_unchanged(features: pd.DataFrame):
    import json

    predictors = Predictors.fit(features, Issue.EVENING)

    restored = Predictors.from_dict(json.loads(json.dumps(predictors.to_dict())))

    assert restored.fingerprint() == predictors.fingerprint()
    np.testing.assert_array_equal(restored.transform(features).matrix, predictors.transform(features).matrix)


def test_a_station_unknown_in_training_is_left_out(features: pd.DataFrame):
    predictors = Predictors.fit(features[features["station"] != "Adelaide"], Issue.EVENING)

    design = predictors.transform(features)

    assert "Adelaide" not in set(design.keys["station"])


@pytest.mark.parametrize("issue", Issue)
def test_every_predictor_has_a_name_of_its_own_a_unit_and_words(issue: Issue):
    table = predictor_table(issue)

    assert len({predictor.name for predictor in table}) == len(table)
    assert all(predictor.unit and predictor.description for predictor in table)
    assert {predictor.family for predictor in table} == set(Family)


def test_a_morning_uses_nothing_of_the_day_that_is_known_later():
    late = [p for p in predictor_table(Issue.MORNING) if p.known_at is not KnownAt.NINE_AM]

    assert late
    assert all(p.day_before and "day_before" in p.name for p in late)


def test_the_afternoon_variant_uses_nothing_that_is_complete_at_midnight(features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    at_midnight = [name for name in OWN_VALUES if known_at(name) is KnownAt.MIDNIGHT]
    day = features["date"] == features["date"].max()
    blank = features.copy()
    blank.loc[day, [c for c in DAILY_COLUMNS if known_at(c) is KnownAt.MIDNIGHT]] = np.nan

    whole = predictors.of_variant(
        predictors.transform(features, wanted=day.to_numpy()).matrix, Variant.AFTERNOON
    )
    early = predictors.transform(blank, wanted=day.to_numpy())

    assert {"max_temp", "sunshine", "wind_gust_speed", "wind_gust_dir"} == set(at_midnight)
    np.testing.assert_array_equal(predictors.of_variant(early.matrix, Variant.AFTERNOON), whole)
    assert (early.other_stations_late == 0).all()
    assert (early.other_stations > 0).all()


@pytest.mark.parametrize("issue", Issue)
def test_local_predictors_are_those_of_the_whole_where_nothing_is_filled_in(
    features: pd.DataFrame, issue: Issue
):
    predictors = Predictors.fit(features, issue)
    design = predictors.transform(features)

    local = predictors.transform_local(features)

    assert local.shape[1] == len(predictors.names(Variant.LOCAL))
    known = ~np.isnan(local)
    np.testing.assert_array_equal(design.matrix[:, predictors.columns(Variant.LOCAL)][known], local[known])


def test_local_predictors_look_at_nothing_but_the_row(features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    row = features[(features["station"] == "Albury") & (features["date"] == "2021-03-05")]

    alone = predictors.transform_local(row)

    together = predictors.transform_local(features)
    at = np.flatnonzero((features["station"] == "Albury") & (features["date"] == "2021-03-05"))
    np.testing.assert_array_equal(alone, together[at])


def test_a_value_that_is_usually_there_is_filled_in_from_the_stations_around(features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    station = predictors.stations.index("Albury")
    here = (features["station"] == "Albury") & (features["date"] == "2021-03-05")
    assert predictors.usually_known["pressure_3pm"][station]
    blank = features.copy()
    blank.loc[here, "pressure_3pm"] = np.nan

    design = predictors.transform(blank, wanted=here.to_numpy())

    names = list(predictors.names(Variant.FULL))
    usual = predictors.climatology.normal("pressure_3pm", pd.DatetimeIndex(["2021-03-05"]))[0, station]
    around = design.matrix[0, names.index("near_pressure_3pm")]
    filled = design.matrix[0, names.index("pressure_3pm")]
    assert filled == pytest.approx(usual + around, abs=1e-3)
    assert design.matrix[0, names.index("pressure_3pm_minus_near")] == pytest.approx(0.0, abs=1e-4)
    assert np.isnan(predictors.transform_local(blank[here])[0]).any()


def test_a_value_that_is_often_missing_stays_missing(features: pd.DataFrame):
    seldom = features.copy()
    at_albury = np.flatnonzero(seldom["station"] == "Albury")
    seldom.loc[at_albury[:: round(1 / (1 - USUALLY_KNOWN) / 2)], "sunshine"] = np.nan
    predictors = Predictors.fit(seldom, Issue.EVENING)

    design = predictors.transform(seldom)

    sunshine = design.matrix[:, predictors.names(Variant.FULL).index("sunshine")]
    assert np.isnan(sunshine[at_albury]).mean() > 1 - USUALLY_KNOWN


def test_what_was_observed_is_counted_before_anything_is_filled_in(features: pd.DataFrame):
    predictors = Predictors.fit(features, Issue.EVENING)
    day = features["date"] == features["date"].max()
    blank = features.copy()
    blank.loc[day & (features["station"] == "Albury"), list(DAILY_COLUMNS)] = np.nan

    design = predictors.transform(blank, wanted=day.to_numpy())

    albury = (design.keys["station"] == "Albury").to_numpy()
    assert design.own_values[albury].tolist() == [0]
    assert (design.own_values[~albury] > 0).all()
    assert set(design.other_stations[~albury]) == {len(predictors.stations) - 2}

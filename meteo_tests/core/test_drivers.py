"""What drove a chance: contributions that add up, and evidence that a person can name."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from meteo_core.calendar import Issue
from meteo_core.features.daily import build_features
from meteo_core.features.predictor_table import Family, predictor_table
from meteo_core.features.predictors import DatedDesign
from meteo_core.model.blend import MAIN
from meteo_core.model.drivers import SEASON_AND_PLACE, drivers_of, evidence_of
from meteo_core.model.rain_model import ROUTES, Answers, RainModel
from meteo_tests import builders


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    return build_features(builders.observations(days=460))


@pytest.fixture(scope="module")
def model(features: pd.DataFrame) -> RainModel:
    return builders.rain_models(builders.observations(days=460))[Issue.EVENING]


def answered(model: RainModel, features: pd.DataFrame) -> tuple[DatedDesign, Answers]:
    design = model.predictors.transform(features)
    made = model.answer(
        design,
        month=design.keys["date"].dt.month.to_numpy(dtype=np.intp),
        wet_today=features["rain_today"].to_numpy(float),
        local=model.local_of(features),
    )
    return design, made


def test_contributions_and_the_average_add_up_to_the_log_odds_of_the_trees(
    model: RainModel, features: pd.DataFrame
):
    rows = features.tail(120).reset_index(drop=True)
    design, made = answered(model, rows)

    drivers = drivers_of(model, design, made.route, made.chances, local=model.local_of(rows))

    for variant in model.members:
        chosen = made.route == ROUTES.index(variant.value)
        if chosen.any():
            _, of_trees, of_networks = model.blends[variant].weights[MAIN]
            trees, _ = model.logits(variant, design, chosen, model.local_of(rows))
            added = [sum(d.log_odds for d in drivers[row]) for row in np.flatnonzero(chosen)]
            average = trees - np.array(added) / (of_trees + of_networks)
            assert np.ptp(average) < 1e-3, "what is left is the same for every row"


def test_points_are_what_the_chance_would_lose_without(model: RainModel, features: pd.DataFrame):
    rows = features.tail(8).reset_index(drop=True)
    design, made = answered(model, rows)

    drivers = drivers_of(model, design, made.route, made.chances, local=model.local_of(rows))

    chance, first = made.chances[0, MAIN], drivers[0][0]
    assert first.points == pytest.approx(chance - expit(logit(chance) - first.log_odds))
    assert [abs(d.log_odds) for d in drivers[0]] == sorted(
        (abs(d.log_odds) for d in drivers[0]), reverse=True
    )


def test_climatology_has_no_drivers(model: RainModel):
    unknown = builders.observations(days=2, last=date(2016, 6, 25))
    numbers = unknown.select_dtypes("number").columns
    unknown = unknown.assign(
        **dict.fromkeys(numbers, np.nan),
        rain_today=None,
        wind_gust_dir=None,
        wind_dir_9am=None,
        wind_dir_3pm=None,
    )
    rows = build_features(unknown)
    design, made = answered(model, rows)

    drivers = drivers_of(model, design, made.route, made.chances, local=model.local_of(rows))

    assert set(made.route.tolist()) == {ROUTES.index("climatology")}
    assert drivers == [[]] * len(rows)


@pytest.mark.parametrize("issue", Issue)
def test_every_predictor_is_about_something_that_can_be_named(issue: Issue):
    for predictor in predictor_table(issue):
        evidence = evidence_of(predictor)
        assert (evidence == SEASON_AND_PLACE) == (
            predictor.family in (Family.SITE, Family.SEASON) or predictor.name == "usual_wet_chance"
        )


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("humidity_3pm", "Moisture of the air here, on the day"),
        ("mean_sunshine_3_days", "Cloud and sunshine here, on the days before"),
        ("near_root_rainfall", "Rain at other stations"),
        ("temp_3pm_NW_300km", "Temperature at other stations"),
        ("gust_eastward", "Wind here, on the day"),
        ("wet_spell", "Rain here, on the days before"),
        ("moisture_pattern_3", "Moisture of the air at other stations"),
        ("latitude", "Season and place"),
    ],
)
def test_evidence_is_named_by_what_it_is_and_where_it_was_seen(name: str, evidence: str):
    predictor = next(each for each in predictor_table(Issue.EVENING) if each.name == name)

    assert evidence_of(predictor) == evidence

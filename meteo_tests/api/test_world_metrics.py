"""What Prometheus reads of the snapshot: age of the data, forecasts, skill, drift."""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest

from meteo_api.settings import Settings
from meteo_core.model.rain_models import RainModels
from meteo_core.stations import stations
from meteo_tests.api.conftest import NOW
from meteo_tests.api.people import in_process
from meteo_tests.api.scraping import Samples, samples, value
from meteo_tests.api.watched import AT_NINE_IN_SYDNEY, watched_home

NEXT_DAY = NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, weather: pd.DataFrame, models: RainModels) -> Settings:
    return Settings(home_dir=watched_home(tmp_path_factory.mktemp("watched"), weather, models).root)


@pytest.fixture(scope="module")
def found(settings: Settings) -> Iterator[Samples]:
    with in_process(settings, now=lambda: NOW, name=None) as client:
        yield samples(client)


def test_data_are_as_old_as_the_newest_day_at_nine(found: Samples):
    assert value(found, "meteo_data_age_seconds") == (NOW - AT_NINE_IN_SYDNEY).total_seconds()


def test_stations_that_nobody_heard_of_are_silent(found: Samples):
    # Eight are in the snapshot, and one of them stopped four days ago.
    assert value(found, "meteo_stations_silent") == len(stations()) - 8 + 1


def test_forecasts_count_while_their_window_lasts(found: Samples, settings: Settings):
    with in_process(settings, now=lambda: NEXT_DAY, name=None) as client:
        a_day_later = samples(client)

    assert value(found, "meteo_forecast_age_seconds", issue="evening") == 0
    assert value(found, "meteo_forecast_stations", issue="evening") == 7
    # Made in the afternoon, the morning's are hindcasts.
    assert value(found, "meteo_forecast_age_seconds", issue="morning") is None
    assert value(found, "meteo_forecast_stations", issue="morning") == 0
    assert value(a_day_later, "meteo_forecast_age_seconds", issue="evening") == 86_400
    assert value(a_day_later, "meteo_forecast_stations", issue="evening") == 0


@pytest.mark.parametrize("window_days", ["30", "90"])
@pytest.mark.parametrize("issue", ["morning", "evening"])
def test_skill_is_that_of_the_newest_window(found: Samples, issue: str, window_days: str):
    labels = {"issue": issue, "window_days": window_days}

    # Three of four chances of 75 and 25 % come true: 0.1875 beside 0.25 of always 50 %.
    score = value(found, "meteo_verification_brier_score", **labels)
    skill = value(found, "meteo_skill_over_climatology", **labels)
    low, high = (value(found, f"meteo_skill_over_climatology_{end}", **labels) for end in ("low", "high"))
    last = value(found, "meteo_verification_last_day_timestamp_seconds", **labels)

    assert score == pytest.approx(0.1875, abs=0.02)
    assert skill == pytest.approx(0.25, abs=0.08)
    assert low is not None
    assert high is not None
    assert low < 0.25 < high
    assert last == AT_NINE_IN_SYDNEY.timestamp()


def test_skill_is_held_against_what_is_expected(found: Samples):
    # A fifth off each day is a mean squared error of 0.04 beside 0.25: a skill of 0.84.
    evening = {"issue": "evening", "window_days": "30"}
    assert value(found, "meteo_expected_skill", **evening) == pytest.approx(0.84)
    assert value(found, "meteo_skill_below_expectation", **evening) == 1
    # Of the morning nothing is known to expect.
    assert value(found, "meteo_skill_below_expectation", issue="morning", window_days="30") is None


def test_outcomes_that_are_late_show_as_coverage(found: Samples):
    for issue in ("morning", "evening"):
        coverage = value(found, "meteo_verification_coverage", issue=issue, window_days="30")
        assert coverage == pytest.approx(29 / 30)


def test_drift_is_that_of_the_newest_week_where_it_could_be_judged(found: Samples):
    scores = {
        dict(labels)["parameter"]: number
        for (name, labels), number in found.items()
        if name == "meteo_drift_score"
    }

    assert scores == {"pressure_9am": 0.30, "max_temp": 0.15, "min_temp": 0.20}
    assert value(found, "meteo_drift_threshold", parameter="pressure_9am") == 0.20
    # The week of Sunday the 12th ended with Saturday the 18th.
    assert value(found, "meteo_drift_age_seconds") == (NOW - AT_NINE_IN_SYDNEY).total_seconds() + 6 * 86_400


def test_alarms_count_while_they_last(found: Samples):
    active = {
        dict(labels)["kind"]: number
        for (name, labels), number in found.items()
        if name == "meteo_alarms_active"
    }

    assert active == {"pooled": 0, "station": 0, "hard": 2, "skill": 1}


def test_what_is_not_known_has_no_value(found: Samples):
    assert value(found, "meteo_expected_skill", issue="morning", window_days="90") is None
    assert all(number == number for number in found.values())

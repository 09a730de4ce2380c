"""What the service is asked, against the weather of the season where it is asked about."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from meteo_core.drift.asked import asked_drift, asked_values
from meteo_core.drift.distributions import distributions, from_json, to_json
from meteo_core.drift.pooled import DRIFT, INSUFFICIENT, STEADY
from meteo_core.parameters import NUMBERS

LAST = date(2020, 6, 30)


@pytest.fixture(scope="module")
def record() -> pd.DataFrame:
    """Nine years of a warm and a cold place, whose days scatter by 3 °C about their own yearly course."""
    random = np.random.default_rng(0)
    days = pd.date_range("2012-01-01", LAST)
    season = 8 * np.cos(2 * np.pi * days.dayofyear / 365.25)
    places = [
        pd.DataFrame({"station": station, "date": days, "temp_3pm": usual + season})
        for station, usual in (("Darwin", 31.0), ("Hobart", 17.0))
    ]
    record = pd.concat(places, ignore_index=True)
    record["temp_3pm"] += 3 * random.standard_normal(len(record))
    return record.reindex(columns=["station", "date", *NUMBERS])


def questions(record: pd.DataFrame, station: str, *, year: int = 2020, count: int = 300) -> pd.DataFrame:
    """Questions about days of a June at a station, with the temperature that there was."""
    june = record[(record["station"] == station) & (record["date"].dt.strftime("%Y-%m") == f"{year}-06")]
    return june.sample(count, replace=True, random_state=1).reset_index(drop=True)


def verdict(asked: pd.DataFrame, record: pd.DataFrame) -> str:
    return asked_drift(asked, record, LAST).scores.set_index("parameter")["verdict"]["temp_3pm"]


def test_what_is_given_in_json_is_read_by_name_and_what_is_not_is_unknown():
    requests = pd.DataFrame(
        {
            "station": ["Darwin", "Hobart"],
            "date": pd.to_datetime(["2020-06-01", "2020-06-02"]),
            "inputs": ['{"temp_3pm": 30.5, "wind_dir_9am": "N", "rain_today": true}', '{"temp_3pm": null}'],
        }
    )

    asked = asked_values(requests)

    assert list(asked) == ["station", "date", *NUMBERS]
    assert asked["temp_3pm"].tolist() == pytest.approx([30.5, np.nan], nan_ok=True)
    assert asked["humidity_3pm"].isna().all()
    assert asked_values(requests.iloc[:0]).empty


@pytest.mark.parametrize("station", ["Darwin", "Hobart"])
def test_ordinary_days_of_one_place_are_steady_though_the_network_is_warmer_or_colder(
    record: pd.DataFrame, station: str
):
    assert verdict(questions(record, station), record) == STEADY


def test_a_place_of_which_a_parameter_is_never_given_counts_for_nothing(record: pd.DataFrame):
    silent = questions(record, "Hobart").assign(temp_3pm=np.nan)
    asked = questions(record, "Darwin")

    both = asked_drift(pd.concat([asked, silent], ignore_index=True), record, LAST).scores
    alone = asked_drift(asked, record, LAST).scores

    assert both.loc[0].equals(alone.loc[0])
    assert verdict(pd.concat([asked, silent], ignore_index=True), record) == STEADY


def test_a_heat_wave_supposed_in_june_drifts_by_as_many_spreads_as_it_is_hotter(record: pd.DataFrame):
    asked = questions(record, "Hobart").assign(temp_3pm=lambda rows: rows["temp_3pm"] + 15.0)

    scored = asked_drift(asked, record, LAST).scores.set_index("parameter").loc["temp_3pm"]

    assert scored["verdict"] == DRIFT
    assert scored["score"] == pytest.approx(15 / 3, rel=0.1)
    assert scored["threshold"] < 1.0


def test_a_question_about_january_is_held_against_january(record: pd.DataFrame):
    # A day of January asked about in June is hotter than any day of June, and usual for January.
    january = record[(record["station"] == "Hobart") & (record["date"].dt.strftime("%Y-%m") == "2020-01")]
    asked = january.sample(300, replace=True, random_state=1)

    assert verdict(asked, record) == STEADY
    assert asked["temp_3pm"].min() > questions(record, "Hobart")["temp_3pm"].mean()


def test_days_just_before_the_questions_are_of_no_earlier_year(record: pd.DataFrame):
    reference = asked_drift(questions(record, "Darwin"), record, LAST).reference

    assert reference["date"].max() < pd.Timestamp(LAST) - pd.Timedelta(days=300)
    assert set(reference["station"]) == {"Darwin"}


def test_the_weather_while_the_questions_came_says_nothing_of_them(record: pd.DataFrame):
    window = record["date"] >= pd.Timestamp(2020, 6, 1)
    hot = record.assign(temp_3pm=record["temp_3pm"].mask(window, 60.0))
    asked = questions(record, "Darwin")

    assert asked_drift(asked, hot, LAST).scores.equals(asked_drift(asked, record, LAST).scores)


def test_few_questions_and_few_years_are_insufficient(record: pd.DataFrame):
    assert verdict(questions(record, "Darwin", count=199), record) == INSUFFICIENT
    two_years = record[record["date"] >= "2018-07-01"]
    assert verdict(questions(record, "Darwin"), two_years) == INSUFFICIENT
    assert verdict(questions(record, "Darwin", count=0), record) == INSUFFICIENT
    elsewhere = questions(record, "Darwin").assign(station="Atlantis")
    assert verdict(elsewhere, record) == INSUFFICIENT


def test_the_same_questions_have_the_same_threshold(record: pd.DataFrame):
    asked = questions(record, "Darwin")

    assert asked_drift(asked, record, LAST).scores.equals(asked_drift(asked, record, LAST).scores)


def test_distributions_are_shares_on_one_axis_and_survive_being_kept(record: pd.DataFrame):
    asked = questions(record, "Hobart").assign(temp_3pm=lambda rows: rows["temp_3pm"] + 15.0)
    found = distributions(asked_drift(asked, record, LAST), record)

    assert list(found) == ["temp_3pm"]
    kept = from_json(to_json(found))
    assert kept == found
    temperature = kept["temp_3pm"]
    assert sum(temperature.current) == pytest.approx(1.0, abs=1e-4)
    assert sum(temperature.reference) == pytest.approx(1.0, abs=1e-4)
    middle = (np.array(temperature.edges[1:]) + temperature.edges[:-1]) / 2
    assert middle @ temperature.current - middle @ temperature.reference == pytest.approx(15.0, abs=1.0)
    assert distributions(asked_drift(asked.iloc[:10], record, LAST), record) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"temp_3pm": {"edges": []}}', '{"temp_3pm": 3}'])
def test_what_are_no_distributions_is_refused(text: str):
    with pytest.raises(ValueError, match="no distributions"):
        from_json(text)

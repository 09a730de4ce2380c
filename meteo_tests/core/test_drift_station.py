"""Station drift, unit changes, thresholds and windows on cases made for them."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from meteo_core.drift import windows
from meteo_core.drift.injection_text import BadInjection, inject, parse_injection
from meteo_core.drift.neighbours import NEIGHBOURS, closest_residual
from meteo_core.drift.replay import Watched, replay
from meteo_core.drift.station import PRESSURE_RATE, ewma, lagged_median
from meteo_core.drift.thresholds import count_episodes, fit_threshold, threshold_table
from meteo_core.drift.units import MOST, cusum, evidence
from meteo_core.parameters import NUMBERS
from meteo_core.stations import stations

FIRST, LAST = date(2019, 1, 1), date(2019, 3, 31)
NAMES = ("pressure_3pm", "temp_3pm", "wind_gust_speed")
PLACES = (
    "Sydney",
    "SydneyAirport",
    "Richmond",
    "BadgerysCreek",
    "Penrith",
    "Wollongong",
    "NorahHead",
    "Williamtown",
)
FAULT_DAY = date(2019, 2, 1)


@pytest.fixture(scope="module")
def observations() -> pd.DataFrame:
    """Eight stations near Sydney for four years: one weather for all, and a little of each station's own."""
    chosen = np.random.default_rng(3)
    days = pd.date_range("2015-04-01", LAST)
    season = np.cos(2 * np.pi * days.dayofyear.to_numpy() / 365.25)
    parts = []
    shared = {name: chosen.normal(size=len(days)) for name in NAMES}
    for place in PLACES:
        own = {name: chosen.normal(size=len(days)) for name in NAMES}
        rows = pd.DataFrame({"station": place, "date": days, **dict.fromkeys(NUMBERS, np.nan)})
        rows["pressure_3pm"] = 1015 - 4 * season + 6 * shared["pressure_3pm"] + 0.7 * own["pressure_3pm"]
        rows["temp_3pm"] = 20 + 5 * season + 3 * shared["temp_3pm"] + 1.0 * own["temp_3pm"]
        gust = 40 + 10 * shared["wind_gust_speed"] + 5 * own["wind_gust_speed"]
        rows["wind_gust_speed"] = gust.clip(7.0)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True).round(1)


def watched(observations: pd.DataFrame, *faults: str, last: date = LAST) -> Watched:
    return replay(inject(observations, [parse_injection(each) for each in faults]), FIRST, last, names=NAMES)


def first_alarm(watched: Watched, parameter: str, station: str = "Sydney") -> int:
    """Days from the fault to the first alarm of it, the fault's day being day 1."""
    told = watched.alarms
    told = told[(told["station"] == station) & (told["parameter"] == parameter)]
    return (told.loc[told["date"] >= pd.Timestamp(FAULT_DAY), "date"].min().date() - FAULT_DAY).days + 1


@pytest.fixture(scope="module")
def quiet(observations: pd.DataFrame) -> Watched:
    return watched(observations)


def test_weather_without_a_fault_raises_next_to_no_alarm(quiet: Watched):
    assert quiet.alarms["date"].nunique() <= 3


@pytest.mark.parametrize(
    ("parameter", "fault", "within"),
    [
        ("pressure_3pm", "add=2", 10),
        ("pressure_3pm", "stuck", 4),
        ("temp_3pm", "unit=fahrenheit", 2),
        ("wind_gust_speed", "unit=m/s", 5),
    ],
)
def test_a_fault_is_found_where_it_is_and_hardly_elsewhere(
    observations: pd.DataFrame, parameter: str, fault: str, within: int
):
    told = watched(observations, f"station=Sydney,parameter={parameter},{fault},from={FAULT_DAY}")

    assert 1 <= first_alarm(told, parameter) <= within
    # One station in eight is a good part of all stations here, and may be pooled drift too.
    elsewhere = told.alarms[~told.alarms["station"].isin(["Sydney", ""])]
    assert len(elsewhere) < 0.2 * (told.alarms["station"] == "Sydney").sum()


def test_the_alarms_of_a_day_do_not_depend_on_later_days(observations: pd.DataFrame):
    fault = f"station=Sydney,parameter=pressure_3pm,add=2,from={FAULT_DAY}"
    whole = watched(observations, fault).alarms

    for last in (FAULT_DAY + timedelta(days=12), FAULT_DAY + timedelta(days=30)):
        cut = watched(observations[observations["date"] <= pd.Timestamp(last)], fault, last=last).alarms

        until = whole[whole["date"] <= pd.Timestamp(last)].reset_index(drop=True)
        assert len(until) > 0
        pd.testing.assert_frame_equal(cut, until)


def test_too_short_a_record_has_no_thresholds_and_raises_no_alarm(observations: pd.DataFrame):
    short = observations[observations["date"] >= "2017-12-01"]

    told = watched(short, f"station=Sydney,parameter=pressure_3pm,add=9,from={FAULT_DAY}")

    assert told.alarms.empty
    assert all(np.isnan(each.value) for each in told.thresholds)
    assert threshold_table(told.thresholds, judged_from=FIRST)["value"].isna().all()


def test_thresholds_say_what_they_were_fitted_to(quiet: Watched):
    table = threshold_table(quiet.thresholds, judged_from=FIRST).set_index(["kind", "parameter"])

    of_pressure = table.loc[("station", "pressure_3pm")]
    assert of_pressure["value"] > 0.5
    assert of_pressure["last"] < pd.Timestamp(FIRST)
    assert of_pressure["rate"] == PRESSURE_RATE
    assert table.loc[("pooled", "pressure_3pm"), "multiplier"] == 1.15
    assert stations()["Sydney"]  # every name is one of ours
    assert set(quiet.alarms["station"]) <= {"", *stations()}


def test_a_fault_of_one_neighbour_is_no_residual_and_one_of_the_station_is():
    expected = np.full((1, 1, 1 + NEIGHBOURS), 20.0)
    expected[..., 3:] = 27.0  # all but the second left out: only that expectation is untouched
    assert closest_residual(np.array([[20.0]]), expected).item() == 0.0
    assert closest_residual(np.array([[33.0]]), expected).item() == 6.0
    assert closest_residual(np.array([[15.0]]), expected).item() == -5.0
    assert np.isnan(closest_residual(np.array([[np.nan]]), expected)).all()


def test_the_moving_average_follows_roberts_and_skips_unknown_days():
    told = ewma(np.array([[np.nan], [1.0], [np.nan], [1.0]]))

    np.testing.assert_allclose(told[:, 0], [np.nan, 0.1, 0.1, 0.19])


def test_the_habit_of_a_day_is_that_of_days_long_ago():
    values = np.arange(100.0)[:, None]

    told = lagged_median(values, 11, 11)

    assert told[75, 0] == 25.0  # the median of days 20 to 30, 45 days before day 75
    assert np.isnan(told[54, 0])


def test_evidence_for_a_unit_is_summed_from_nothing_and_held():
    each = evidence(np.array([0.0, 3.0, 90.0]), np.array([3.0, 0.0, 0.0]))
    np.testing.assert_allclose(each, [-4.0, 4.0, 4.0])

    told = cusum(np.array([[-4.0], [4.0], [np.nan], [4.0], *[[4.0]] * 9]))
    assert told[:4, 0].tolist() == [0.0, 4.0, 4.0, 8.0]
    assert told[-1, 0] == MOST


def test_a_threshold_lets_as_many_episodes_pass_as_it_may():
    scores = np.zeros((3653, 4))  # forty station-years
    for day, height in ((100, 5.0), (102, 4.0), (900, 3.0), (2000, 2.0)):
        scores[day, 1] = height
    days = pd.date_range("2000-01-01", periods=len(scores))

    one = fit_threshold(scores, days, kind="station", parameter="temp_3pm", rate=1 / 40)

    assert one.value == pytest.approx(3.0, abs=0.01)  # 5 and 4 are one episode, and 3 is no other
    assert count_episodes(scores > 2.5) == 2
    assert np.isnan(fit_threshold(scores[:100], days[:100], kind="x", parameter="x", rate=1).value)


def test_the_distance_is_that_of_scipy():
    chosen = np.random.default_rng(0)
    values = np.concatenate([chosen.normal(size=(40, 30)), chosen.gamma(2.0, size=(40, 30))])
    counts = windows.count_days(values)

    some, others = counts[40], counts[80] - counts[40]

    expected = wasserstein_distance(values[:40].ravel(), values[40:].ravel())
    assert windows.distance(some, others) == pytest.approx(expected, rel=0.01)
    assert windows.spread(others) == pytest.approx(values[40:].std(), rel=0.01)


def test_an_injection_changes_what_it_names_and_nothing_else(observations: pd.DataFrame):
    rows = observations[observations["station"].isin(["Sydney", "Penrith"])]
    text = "station=Sydney,parameter=temp_3pm,unit=fahrenheit,from=2019-01-02,to=2019-01-03"

    told = inject(rows, [parse_injection(text)])

    changed = (told["temp_3pm"] != rows["temp_3pm"]).to_numpy()
    assert told.loc[changed, "date"].dt.day.tolist() == [2, 3]
    assert (
        told.loc[changed, "temp_3pm"].tolist() == (rows.loc[changed, "temp_3pm"] * 1.8 + 32).round(1).tolist()
    )


def test_a_stuck_sensor_says_its_last_value_again(observations: pd.DataFrame):
    told = inject(
        observations, [parse_injection("station=Sydney,parameter=pressure_3pm,stuck,from=2019-01-05")]
    )

    since = told[(told["station"] == "Sydney") & (told["date"] >= "2019-01-04")]["pressure_3pm"]
    assert since.nunique() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("station=Sidney,parameter=temp_3pm,add=1,from=2019-01-01", "station: .*did you mean Sydney"),
        ("station=Sydney,parameter=heat,add=1,from=2019-01-01", "parameter: there is no 'heat'"),
        ("station=Sydney,parameter=temp_3pm,add=much,from=2019-01-01", "add: 'much' is no number"),
        ("station=Sydney,parameter=temp_3pm,add=1,from=yesterday", "from: 'yesterday' is no date"),
        ("station=Sydney,parameter=temp_3pm,add=1", "from: is missing"),
        (
            "station=Sydney,parameter=temp_3pm,add=1,multiply=2,from=2019-01-01",
            "add and multiply: give exactly",
        ),
        ("station=Sydney,parameter=temp_3pm,from=2019-01-01", "fault: give exactly one"),
        ("station=Sydney,parameter=temp_3pm,unit=knots,from=2019-01-01", "unit: temp_3pm is in °C"),
        ("station=Sydney,parameter=temp_3pm,add=1,from=2019-02-01,to=2019-01-01", "to: 2019-01-01 is before"),
        ("station=Sydney,color=red", "color: there is no such field"),
    ],
)
def test_an_injection_that_cannot_be_made_is_refused_by_the_name_of_its_field(text: str, said: str):
    with pytest.raises(BadInjection, match=said):
        parse_injection(text)

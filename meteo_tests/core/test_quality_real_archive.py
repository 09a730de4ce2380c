"""The rules on eight years of real weather, of which no fault is known: what they find are false alarms."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from meteo_core.labels import PREDICTAND, label_days
from meteo_core.quality import Inspection, inspect
from meteo_core.quality.suspicions import STUCK, find_suspicions
from meteo_core.quality.units import HIGHEST_FRACTION, HIGHEST_MEDIAN, LEAST_VALUES
from meteo_core.sources.archive import Archive
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import stations

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "data" / "weatherAUS.csv.gz"

pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(),
    reason=f"the archive is the Bureau's and not part of the project: {ARCHIVE} is absent",
)


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    archive = Archive(ARCHIVE, now=lambda: datetime(2016, 8, 1, tzinfo=UTC))
    [given] = archive.fetch(list(stations().values()), date(2007, 11, 1), date(2016, 6, 30))
    assert isinstance(given, Delivery)
    return given


@pytest.fixture(scope="module")
def inspection(delivery: Delivery) -> Inspection:
    return inspect([delivery])


@pytest.fixture(scope="module")
def suspicions(inspection: Inspection) -> pd.DataFrame:
    return find_suspicions(inspection.observations, first=date(2007, 11, 1))


def test_nothing_real_is_rejected_and_one_value_flagged(inspection: Inspection):
    assert inspection.findings[["station", "date", "parameter", "verdict"]].values.tolist() == [
        ["Canberra", pd.Timestamp("2010-11-15"), "temp_9am", "flagged"]
    ]


def test_no_real_month_is_near_the_limits_of_a_column_on_whatever_day_it_is_read(delivery: Delivery):
    rows = delivery.observations.sort_values(["station", "date"])
    month = [rows["station"], rows["date"].dt.to_period("M")]

    def so_far(name: str) -> pd.api.typing.RollingGroupby:
        # A window of a whole month: what a document of the month that goes on holds on each of its days.
        given = rows[name].notna()
        grouped = rows.loc[given, name].groupby([key[given] for key in month])
        return grouped.rolling(31, min_periods=LEAST_VALUES)

    for name, highest in HIGHEST_MEDIAN.items():
        assert so_far(name).median().max() < highest - 3
    for name in ("humidity_9am", "humidity_3pm"):
        assert so_far(name).max().min() > 10 * HIGHEST_FRACTION


def test_nearly_every_real_month_would_be_found_if_it_came_in_fahrenheit(delivery: Delivery):
    rows = delivery.observations[delivery.observations["station"].isin(["Hobart", "Perth", "Katherine"])]
    wrong = rows.assign(**{name: rows[name] * 1.8 + 32 for name in HIGHEST_MEDIAN})
    document = Delivery("archive", "in °F", delivery.fetched_at, b"in F", wrong.reset_index(drop=True))

    kept = inspect([document]).observations[list(HIGHEST_MEDIAN)].notna().mean()

    assert (kept < 0.01).all()


@pytest.mark.parametrize(
    ("parameter", "days", "bound"),
    [
        ("pressure_3pm", 4, 0.005),
        ("temp_3pm", 4, 0.01),
        ("humidity_3pm", 5, 0.02),
        ("humidity_9am", 6, 0.05),
        ("wind_gust_speed", 6, 0.005),
        ("rainfall", 6, 0.025),
    ],
)
def test_false_alarms_for_each_station_and_year_stay_below_the_bound(
    inspection: Inspection, suspicions: pd.DataFrame, parameter: str, days: int, bound: float
):
    station_years = len(inspection.observations) / 365.25

    begun = suspicions["parameter"].eq(parameter) & suspicions["reason"].str.contains(f" on {days} days ")

    assert begun.sum() / station_years < bound


def test_a_real_sensor_that_sticks_is_found_on_the_last_day_of_the_least_run(inspection: Inspection):
    rows = inspection.observations[inspection.observations["station"] == "Hobart"].copy()
    from_day = pd.Timestamp("2014-03-01")
    stuck = rows["date"] >= from_day
    for name in STUCK:
        rows.loc[stuck, name] = 52.0

    result = find_suspicions(rows, first=from_day.date())

    first_found = result.groupby("parameter")["date"].min()
    assert first_found.to_dict() == {
        name: from_day + timedelta(days=rule.days - 1) for name, rule in STUCK.items()
    }


def test_labels_that_are_totals_of_several_days_are_unknown(inspection: Inspection):
    observations = inspection.observations

    labels = label_days(observations)

    # 124,723 days have a reading on the next; 1,212 of them have none of their own.
    assert int(labels[PREDICTAND.name].notna().sum()) == 124_723 - 1_212

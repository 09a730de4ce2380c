"""Which alarms last on a day, and since when."""

from datetime import date

import pandas as pd

from meteo_core.drift.active import active_alarms
from meteo_core.drift.alarms import ALARM_COLUMNS, no_alarms


def alarms(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Day in June 2020, kind, station and score of each."""
    return pd.DataFrame(
        [(f"2020-06-{day}", kind, station, "pressure_3pm", score, 4.0) for day, kind, station, score in rows],
        columns=list(ALARM_COLUMNS),
    ).astype({"date": "datetime64[ns]"})


OFFSET = alarms(
    ("01", "station", "Sydney", 4.5),  # an episode of its own: five days lie between
    ("06", "station", "Sydney", 5.0),
    ("07", "station", "Sydney", 7.0),
    ("09", "station", "Sydney", 6.0),
    ("02", "hard", "Cobar", 9.0),
)


def test_an_alarm_lasts_three_days_longer_than_it_is_seen_and_is_told_from_its_first_day():
    (alarm,) = active_alarms(OFFSET, date(2020, 6, 12))

    assert alarm == {
        "kind": "station",
        "station": "Sydney",
        "parameter": "pressure_3pm",
        "first": "2020-06-06",
        "last": "2020-06-09",
        "days": 3,
        "score": 7.0,
        "threshold": 4.0,
    }
    assert active_alarms(OFFSET, date(2020, 6, 13)) == []


def test_what_comes_after_the_day_is_not_known_on_it():
    lasting = active_alarms(OFFSET, date(2020, 6, 2))

    assert [(each["kind"], each["last"]) for each in lasting] == [
        ("hard", "2020-06-02"),
        ("station", "2020-06-01"),
    ]


def test_without_alarms_none_lasts():
    assert active_alarms(no_alarms(), date(2020, 6, 2)) == []

"""Which day and week a moment belongs to, on the clock of the schedules."""

from datetime import UTC, date, datetime

import pytest

from meteo_core import jobs


@pytest.mark.parametrize(
    ("moment", "newest"),
    [
        # Summer time, 11 hours ahead of UTC: 08:59 and 09:00 in Sydney.
        (datetime(2024, 1, 9, 21, 59, tzinfo=UTC), date(2024, 1, 9)),
        (datetime(2024, 1, 9, 22, 0, tzinfo=UTC), date(2024, 1, 10)),
        # Winter, 10 hours.
        (datetime(2024, 7, 9, 22, 59, tzinfo=UTC), date(2024, 7, 9)),
        (datetime(2024, 7, 9, 23, 0, tzinfo=UTC), date(2024, 7, 10)),
    ],
)
def test_a_day_is_observed_from_nine_in_the_morning(moment: datetime, newest: date):
    assert jobs.newest_observed_day(moment) == newest


def test_today_begins_at_midnight_in_sydney():
    assert jobs.today(datetime(2024, 1, 9, 13, 0, tzinfo=UTC)) == date(2024, 1, 10)

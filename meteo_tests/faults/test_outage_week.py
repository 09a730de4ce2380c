"""A week in which the source is away, on the real schedule and assets; the clocks change within it.

What is scheduled each morning is run at its moment: nobody does anything else.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.test_utils import freeze_time
from dagster._utils.schedules import cron_string_iterator

from meteo_assets import features, raw, schedules
from meteo_assets.failures import first_failure
from meteo_assets.schedules import every_evening, every_morning, every_noon
from meteo_assets.settings import Settings
from meteo_core.jobs import DAILY_JOB
from meteo_core.sources import bom_dwo
from meteo_core.sources.polite_client import Manners
from meteo_core.sources.simulator.site import BureauSite
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse
from meteo_tests.receivers import free_port

SYDNEY = ZoneInfo("Australia/Sydney")
FEW = {name: stations()[name] for name in ("Sydney", "Perth")}
BEFORE = date(2025, 3, 30)
AWAY = [BEFORE + timedelta(days=number) for number in range(1, 8)]
"""31 March to 6 April: another month begins, and on the last day the clocks go back."""
BACK = AWAY[-1] + timedelta(days=1)
SCHEDULES = {every_morning: time(10, 30), every_noon: time(12, 30), every_evening: time(19, 30)}
ASSETS = ("raw_observations", "features", "labels")


@dataclass
class Lived:
    """What came of it."""

    instance: dg.DagsterInstance
    warehouse: Warehouse
    failures: dict[date, str | None] = field(default_factory=dict)
    """What each morning's run failed of."""
    rows: dict[date, int] = field(default_factory=dict)
    """Observations held after it."""

    def days(self, table: str) -> Counter[date]:
        """How many stations have which of the days."""
        return Counter(self.warehouse.read(table, BEFORE, BACK)["date"].dt.date)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    settings = Settings(home_dir=tmp_path_factory.mktemp("week"))
    warehouse = Warehouse(settings.home.warehouse)
    resources = {"settings": settings, "warehouse": warehouse}
    chosen = [raw.raw_observations, features.features, features.labels]
    repository = dg.Definitions(
        assets=chosen,
        asset_checks=dg.load_asset_checks_from_modules([raw, features]),
        jobs=[dg.define_asset_job(DAILY_JOB, selection=dg.AssetSelection.assets(*chosen))],
        resources=resources,
        executor=dg.in_process_executor,
    ).get_repository_def()
    nobody, moment = f"http://127.0.0.1:{free_port()}", datetime.now(UTC)
    with (
        pytest.MonkeyPatch.context() as patch,
        BureauSite(seed=1, now=lambda: moment) as site,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        patch.setattr(raw, "stations", lambda: FEW)
        # A month is read again each morning; nine days are enough to fill a week.
        patch.setattr(schedules, "REREAD_DAYS", 9)
        patch.setattr(bom_dwo, "Manners", partial(Manners, first_pause_s=0.01))
        lived = Lived(instance, warehouse)
        for day in (BEFORE, *AWAY, BACK):
            settings.source_url = nobody if day in AWAY else site.url
            moment = datetime.combine(day, time(10, 30), SYDNEY).astimezone(UTC)
            asked = every_morning(dg.build_schedule_context(scheduled_execution_time=moment))
            with freeze_time(moment):
                result = repository.get_job(DAILY_JOB).execute_in_process(
                    instance=instance,
                    raise_on_error=False,
                    tags=asked.tags,
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            lived.failures[day] = None if result.success else str(first_failure(result.all_events))
            lived.rows[day] = len(warehouse.read("raw.observations"))
        yield lived


@pytest.mark.fault(
    "source away for a week, clocks changing in it", "each run fails with the reason, nothing is written"
)
def test_each_morning_without_the_source_fails_and_writes_nothing(lived: Lived):
    assert [day for day, failure in lived.failures.items() if failure is None] == [BEFORE, BACK]
    for day in AWAY:
        assert re.search(r"simulator gave no observations for .*refused", lived.failures[day] or "")
        assert lived.rows[day] == lived.rows[BEFORE]


@pytest.mark.fault("source back after a week", "all its days are there that morning, without hands")
def test_the_first_morning_with_the_source_fills_the_week(lived: Lived):
    # At 10:30 in Sydney it is 8:30 in Perth: its row of today comes with the next run.
    whole = {day: len(FEW) for day in (BEFORE, *AWAY)}

    assert lived.days("raw.observations") == whole | {BACK: 1}
    assert lived.days("features.daily") == whole | {BACK: 1}
    assert lived.days("labels.daily") == whole | {BACK: 1}
    for asset in ASSETS:
        made = lived.instance.get_materialized_partitions(dg.AssetKey(asset))
        assert {day.isoformat() for day in (BEFORE, *AWAY, BACK)} <= made, asset
    outcomes = lived.warehouse.read("labels.daily", AWAY[0], AWAY[-2])
    assert outcomes["rain_mm"].notna().sum() >= 10, "of twelve, but for what no gauge measured"


@pytest.mark.fault("clocks change under the schedules", "each day has each run once, at its time of day")
@pytest.mark.parametrize("change", [date(2025, 4, 6), date(2025, 10, 5)])
def test_schedules_keep_to_the_clock_on_the_wall(change: date):
    days = [change + timedelta(days=number) for number in (-1, 0, 1)]
    start = datetime.combine(days[0], time(0), SYDNEY)

    for schedule, at in SCHEDULES.items():
        ticks = cron_string_iterator(start.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
        told = [next(ticks).astimezone(SYDNEY) for _ in days]

        assert [(tick.date(), tick.time()) for tick in told] == [(day, at) for day in days]
        asked = [schedule(dg.build_schedule_context(scheduled_execution_time=tick)) for tick in told]
        assert [each.run_key[-10:] for each in asked] == [day.isoformat() for day in days]

"""A week with an offset at a station, two days of outage, a failing check and a stopped channel.

Observations come over HTTP from the simulated site into a real warehouse, through the real asset and its
checks, on the real schedules, at staged times; forecasts and alarms are stand-ins that say what the story
wants. Messages go to a real mail server and a real webhook.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pandas as pd
import pytest
from dagster._core.test_utils import freeze_time

from meteo_assets import raw, schedules
from meteo_assets.partitions import days_of, observation_days, training_weeks
from meteo_assets.schedules import every_evening, every_morning
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import DeliveryState
from meteo_core.drift.active import ACTIVE_ALARMS, active_alarms
from meteo_core.drift.alarms import ALARM_COLUMNS
from meteo_core.jobs import DAILY_JOB, SHADOW_JOB
from meteo_core.sources.simulator.site import BureauSite
from meteo_core.stations import stations
from meteo_core.warehouse import Warehouse
from meteo_tests.assets.watched import Watched, watching
from meteo_tests.receivers import Hook, Mailbox, free_port, mail_server, webhook
from meteo_tests.sources.scripted_site import Answer, ScriptedSite

SYDNEY = ZoneInfo("Australia/Sydney")
MONDAY = date(2025, 3, 10)
FEW = dict(list(stations().items())[:3])
OFFSET_DAYS = (MONDAY, MONDAY + timedelta(days=1))
OUTAGE = (MONDAY + timedelta(days=2), MONDAY + timedelta(days=3))
CHECK_FAILS = MONDAY + timedelta(days=5)
WEEK = [MONDAY + timedelta(days=number) for number in range(7)]
EVENTS = {
    "drift:station:Sydney:pressure_3pm",
    "source_blocked:simulator",
    "no_forecast:morning",
    "no_forecast:evening",
    "failed_check:forecasts/the_chances_are_calibrated",
}
"""What the week should alarm people about."""


@dataclass
class Story:
    """What the stand-ins say next."""

    passes: bool = True


def pipeline(story: Story, settings: Settings) -> dg.RepositoryDefinition:
    @dg.asset(partitions_def=observation_days, deps=[raw.raw_observations], backfill_policy=SINGLE)
    def forecasts(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]):
        _, last = days_of(context)
        observed = warehouse.query("SELECT max(date) AS day FROM raw.observations")["day"].iloc[0].date()
        issued = len(stations()) if observed == last else 0
        evening = dg._time.get_current_datetime("Australia/Sydney").hour >= 18
        return dg.MaterializeResult(
            metadata={
                "newest_day": observed.isoformat(),
                "issued_morning": 0 if evening else issued,
                "issued_evening": issued if evening else 0,
            }
        )

    @dg.asset_check(asset=forecasts)
    def the_chances_are_calibrated() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=story.passes, severity=dg.AssetCheckSeverity.WARN)

    @dg.asset(partitions_def=observation_days, deps=[raw.raw_observations], backfill_policy=SINGLE)
    def drift_alarms(context: dg.AssetExecutionContext):
        _, last = days_of(context)
        rows = [(pd.Timestamp(day), "station", "Sydney", "pressure_3pm", 6.0, 4.0) for day in OFFSET_DAYS]
        alarms = pd.DataFrame(rows, columns=list(ALARM_COLUMNS))
        return dg.MaterializeResult(metadata={ACTIVE_ALARMS: active_alarms(alarms, last)})

    @dg.asset(partitions_def=training_weeks)
    def rain_model() -> None:
        pass

    daily = dg.AssetSelection.assets(raw.raw_observations, forecasts, drift_alarms)
    return dg.Definitions(
        assets=[raw.raw_observations, forecasts, drift_alarms, rain_model],
        asset_checks=[*dg.load_asset_checks_from_modules([raw]), the_chances_are_calibrated],
        jobs=[
            dg.define_asset_job(DAILY_JOB, selection=daily),
            dg.define_asset_job(SHADOW_JOB, selection=dg.AssetSelection.assets(rain_model)),
        ],
        resources={"settings": settings, "warehouse": Warehouse(settings.home.warehouse)},
        executor=dg.in_process_executor,
    ).get_repository_def()


SINGLE = dg.BackfillPolicy.single_run()


@dataclass
class Week:
    """The week as it is lived through, and what came of it."""

    watched: Watched
    hook: Hook
    story: Story
    retrains: list[str] = field(default_factory=list)
    open_at: dict[str, list[str]] = field(default_factory=dict)
    waiting_in_the_outage: int = 0

    def live(self, mail_port: int, site: str, refusing: str) -> Mailbox:
        """Seven days; the mail server is away as long as the source is."""
        letters = Mailbox(mail_port)
        for day in WEEK:
            away = day in OUTAGE
            self.watched.settings.source_url = refusing if away else site
            with ExitStack() as stack:
                if not away:
                    box = stack.enter_context(mail_server(mail_port))
                self._live(day)
                if not away:
                    letters.messages += box.messages
            if away:
                self.waiting_in_the_outage = len(self._unsent())
        return letters

    def _live(self, day: date) -> None:
        self.story.passes = day != CHECK_FAILS
        self._run(every_morning, day, 10, 30)
        self._look(day, 10, 45)
        self._look(day, 13, 35)
        self.story.passes = True
        self._run(every_evening, day, 19, 30)
        self._look(day, 19, 45)
        self._look(day, 21, 5)
        self.open_at[f"{day:%a}"] = self.watched.open_keys()

    def _run(self, schedule: dg.ScheduleDefinition, day: date, hour: int, minute: int) -> None:
        moment = _at(day, hour, minute)
        asked = schedule(dg.build_schedule_context(scheduled_execution_time=moment))
        tags = {**asked.tags, "dagster/max_retries": "0"}
        if asked.partition_key:
            tags["dagster/partition"] = asked.partition_key
        with freeze_time(moment.astimezone(UTC)):
            self.watched.repository.get_job(DAILY_JOB).execute_in_process(
                instance=self.watched.instance,
                raise_on_error=False,
                tags=tags,
                partition_key=asked.partition_key,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )

    def _look(self, day: date, hour: int, minute: int) -> None:
        """Every sensor ticks; in the morning twice."""
        self.watched.clock.moment = _at(day, hour, minute).astimezone(UTC)
        for _ in range(2 if hour == 10 else 1):
            said = self.watched.tick_all()["drift_alerts"]
            self.retrains += [each.run_key for each in said] if isinstance(said, list) else []

    def _unsent(self) -> list[int]:
        from meteo_assets.alerting import alert_store

        with alert_store(self.watched.settings) as store:
            told = store.deliveries(self.watched.alerts())
        return [d.id for each in told.values() for d in each if d.state is not DeliveryState.SENT]


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), SYDNEY)


@contextmanager
def _lived(home: Path) -> Iterator[tuple[Week, Mailbox]]:
    story, port = Story(), free_port()
    with ExitStack() as stack:
        hook = stack.enter_context(webhook())
        site = stack.enter_context(BureauSite(seed=1))
        refusing = stack.enter_context(ScriptedSite([Answer(status=403)]))
        chosen = {
            "alert_email_to": ("ops@example.org",),
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_tls": "none",
            "alert_webhook_url": hook.url,
        }
        settings = Settings(home_dir=home, **chosen)
        watched = stack.enter_context(watching(settings, pipeline(story, settings)))
        week = Week(watched, hook, story)
        yield week, week.live(port, site.url, refusing.url)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Week, Mailbox]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw, "stations", lambda: FEW)
        # A month is read again in seven runs; eight days are enough to fill two.
        patch.setattr(schedules, "REREAD_DAYS", 8)
        with _lived(tmp_path_factory.mktemp("week")) as (week, letters):
            yield week, letters


@pytest.mark.fault(
    "a week with outage, drift, failed check, dead channel", "one alert each, one all-clear each"
)
def test_the_week_alarms_of_exactly_what_was_wrong(lived: tuple[Week, Mailbox]):
    week, _ = lived

    alerts = week.watched.alerts()

    assert Counter(alert.key for alert in alerts) == Counter(EVENTS)
    assert week.open_at == {
        "Mon": ["drift:station:Sydney:pressure_3pm"],
        "Tue": ["drift:station:Sydney:pressure_3pm"],
        "Wed": sorted(EVENTS - {"failed_check:forecasts/the_chances_are_calibrated"}),
        "Thu": sorted(EVENTS - {"failed_check:forecasts/the_chances_are_calibrated"}),
        "Fri": ["drift:station:Sydney:pressure_3pm"],
        "Sat": [],
        "Sun": [],
    }


def test_each_event_is_told_once_and_its_end_once_on_each_channel(lived: tuple[Week, Mailbox]):
    week, letters = lived

    told = Counter((body["alert"]["key"], body["event"]) for body in week.hook.bodies)

    assert told == Counter((key, event) for key in EVENTS for event in ("alert", "all_clear"))
    titles = {alert.title for alert in week.watched.alerts()}
    assert Counter(letters.subjects()) == Counter(
        f"[Meteo] {words}{title}" for title in titles for words in ("", "All clear: ")
    )


@pytest.mark.fault("SMTP down in the middle, for two days, and back", "messages wait, come in order")
def test_what_the_stopped_channel_could_not_take_waited_and_came_when_it_was_back(
    lived: tuple[Week, Mailbox],
):
    week, letters = lived

    assert week.waiting_in_the_outage == 3
    assert week._unsent() == []
    subjects = letters.subjects()
    for alert in week.watched.alerts():
        assert subjects.index(f"[Meteo] {alert.title}") < subjects.index(f"[Meteo] All clear: {alert.title}")


@pytest.mark.fault("source refuses for two days", "the holes fill themselves")
def test_the_holes_of_the_outage_filled_themselves(lived: tuple[Week, Mailbox]):
    week, _ = lived

    rows = Warehouse(week.watched.settings.home.warehouse).read("raw.observations", WEEK[0], WEEK[-1])

    assert Counter(rows["date"].dt.date) == {day: len(FEW) for day in WEEK}


def test_drift_started_one_retrain_in_the_shadow(lived: tuple[Week, Mailbox]):
    week, _ = lived

    assert set(week.retrains) == {f"shadow-{MONDAY}"}

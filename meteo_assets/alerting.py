"""Alerts as the settings want them: the store, the channels, and the pages that alerts link to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from meteo_assets.secret_settings import secret_of
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Telling
from meteo_core.alerts.channels import DEFAULT_PORTS, WEBHOOK, Channel, Email, Webhook, email_name
from meteo_core.alerts.notice import Notice
from meteo_core.alerts.outbox import Outbox
from meteo_core.alerts.store import AlertStore
from meteo_core.errors import MeteoError
from meteo_core.service_database import ServiceDatabase


class ChannelNotConfigured(MeteoError):
    """A setting is missing that a channel needs."""


@contextmanager
def alert_store(settings: Settings) -> Iterator[AlertStore]:
    """The alerts on record; a channel that is set up wrongly does not keep one from being so."""
    with _database(settings) as database:
        yield AlertStore(database, channels=channel_names(settings))


@contextmanager
def outbox(settings: Settings) -> Iterator[Outbox]:
    """The messages that wait; raises as `channels_of`."""
    channels = channels_of(settings)
    with _database(settings) as database:
        yield Outbox(database, channels)


@contextmanager
def _database(settings: Settings) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(settings.service_database_url)
    try:
        yield database
    finally:
        database.close()


def channel_names(settings: Settings) -> tuple[str, ...]:
    """Names of the channels that are set up, read without their secrets."""
    webhook = settings.alert_webhook_url or settings.alert_webhook_url_file
    return (*map(email_name, dict.fromkeys(settings.alert_email_to)), *([WEBHOOK] if webhook else []))


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The channels that are set up; none is fine. Raises `ChannelNotConfigured` and `UnreadableSecret`."""
    channels: list[Channel] = []
    if settings.alert_email_to:
        if not settings.smtp_host:
            raise ChannelNotConfigured("METEO_ALERT_EMAIL_TO is set: name the mail server in METEO_SMTP_HOST")
        password = secret_of(
            settings.smtp_password, settings.smtp_password_file, setting="METEO_SMTP_PASSWORD_FILE"
        )
        channels += [
            Email(
                to=mailbox,
                sender=settings.alert_email_from or settings.alert_email_to[0],
                host=settings.smtp_host,
                port=settings.smtp_port or DEFAULT_PORTS[settings.smtp_tls],
                tls=settings.smtp_tls,
                user=settings.smtp_user,
                password=password,
            )
            for mailbox in dict.fromkeys(settings.alert_email_to)
        ]
    address = secret_of(
        settings.alert_webhook_url,
        settings.alert_webhook_url_file,
        setting="METEO_ALERT_WEBHOOK_URL_FILE",
    )
    if address:
        channels.append(Webhook(address, settings.alert_webhook_format))
    return tuple(channels)


@dataclass(frozen=True, slots=True)
class Links:
    """Pages that alerts point to."""

    dagster: str
    service: str

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        """As people reach them."""
        return cls(
            (settings.dagster_link or settings.dagster_url).rstrip("/"), settings.public_url.rstrip("/")
        )

    def run(self, run_id: str) -> str:
        """A run in the Dagster UI."""
        return f"{self.dagster}/runs/{run_id}"

    def asset(self, name: str) -> str:
        """An asset in the Dagster UI."""
        return f"{self.dagster}/assets/{quote(name)}"

    def check(self, asset: str, check: str) -> str:
        """A check of an asset in the Dagster UI."""
        return f"{self.asset(asset)}?view=checks&checkDetail={quote(check)}"

    def alerts(self) -> str:
        """The service's page of alerts."""
        return f"{self.service}/alerts"

    def drift(self) -> str:
        """The service's page on drift."""
        return f"{self.service}/drift"


def trial_notice(settings: Settings) -> Notice:
    """A message that says that it is a test."""
    now = datetime.now(UTC)
    alert = Alert(
        id=0,
        key="test:channel",
        kind=Kind.FAILED_RUN,
        title="This is a test",
        what="Somebody asked for a test message with `meteo alerts test`. Nothing is wrong.",
        where="meteo alerts test",
        since=now,
        link=Links.of(settings).alerts(),
        opened_at=now,
        last_seen_at=now,
        resolved_at=None,
        resolution=None,
    )
    return Notice(f"meteo-test-{now:%Y%m%dT%H%M%S}", Telling.ALERT, alert)

"""Messages that wait to be sent: taken by one process at a time, tried again until they are through."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import stamina
from sqlalchemy import Connection, and_, delete, exists, func, inspect, or_, select, update

from meteo_core.alerts.alert import WAITING, Delivery, DeliveryState, Telling
from meteo_core.alerts.channels import Channel, DeliveryFailed
from meteo_core.alerts.notice import Notice
from meteo_core.alerts.store import as_alert, as_delivery, queue
from meteo_core.alerts.tables import alert_deliveries, alerts, take_turn
from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)

FIRST_WAIT: Final = timedelta(seconds=30)
"""After the first failure; doubled with each."""
LONGEST_WAIT: Final = timedelta(minutes=30)
CLAIM: Final = timedelta(minutes=5)
"""So long a process may take to send; after that it counts as dead, and another sends."""
ENOUGH_SECONDS: Final = 25.0
"""No further message is begun after that long: Dagster gives a sensor 60 s, the slowest channel takes 30."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the messages that were due."""

    sent: int
    failed: int
    waiting: int
    """Not through yet, the failed ones among them."""


class Outbox:
    """The queue in the service database. Everything here blocks, and raises `DatabaseAway`."""

    def __init__(self, database: ServiceDatabase, channels: Sequence[Channel]) -> None:
        self._database = database
        self._channels = {channel.name: channel for channel in channels}

    def deliver(self, now: Callable[[], datetime]) -> Sent:
        """Send what is due, in the order in which it was queued, on each channel until one attempt fails.

        What waits for channels that are not set up any more is dropped; those that are set up and have not
        been told of an alert that lasts are.
        """
        started = time.monotonic()
        self._follow_the_channels(now())
        sent = failed = 0
        working = set(self._channels)
        while working and time.monotonic() - started < ENOUGH_SECONDS:
            taken = self._take(sorted(working), now())
            if taken is None:
                break
            delivery, notice = taken
            try:
                self._channels[delivery.channel].send(notice)
            except DeliveryFailed as failure:
                log.warning("%s of alert %d: %s", delivery.channel, notice.alert.id, failure)
                self._put_back(delivery, str(failure), now())
                working.discard(delivery.channel)
                failed += 1
            else:
                self._note_sent(delivery, now())
                sent += 1
        return Sent(sent, failed, self._waiting())

    def _follow_the_channels(self, at: datetime) -> None:
        with self._database.reading() as connection:
            # Most often nothing has changed, and then nobody has to wait for us.
            if not inspect(connection).has_table(alert_deliveries.name) or not (
                self._orphans(connection, at) or self._not_told(connection)
            ):
                return
        with self._database.writing() as connection:
            take_turn(connection)
            if orphans := self._orphans(connection, at):
                log.warning("%d messages are dropped: their channels are not set up any more", len(orphans))
                connection.execute(
                    update(alert_deliveries)
                    .where(alert_deliveries.c.id.in_(orphans))
                    .values(state=DeliveryState.DROPPED.value, claimed_until=None)
                )
            for alert, channel in self._not_told(connection):
                # A channel that was away from the settings for a while begins anew.
                connection.execute(
                    delete(alert_deliveries).where(
                        alert_deliveries.c.alert_id == alert, alert_deliveries.c.channel == channel
                    )
                )
                queue(connection, alert, Telling.ALERT, [channel], at)

    def _orphans(self, connection: Connection, at: datetime) -> Sequence[int]:
        """Messages that wait for channels which are not set up, and which nobody is sending."""
        table = alert_deliveries.c
        return (
            connection.execute(
                select(table.id).where(
                    table.channel.not_in(list(self._channels)),
                    or_(
                        table.state == DeliveryState.QUEUED.value,
                        and_(table.state == DeliveryState.SENDING.value, table.claimed_until <= at),
                    ),
                )
            )
            .scalars()
            .all()
        )

    def _not_told(self, connection: Connection) -> list[tuple[int, str]]:
        """Alerts that last, each with a channel that has no message of it."""
        table = alert_deliveries.c
        lasting = (
            connection.execute(select(alerts.c.id).where(alerts.c.resolved_at.is_(None))).scalars().all()
        )
        told = {
            (row.alert_id, row.channel)
            for row in connection.execute(
                select(table.alert_id, table.channel).where(
                    table.alert_id.in_(lasting), table.state != DeliveryState.DROPPED.value
                )
            )
        }
        return [
            (alert, channel)
            for alert in sorted(lasting)
            for channel in self._channels
            if (alert, channel) not in told
        ]

    def _take(self, channels: Sequence[str], at: datetime) -> tuple[Delivery, Notice] | None:
        """The next message that is due, which nobody else will send for now; None where there is none."""
        table = alert_deliveries.c
        if not self._waiting():
            return None
        earlier = alert_deliveries.alias()
        alert_not_told = exists().where(
            earlier.c.alert_id == table.alert_id,
            earlier.c.channel == table.channel,
            earlier.c.telling == Telling.ALERT.value,
            earlier.c.state != DeliveryState.SENT.value,
        )
        due = or_(
            and_(table.state == DeliveryState.QUEUED.value, table.next_attempt_at <= at),
            and_(table.state == DeliveryState.SENDING.value, table.claimed_until <= at),
        )
        with self._database.writing() as connection:
            take_turn(connection)
            row = connection.execute(
                select(alert_deliveries)
                .where(table.channel.in_(channels), due)
                # No all-clear before its alert.
                .where(or_(table.telling == Telling.ALERT.value, ~alert_not_told))
                .order_by(table.id)
                .limit(1)
            ).first()
            if row is None:
                return None
            connection.execute(
                update(alert_deliveries)
                .where(table.id == row.id)
                .values(
                    state=DeliveryState.SENDING.value, claimed_until=at + CLAIM, attempts=table.attempts + 1
                )
            )
            alert = as_alert(connection.execute(select(alerts).where(alerts.c.id == row.alert_id)).one())
        delivery = as_delivery(row)
        return delivery, Notice(f"meteo-{alert.id}-{delivery.telling.value}", delivery.telling, alert)

    def _note_sent(self, delivery: Delivery, at: datetime) -> None:
        # What is through and not on record as such would be sent again.
        for attempt in stamina.retry_context(on=DatabaseAway, attempts=3, wait_initial=0.5):
            with attempt:
                self._set_sent(delivery, at)

    def _set_sent(self, delivery: Delivery, at: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(alert_deliveries)
                .where(alert_deliveries.c.id == delivery.id)
                .values(state=DeliveryState.SENT.value, sent_at=at, claimed_until=None, last_error=None)
            )

    def _put_back(self, delivery: Delivery, error: str, at: datetime) -> None:
        """Try again later; what else waits for this channel waits as long."""
        again = at + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(delivery.attempts, 16))
        table = alert_deliveries.c
        with self._database.writing() as connection:
            take_turn(connection)
            connection.execute(
                update(alert_deliveries)
                .where(table.id == delivery.id, table.state != DeliveryState.SENT.value)
                .values(
                    state=DeliveryState.QUEUED.value,
                    claimed_until=None,
                    next_attempt_at=again,
                    last_error=error,
                )
            )
            connection.execute(
                update(alert_deliveries)
                .where(
                    table.channel == delivery.channel,
                    table.state == DeliveryState.QUEUED.value,
                    table.next_attempt_at < again,
                )
                .values(next_attempt_at=again)
            )

    def _waiting(self) -> int:
        with self._database.reading() as connection:
            if not inspect(connection).has_table(alert_deliveries.name):
                return 0
            unsent = select(func.count()).where(alert_deliveries.c.state.in_(WAITING))
            return connection.execute(unsent).scalar_one()

"""Alerts on record: each trouble opened once, closed once, and its messages queued in the same step."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, inspect, select, update

from meteo_core.alerts.alert import Alert, Delivery, DeliveryState, Kind, Telling, Trouble
from meteo_core.alerts.tables import alert_deliveries, alerts, metadata, take_turn
from meteo_core.service_database import ServiceDatabase

MOST_LISTED: Final = 200
"""Alerts listed at once for people; what is decided by looks at all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What looking at a kind of trouble changed."""

    opened: tuple[Alert, ...]
    resolved: tuple[Alert, ...]
    still_open: int


class AlertStore:
    """The alerts in the service database. Everything here blocks, and raises `DatabaseAway`."""

    def __init__(self, database: ServiceDatabase, *, channels: Sequence[str] = ()) -> None:
        """`channels`: names of those on which new alerts are told."""
        self._database = database
        self._channels = tuple(channels)
        self._has_tables = False

    def report(
        self,
        kind: Kind,
        troubles: Iterable[Trouble],
        *,
        over: Callable[[Alert], str | None],
        at: datetime,
    ) -> Outcome:
        """Put on record what is wrong of this kind, as it was seen at `at`.

        A trouble that is not open yet is opened; one that is stays the same alert. An open alert among which
        no trouble is found any more is asked about with `over`: a reason closes it, None leaves it open.
        Whoever looked earlier and reports later changes nothing: what was seen since counts.
        """
        now_wrong = {trouble.key: trouble for trouble in troubles}
        if any(trouble.kind is not kind for trouble in now_wrong.values()):
            raise ValueError(f"a report of {kind} is of nothing else")
        if not now_wrong and not self._any_open(kind):
            return Outcome((), (), still_open=0)

        opened, resolved = [], []
        with self._database.writing() as connection:
            take_turn(connection)
            metadata.create_all(connection)
            standing = {
                alert.key: alert
                for alert in _read(connection, alerts.c.kind == kind, alerts.c.resolved_at.is_(None))
            }
            for key, trouble in now_wrong.items():
                if key in standing:
                    _see_again(connection, standing[key], trouble, at)
                elif not _resolved_since(connection, key, at):
                    opened.append(self._open(connection, trouble, at))
            for key, alert in standing.items():
                reason = over(alert) if key not in now_wrong and alert.last_seen_at <= at else None
                if reason is not None:
                    resolved.append(self._resolve(connection, alert, reason, at))
        still = len(standing) + len(opened) - len(resolved)
        return Outcome(tuple(opened), tuple(resolved), still_open=still)

    def open_alerts(self, kind: Kind | None = None) -> list[Alert]:
        """Those that last, newest first."""
        return self._list(alerts.c.resolved_at.is_(None), *([alerts.c.kind == kind] if kind else []))

    def recent(self, since: datetime) -> list[Alert]:
        """Those that last and those that ended since then, newest first; `MOST_LISTED` at most."""
        lasting = alerts.c.resolved_at.is_(None) | (alerts.c.resolved_at >= since)
        return self._list(lasting, most=MOST_LISTED)

    def opened_since(self, kind: Kind, moment: datetime, *, begun_since: datetime) -> list[Alert]:
        """Those on record since `moment` of troubles that began since `begun_since`, newest first."""
        return self._list(alerts.c.kind == kind, alerts.c.opened_at >= moment, alerts.c.since >= begun_since)

    def deliveries(self, of: Iterable[Alert]) -> dict[int, list[Delivery]]:
        """Their messages by alert, in the order in which they were queued."""
        ids = [alert.id for alert in of]
        told: dict[int, list[Delivery]] = {number: [] for number in ids}
        if not ids:
            return told
        with self._database.reading() as connection:
            rows = connection.execute(
                select(alert_deliveries)
                .where(alert_deliveries.c.alert_id.in_(ids))
                .order_by(alert_deliveries.c.id)
            )
            for row in rows:
                told[row.alert_id].append(as_delivery(row))
        return told

    def _open(self, connection: Connection, trouble: Trouble, at: datetime) -> Alert:
        number = connection.execute(
            insert(alerts)
            .values(
                key=trouble.key,
                open_key=trouble.key,
                kind=trouble.kind.value,
                title=trouble.title,
                what=trouble.what,
                place=trouble.where,
                since=trouble.since,
                link=trouble.link,
                opened_at=at,
                last_seen_at=at,
            )
            .returning(alerts.c.id)
        ).scalar_one()
        queue(connection, number, Telling.ALERT, self._channels, at)
        (alert,) = _read(connection, alerts.c.id == number)
        return alert

    def _resolve(self, connection: Connection, alert: Alert, reason: str, at: datetime) -> Alert:
        connection.execute(
            update(alerts)
            .where(alerts.c.id == alert.id)
            .values(open_key=None, resolved_at=at, resolution=reason)
        )
        # Who did not hear of the trouble need not hear that it is over.
        told = connection.execute(
            select(alert_deliveries.c.channel).where(
                alert_deliveries.c.alert_id == alert.id,
                alert_deliveries.c.state != DeliveryState.DROPPED.value,
            )
        ).scalars()
        channels = sorted(set(told) & set(self._channels))
        queue(connection, alert.id, Telling.ALL_CLEAR, channels, at)
        (resolved,) = _read(connection, alerts.c.id == alert.id)
        return resolved

    def _any_open(self, kind: Kind) -> bool:
        return bool(self._list(alerts.c.resolved_at.is_(None), alerts.c.kind == kind, most=1))

    def _list(self, *conditions: Any, most: int | None = None) -> list[Alert]:
        with self._database.reading() as connection:
            # Until the pipeline first had something to tell there are no tables.
            self._has_tables = self._has_tables or inspect(connection).has_table(alerts.name)
            if not self._has_tables:
                return []
            return _read(connection, *conditions, most=most)


def _see_again(connection: Connection, alert: Alert, trouble: Trouble, at: datetime) -> None:
    """The newest words; `since` stays as it was told."""
    connection.execute(
        update(alerts)
        .where(alerts.c.id == alert.id, alerts.c.last_seen_at < at)
        .values(title=trouble.title, what=trouble.what, link=trouble.link, last_seen_at=at)
    )


def _resolved_since(connection: Connection, key: str, at: datetime) -> bool:
    later = select(alerts.c.id).where(alerts.c.key == key, alerts.c.resolved_at >= at).limit(1)
    return connection.execute(later).first() is not None


def queue(
    connection: Connection, alert: int, telling: Telling, channels: Sequence[str], at: datetime
) -> None:
    """Messages about an alert, due at once."""
    if channels:
        connection.execute(
            insert(alert_deliveries),
            [
                {
                    "alert_id": alert,
                    "telling": telling.value,
                    "channel": channel,
                    "state": DeliveryState.QUEUED.value,
                    "attempts": 0,
                    "queued_at": at,
                    "next_attempt_at": at,
                }
                for channel in channels
            ],
        )


def _read(connection: Connection, *conditions: Any, most: int | None = None) -> list[Alert]:
    """Newest first: all of them, or the newest so many."""
    rows = connection.execute(select(alerts).where(*conditions).order_by(alerts.c.id.desc()).limit(most))
    return [as_alert(row) for row in rows]


def as_alert(row: Row[Any]) -> Alert:
    """The alert of a row of `alerts`."""
    return Alert(
        id=row.id,
        key=row.key,
        kind=Kind(row.kind),
        title=row.title,
        what=row.what,
        where=row.place,
        since=row.since,
        link=row.link,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
    )


def as_delivery(row: Row[Any]) -> Delivery:
    """The delivery of a row of `alert_deliveries`."""
    return Delivery(
        id=row.id,
        alert_id=row.alert_id,
        telling=Telling(row.telling),
        channel=row.channel,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        queued_at=row.queued_at,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
        last_error=row.last_error,
    )

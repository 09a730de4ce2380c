"""Alerts: how many are open, and whether the messages about them get through."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from meteo_core.alerts.alert import WAITING, Kind
from meteo_core.alerts.tables import alert_deliveries, alerts
from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)


class AlertState(Collector):
    """Counts in the service database. Where that is away, its alerts have no value, and one gauge says so."""

    def __init__(self, url: str) -> None:
        """Of the database at this address; raises `UnusableDatabase`."""
        self._database = ServiceDatabase(url)

    def collect(self) -> Iterator[Metric]:
        """Values of this moment."""
        told, readable = [], True
        try:
            told = self._read()
        except (DatabaseAway, SQLAlchemyError) as error:
            log.warning("alerts cannot be counted: %s", error)
            readable = False
        yield GaugeMetricFamily(
            "meteo_pipeline_alerts_readable",
            "1 while the database of alerts can be read: without it alerts have no value",
            value=readable,
        )
        yield from told

    def _read(self) -> list[Metric]:
        open_by_kind = {kind.value: 0 for kind in Kind}
        waiting: list[tuple[str, datetime]] = []
        with self._database.reading() as connection:
            # Until the pipeline first had something to tell there are no tables.
            if inspect(connection).has_table(alerts.name):
                standing = select(alerts.c.kind, func.count()).where(alerts.c.resolved_at.is_(None))
                for kind, count in connection.execute(standing.group_by(alerts.c.kind)):
                    open_by_kind[kind] = count
                unsent = select(alert_deliveries.c.channel, alert_deliveries.c.queued_at).where(
                    alert_deliveries.c.state.in_(WAITING)
                )
                waiting = [(channel, queued) for channel, queued in connection.execute(unsent)]
        return [*_open(open_by_kind), *_waiting(waiting)]


def _open(by_kind: dict[str, int]) -> Iterator[Metric]:
    family = GaugeMetricFamily("meteo_pipeline_alerts_open", "Alerts that last", labels=("kind",))
    for kind, count in sorted(by_kind.items()):
        family.add_metric((kind,), count)
    yield family


def _waiting(unsent: list[tuple[str, datetime]]) -> Iterator[Metric]:
    """By e-mail or webhook: an address is nobody's business here."""
    number = GaugeMetricFamily(
        "meteo_pipeline_alert_deliveries_waiting", "Messages that are not sent yet", labels=("channel",)
    )
    oldest = GaugeMetricFamily(
        "meteo_pipeline_alert_delivery_wait_seconds",
        "How long the oldest message that is not sent has waited; 0 where none does",
        labels=("channel",),
    )
    now = datetime.now(UTC)
    for channel in ("email", "webhook"):
        queued = [moment for name, moment in unsent if name.partition(":")[0] == channel]
        number.add_metric((channel,), len(queued))
        oldest.add_metric((channel,), (now - min(queued, default=now)).total_seconds())
    yield from (number, oldest)

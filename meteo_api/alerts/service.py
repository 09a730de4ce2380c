"""Alerts of the record, which the pipeline keeps in the service's database."""

import logging
from datetime import timedelta
from typing import Final

from meteo_api.accounts.account import Account
from meteo_api.alerts.schemas import AlertsTold, told
from meteo_api.clock import Clock
from meteo_core.alerts.store import AlertStore
from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)

RECENT: Final = timedelta(days=30)
"""How long an alert that is over is listed."""


class AlertService:
    """Reads alerts; before the pipeline had any there are none. Blocks, and raises `DatabaseAway`."""

    def __init__(self, database: ServiceDatabase, *, now: Clock) -> None:
        self._store = AlertStore(database)
        self._now = now
        self.open_count = 0
        """How many last, as of the last look: for every page, which must not wait for a database."""

    def listed(self, account: Account) -> AlertsTold:
        """Those that last and those of late; messages only for administrators, as they name mailboxes."""
        alerts = self._store.recent(self._now() - RECENT)
        deliveries = self._store.deliveries(alerts) if account.is_admin else {}
        all_told = [told(alert, deliveries.get(alert.id)) for alert in alerts]
        return AlertsTold(
            open=[each for each in all_told if each.resolved_at is None],
            recent=[each for each in all_told if each.resolved_at is not None],
        )

    def look(self) -> None:
        """Count those that last; while the database is away the count stays."""
        try:
            self.open_count = len(self._store.open_alerts())
        except DatabaseAway as away:
            log.warning("alerts are not counted: %s", away)

"""The page of alerts: what is wrong, what was, and whether people were told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from meteo_api.accounts.guards import SignedInRequest
from meteo_api.alerts.schemas import AlertTold, DeliveryTold
from meteo_api.alerts.service import AlertService
from meteo_api.pages import words
from meteo_api.pages.shell import Pages
from meteo_core.alerts.alert import WAITING, DeliveryState, Kind, Telling

PAGE: Final = "/alerts"
KINDS: Final = {
    Kind.DRIFT: "drift",
    Kind.FAILED_CHECK: "check",
    Kind.FAILED_RUN: "run",
    Kind.NO_FORECAST: "no forecast",
    Kind.SOURCE_BLOCKED: "source",
}
_TELLINGS: Final = {Telling.ALERT: "alert", Telling.ALL_CLEAR: "all clear"}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in a table."""

    alert: AlertTold
    kind: str
    messages: tuple[str, ...]
    """What became of them, in words; empty for whoever may not see it."""
    waiting: bool
    """Whether some are not through."""


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Everything on the page."""

    open: tuple[AlertRow, ...]
    recent: tuple[AlertRow, ...]
    is_admin: bool
    days: int


class AlertPageController(Controller):
    """The page of alerts."""

    path = PAGE
    include_in_schema = False

    @get(sync_to_thread=True)
    def alerts(
        self, request: SignedInRequest, pages: NamedDependency[Pages], alerts: NamedDependency[AlertService]
    ) -> Template:
        """What is wrong, and what was of late."""
        told = alerts.listed(request.user)
        view = AlertsView(
            open=_rows(told.open), recent=_rows(told.recent), is_admin=request.user.is_admin, days=30
        )
        return pages.show(request, "alerts/page.html", title="Alerts", section="alerts", view=view)


def _rows(alerts: Sequence[AlertTold]) -> tuple[AlertRow, ...]:
    return tuple(
        AlertRow(
            alert=each,
            kind=KINDS[each.kind],
            messages=in_words(each.deliveries or ()),
            waiting=any(d.state in WAITING for d in each.deliveries or ()),
        )
        for each in alerts
    )


def in_words(deliveries: Sequence[DeliveryTold]) -> tuple[str, ...]:
    """What became of the messages: those that are sent by number, each that waits with its reason."""
    sent = Counter(d.telling for d in deliveries if d.state is DeliveryState.SENT)
    told = [
        f"{_TELLINGS[telling]} sent to {words.count(number, 'reader')}" for telling, number in sent.items()
    ]
    for delivery in deliveries:
        if delivery.state is DeliveryState.SENT:
            continue
        if delivery.state is DeliveryState.DROPPED:
            told.append(
                f"{_TELLINGS[delivery.telling]} to {delivery.channel} dropped: it is not set up any more"
            )
            continue
        why = f": {delivery.last_error}" if delivery.last_error else ""
        tried = f" after {words.count(delivery.attempts, 'attempt')}" if delivery.attempts else ""
        told.append(f"{_TELLINGS[delivery.telling]} to {delivery.channel} waits{tried}{why}")
    return tuple(words.capitalize_first(each) for each in told)

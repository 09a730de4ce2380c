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
from meteo_api.language.texts import N_, _, ngettext
from meteo_api.pages import words
from meteo_api.pages.shell import Pages
from meteo_core.alerts.alert import WAITING, DeliveryState, Kind, Telling

PAGE: Final = "/alerts"
KINDS: Final = {
    Kind.DRIFT: N_("drift"),
    Kind.FAILED_CHECK: N_("check"),
    Kind.FAILED_RUN: N_("run"),
    Kind.NO_FORECAST: N_("no forecast"),
    Kind.SOURCE_BLOCKED: N_("source"),
}
_TELLINGS: Final = {Telling.ALERT: N_("alert"), Telling.ALL_CLEAR: N_("all clear")}


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
        return pages.show(request, "alerts/page.html", title=_("Alerts"), section="alerts", view=view)


def _rows(alerts: Sequence[AlertTold]) -> tuple[AlertRow, ...]:
    return tuple(
        AlertRow(
            alert=each,
            kind=_(KINDS[each.kind]),
            messages=in_words(each.deliveries or ()),
            waiting=any(d.state in WAITING for d in each.deliveries or ()),
        )
        for each in alerts
    )


def in_words(deliveries: Sequence[DeliveryTold]) -> tuple[str, ...]:
    """What became of the messages: those that are sent by number, each that waits with its reason."""
    sent = Counter(d.telling for d in deliveries if d.state is DeliveryState.SENT)
    told = [
        ngettext(
            "%(what)s sent to %(num)s reader",
            "%(what)s sent to %(num)s readers",
            number,
            what=_(_TELLINGS[telling]),
        )
        for telling, number in sent.items()
    ]
    for delivery in deliveries:
        if delivery.state is DeliveryState.SENT:
            continue
        what = _(_TELLINGS[delivery.telling])
        if delivery.state is DeliveryState.DROPPED:
            told.append(
                _(
                    "%(what)s to %(channel)s dropped: it is not set up any more",
                    what=what,
                    channel=delivery.channel,
                )
            )
            continue
        tried = _tried(what, delivery)
        if delivery.last_error:
            tried = _("%(tried)s: %(why)s", tried=tried, why=delivery.last_error)
        told.append(tried)
    return tuple(words.capitalize_first(each) for each in told)


def _tried(what: str, delivery: DeliveryTold) -> str:
    if not delivery.attempts:
        return _("%(what)s to %(channel)s waits", what=what, channel=delivery.channel)
    return ngettext(
        "%(what)s to %(channel)s waits after %(num)s attempt",
        "%(what)s to %(channel)s waits after %(num)s attempts",
        delivery.attempts,
        what=what,
        channel=delivery.channel,
    )

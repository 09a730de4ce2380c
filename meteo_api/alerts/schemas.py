"""Alerts as clients see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from meteo_core.alerts import alert as core


class DeliveryTold(Struct, frozen=True, kw_only=True):
    """One message about an alert."""

    channel: Annotated[str, Meta(description="`email:` and a mailbox, or `webhook`")]
    telling: Annotated[core.Telling, Meta(description="alert, or all_clear when it was over")]
    state: Annotated[
        core.DeliveryState,
        Meta(
            description="queued: waits for its turn or its next attempt; sending; sent; "
            "dropped: its channel is not set up any more"
        ),
    ]
    attempts: Annotated[int, Meta(description="So far")]
    queued_at: Annotated[datetime, Meta(description="UTC")]
    next_attempt_at: Annotated[datetime, Meta(description="UTC; null where none will be")] | None
    sent_at: Annotated[datetime, Meta(description="UTC; null before")] | None
    last_error: Annotated[str, Meta(description="Why the last attempt failed; null where none did")] | None


class AlertTold(Struct, frozen=True, kw_only=True):
    """An episode of one trouble."""

    id: Annotated[int, Meta(description="Number of the episode")]
    key: Annotated[str, Meta(description="Name of the trouble, the same in each of its episodes")]
    kind: core.Kind
    title: Annotated[str, Meta(description="In a line")]
    what: Annotated[str, Meta(description="What was found")]
    where: Annotated[str, Meta(description="Asset, job, station or source")]
    since: Annotated[datetime, Meta(description="When the trouble began, UTC")]
    link: Annotated[str, Meta(description="Page that shows more; those of Dagster are for administrators")]
    opened_at: Annotated[datetime, Meta(description="When it was first seen, UTC")]
    last_seen_at: Annotated[datetime, Meta(description="When it was last seen, UTC")]
    resolved_at: Annotated[datetime, Meta(description="When it was over, UTC; null while it lasts")] | None
    resolution: Annotated[str, Meta(description="Why it counts as over")] | None
    deliveries: (
        Annotated[list[DeliveryTold], Meta(description="Messages; null for whoever is no administrator")]
        | None
    )


class AlertsTold(Struct, frozen=True, kw_only=True):
    """What is wrong, and what was of late."""

    open: Annotated[list[AlertTold], Meta(description="Those that last, newest first")]
    recent: Annotated[list[AlertTold], Meta(description="Those over since at most 30 days, newest first")]


def told(alert: core.Alert, deliveries: Sequence[core.Delivery] | None) -> AlertTold:
    """An alert of the record, with its messages where they may be seen."""
    return AlertTold(
        id=alert.id,
        key=alert.key,
        kind=alert.kind,
        title=alert.title,
        what=alert.what,
        where=alert.where,
        since=alert.since,
        link=alert.link,
        opened_at=alert.opened_at,
        last_seen_at=alert.last_seen_at,
        resolved_at=alert.resolved_at,
        resolution=alert.resolution,
        deliveries=None if deliveries is None else [_told(each) for each in deliveries],
    )


def _told(delivery: core.Delivery) -> DeliveryTold:
    return DeliveryTold(
        channel=delivery.channel,
        telling=delivery.telling,
        state=delivery.state,
        attempts=delivery.attempts,
        queued_at=delivery.queued_at,
        next_attempt_at=delivery.next_attempt_at if delivery.state in core.WAITING else None,
        sent_at=delivery.sent_at,
        last_error=delivery.last_error,
    )

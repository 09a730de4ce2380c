"""Sends the messages that wait."""

import dagster as dg

from meteo_assets.alerting import channel_names, outbox
from meteo_assets.clock import Clock
from meteo_assets.settings import Settings


@dg.sensor(
    description="Sends alerts and all-clears that are due by e-mail and webhook, as far as they are set up. "
    "What does not get through waits, from 30 seconds to 30 minutes, and is tried again until it does, or "
    "until its channel is not set up any more.",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def alert_delivery(settings: dg.ResourceParam[Settings], clock: dg.ResourceParam[Clock]) -> dg.SkipReason:
    """Empty the outbox as far as the channels let it."""
    with outbox(settings) as waiting:
        told = waiting.deliver(clock.now)
    if not channel_names(settings):
        return dg.SkipReason("no channel is set up: alerts are on record, and on the page /alerts")
    return dg.SkipReason(f"{told.sent} sent, {told.failed} failed, {told.waiting} waiting")

"""What an alert is: an episode of one trouble, from when it was first seen until it is over."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What there is to be alarmed about."""

    DRIFT = "drift"
    """Weather, a station or the skill is no longer as it was."""
    FAILED_CHECK = "failed_check"
    """An asset check did not pass; the run that it belongs to may have succeeded."""
    FAILED_RUN = "failed_run"
    """A run failed, and its retries too."""
    NO_FORECAST = "no_forecast"
    """The deadline passed without a fresh forecast."""
    SOURCE_BLOCKED = "source_blocked"
    """The source of observations refuses us, or gives nothing at all."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong as it stands now. The same key seen again is the same trouble."""

    kind: Kind
    subject: str
    """What it is of, in words that stay the same: `station:Sydney:pressure_3pm`, `daily`, `evening`."""
    title: str
    """One line, in plain words."""
    what: str
    """What was found, with figures."""
    where: str
    """Asset, job, station or source."""
    since: datetime
    """When it began, aware."""
    link: str
    """Page that shows more."""

    @property
    def key(self) -> str:
        """Name of the trouble, the same for all its episodes."""
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Alert:
    """An episode on record. Moments are UTC, aware."""

    id: int
    key: str
    kind: Kind
    title: str
    what: str
    where: str
    since: datetime
    link: str
    opened_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    """None while it lasts."""
    resolution: str | None
    """Why it counts as over."""

    @property
    def is_open(self) -> bool:
        """Whether it lasts."""
        return self.resolved_at is None


class Telling(StrEnum):
    """What a delivery tells of an alert."""

    ALERT = "alert"
    ALL_CLEAR = "all_clear"


class DeliveryState(StrEnum):
    """How far a delivery is."""

    QUEUED = "queued"
    """Waits for its turn, or for its next attempt."""
    SENDING = "sending"
    """A process sends it; should that die, another does after a while."""
    SENT = "sent"
    DROPPED = "dropped"
    """Not sent: its channel is not set up any more."""


WAITING: Final = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING})
"""States of what is still to be sent."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message about one alert on one channel."""

    id: int
    alert_id: int
    telling: Telling
    channel: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None
    """Why the last attempt failed, without secrets."""

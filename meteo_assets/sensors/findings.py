"""What a sensor found, put on record and said to an operator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from meteo_assets.alerting import alert_store
from meteo_assets.settings import Settings
from meteo_core.alerts.alert import Alert, Kind, Trouble
from meteo_core.alerts.store import Outcome

MOST_WORDS = 400
"""Characters of what was found; the page behind the link has all."""


@dataclass(frozen=True)
class Findings:
    """What is wrong now, and which alerts of before are over."""

    troubles: list[Trouble] = field(default_factory=list)
    over: Callable[[Alert], str | None] = lambda alert: None  # noqa: ARG005
    """Why an alert without a trouble is over; None where that is not known."""


def put_on_record(settings: Settings, kind: Kind, findings: Findings, at: datetime) -> Outcome:
    """Open and close alerts of this kind; raises `DatabaseAway`, and then the next tick does it."""
    with alert_store(settings) as store:
        return store.report(kind, findings.troubles, over=findings.over, at=at)


def in_words(outcome: Outcome) -> str:
    """What changed, for the list of ticks."""
    parts = [
        *(f"alert: {alert.title}" for alert in outcome.opened),
        *(f"all clear: {alert.title}" for alert in outcome.resolved),
    ]
    parts.append(f"{outcome.still_open} open" if outcome.still_open else "nothing is wrong")
    return "; ".join(parts)


def shortened(words: str) -> str:
    """One line of at most `MOST_WORDS` characters."""
    words = " ".join(words.split())
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"

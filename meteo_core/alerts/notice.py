"""An alert, or its all-clear, in the words and forms that channels send."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from meteo_core.alerts.alert import Alert, Telling
from meteo_core.jobs import ZONE

VERSION: Final = 1
"""Of the JSON form; grows when a field changes its meaning."""


class Form(StrEnum):
    """What a webhook wants."""

    JSON = "json"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message."""

    id: str
    """The same at every attempt, so that a receiver can tell a repetition."""
    telling: Telling
    alert: Alert

    @property
    def title(self) -> str:
        """Subject of an e-mail."""
        over = self.telling is Telling.ALL_CLEAR
        return f"[Meteo] {'All clear: ' if over else ''}{self.alert.title}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What there is to know, each with its name."""
        alert = self.alert
        over = self.telling is Telling.ALL_CLEAR and alert.resolved_at is not None
        return (
            ("What", alert.what),
            ("Where", alert.where),
            ("Since", _told(alert.since)),
            *((("Over", f"{_told(alert.resolved_at)}: {alert.resolution}"),) if over else ()),
            ("See", alert.link),
        )

    @property
    def text(self) -> str:
        """Body of an e-mail."""
        return "\n".join(f"{name}: {words}" for name, words in self.facts)

    def body(self, form: Form) -> dict[str, Any]:
        """Body of a webhook request, to be sent as JSON."""
        return self._slack() if form is Form.SLACK else self._json()

    def _json(self) -> dict[str, Any]:
        alert = self.alert
        return {
            "version": VERSION,
            "id": self.id,
            "event": self.telling.value,
            "title": self.title,
            "text": self.text,
            "alert": {
                "id": alert.id,
                "key": alert.key,
                "kind": alert.kind.value,
                "title": alert.title,
                "what": alert.what,
                "where": alert.where,
                "since": alert.since.isoformat(),
                "opened_at": alert.opened_at.isoformat(),
                "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
                "resolution": alert.resolution,
                "link": alert.link,
            },
        }

    def _slack(self) -> dict[str, Any]:
        lines = [f"*{_escaped(self.title)}*"]
        lines += [f"{name}: {_escaped(words)}" for name, words in self.facts if name != "See"]
        lines.append(f"<{_escaped(self.alert.link)}|See more>")
        return {"text": "\n".join(lines)}


def _told(moment: datetime | None) -> str:
    if moment is None:
        return "unknown"
    return f"{moment.astimezone(ZoneInfo(ZONE)):%a %d %b %Y %H:%M} in Sydney ({moment:%Y-%m-%d %H:%M} UTC)"


def _escaped(words: str) -> str:
    """Slack's three control characters, as its documentation has it."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

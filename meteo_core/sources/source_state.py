"""What a source remembers between runs: that it was refused, and which real stations stood behind it."""

import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from meteo_core.whole_file import replace_file


class SourceState:
    """Named entries in a small JSON file, or in memory where `path` is None.

    An unreadable file counts as empty: it holds nothing that cannot be learned again by asking.
    """

    def __init__(self, path: Path | None) -> None:
        """The file is made when first needed."""
        self._path = path
        self._entries: dict[str, Any] = {}
        self._lock = threading.Lock()

    def read(self, entry: str) -> Any:
        """Value of an entry, None where there is none."""
        with self._lock:
            return self._load().get(entry)

    def write(self, entry: str, value: Any) -> None:
        """Set an entry, in a file that is replaced in one step."""
        with self._lock:
            self._entries = {**self._load(), entry: value}
            if self._path is not None:
                replace_file(self._path, json.dumps(self._entries, indent=1).encode())

    def _load(self) -> dict[str, Any]:
        if self._path is None:
            return self._entries
        try:
            entries = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}


class CircuitBreaker:
    """A source that refused us is left alone for a while, across restarts."""

    _ENTRY = "refused"

    def __init__(self, state: SourceState, *, now: Callable[[], datetime]) -> None:
        """`now` gives aware times."""
        self._state = state
        self._now = now

    def open(self, until: datetime, reason: str) -> None:
        """Ask nothing before `until` (UTC, aware). A later end that stands already stays."""
        standing = self._standing()
        if standing is None or until > standing[0]:
            self._state.write(self._ENTRY, {"until": until.isoformat(), "reason": reason})

    def refusal(self) -> str | None:
        """Why nothing may be asked now; None when the source may be asked."""
        standing = self._standing()
        if standing is None or self._now() >= standing[0]:
            return None
        until, reason = standing
        return f"not asked before {until:%Y-%m-%d %H:%M} UTC: {reason}"

    def _standing(self) -> tuple[datetime, str] | None:
        entry = self._state.read(self._ENTRY)
        try:
            until = datetime.fromisoformat(entry["until"])
            return (until, str(entry["reason"])) if until.tzinfo else None
        except (TypeError, KeyError, ValueError):
            return None


class StationNumbers:
    """Real stations last named in the documents of each product."""

    _ENTRY = "station_numbers"

    def __init__(self, state: SourceState) -> None:
        """Numbers of all products are one entry of the state."""
        self._state = state

    def replace(self, product: str, numbers: Sequence[str]) -> tuple[str, ...] | None:
        """Remember these numbers; gives those before when they were others, else None."""
        known = self._state.read(self._ENTRY)
        known = known if isinstance(known, dict) else {}
        before = known.get(product)
        if before == list(numbers):
            return None
        self._state.write(self._ENTRY, {**known, product: list(numbers)})
        return tuple(before) if isinstance(before, list) else None

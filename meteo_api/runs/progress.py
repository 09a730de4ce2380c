"""What happens in a run, in words: Dagster's events read on from where the last look ended."""

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from meteo_api.runs.dagster import Dagster
from meteo_api.runs.schemas import Level, LogLine

LINES: Final = 40
"""Lines kept of a run."""
RUNS: Final = 50
"""Runs whose events are remembered."""
PAGES_AT_ONCE: Final = 10
"""Pages read in one look while a run goes on: one of ten years has tens of thousands of events."""
PAGES_TO_THE_END: Final = 200
"""The same once it has ended: nobody looks again at what is told then."""
LONGEST: Final = 400
"""Characters of a line."""

_SAID: Final[Mapping[str, tuple[Level, str]]] = {
    "RunEnqueuedEvent": ("info", "waits for its turn"),
    "RunStartingEvent": ("info", "its process is being started"),
    "RunStartEvent": ("info", "has begun"),
    "RunSuccessEvent": ("info", "has succeeded"),
    "RunCancelingEvent": ("warning", "is asked to stop"),
    "RunCanceledEvent": ("warning", "was canceled"),
}
_LEVELS: Final[Mapping[str, Level]] = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}


class Story:
    """What is known of one run's events."""

    def __init__(self) -> None:
        self.lines: deque[LogLine] = deque(maxlen=LINES)
        self.first_failure: str | None = None
        """What went wrong first, in a sentence."""
        self.is_whole = False
        """Whether all of Dagster's events have been read."""
        self._cursor: str | None = None
        self._begun: dict[str, float] = {}
        self._checks: set[str] = set()
        self._reading = asyncio.Lock()

    async def read_on(self, dagster: Dagster, run_id: str, *, has_ended: bool) -> None:
        """Take in what has happened since the last look."""
        async with self._reading:
            for _ in range(PAGES_TO_THE_END if has_ended else PAGES_AT_ONCE):
                page = await dagster.events(run_id, after=self._cursor)
                for event in page["events"]:
                    self._take_in(event)
                self._cursor = page["cursor"]
                self.is_whole = not page["hasMore"]
                if self.is_whole:
                    return

    def _take_in(self, event: Mapping[str, Any]) -> None:
        kind, step = str(event["__typename"]), str(event.get("stepKey") or "")
        at = float(event["timestamp"]) / 1000
        if kind in _SAID:
            self._say(at, *_SAID[kind])
        elif kind == "ExecutionStepStartEvent":
            self._begun[step] = at
        elif kind == "ExecutionStepSuccessEvent" and step not in self._checks:
            self._say(at, "info", f"done in {at - self._begun.get(step, at):.1f} s", step)
        elif kind == "AssetCheckEvaluationEvent":
            self._checks.add(step)
            check, passed = event["evaluation"]["checkName"], event["evaluation"]["success"]
            self._say(at, "info" if passed else "warning", f"check {'passed' if passed else 'FAILED'}", check)
        elif kind in ("ExecutionStepFailureEvent", "RunFailureEvent"):
            self._fail(at, step, _cause(event))
        elif kind == "ExecutionStepUpForRetryEvent":
            self._say(at, "warning", f"will be tried again: {_cause(event)}", step)
        elif kind == "LogMessageEvent" or (kind == "EngineEvent" and event["level"] in _LEVELS):
            self._say(at, _LEVELS.get(event["level"], "info"), event["message"], step)

    def _fail(self, at: float, step: str, cause: str) -> None:
        self._say(at, "error", f"failed: {cause}", step)
        self.first_failure = self.first_failure or (f"{step}: {cause}" if step else cause)

    def _say(self, at: float, level: Level, message: str, step: str = "") -> None:
        line = _in_one_line(message)
        self.lines.append(
            LogLine(at=datetime.fromtimestamp(at, UTC), level=level, step=step or None, message=line)
        )


class Stories:
    """The stories of the runs that were asked about last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Story] = OrderedDict()

    def of(self, run_id: str) -> Story:
        """The story of a run, as far as it has been read."""
        story = self._kept.setdefault(run_id, Story())
        self._kept.move_to_end(run_id)
        while len(self._kept) > RUNS:
            self._kept.popitem(last=False)
        return story


def _cause(event: Mapping[str, Any]) -> str:
    """What is behind an error, without its trace and without the class of the exception."""
    error = event.get("error") or {}
    behind = error.get("causes") or []
    message = (behind[-1] if behind else error).get("message") or event.get("message") or "no reason given"
    return _in_one_line(re.sub(r"^((\w+\.)+\w+|\w+(Error|Exception)): ", "", message.strip()))


def _in_one_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"

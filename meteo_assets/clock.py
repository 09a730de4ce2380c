"""The clock of the sensors, so that a test can set it."""

from datetime import UTC, datetime


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        """This moment, UTC, aware."""
        return datetime.now(UTC)

"""What can go wrong, by name. Every error says what was wrong and what to do; edges translate them."""

from collections.abc import Sequence


class MeteoError(Exception):
    """Base of all errors that a user can be told about as they stand."""


class UnknownStation(MeteoError):
    """A station key that is not in the stations table."""

    def __init__(self, key: str, *, nearest: Sequence[str]) -> None:
        self.key = key
        self.nearest = tuple(nearest)
        hint = f" Did you mean {', '.join(nearest)}?" if nearest else ""
        super().__init__(f"There is no station {key[:60]!r}.{hint}")

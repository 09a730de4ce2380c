"""What can go wrong, by name. Every error says what was wrong and what to do; edges translate them."""

from collections.abc import Sequence

from meteo_core.sentence import Sentence


class MeteoError(Exception):
    """Base of all errors that a user can be told about as they stand."""


class UnknownStation(MeteoError):
    """A station key that is not in the stations table."""

    def __init__(self, key: str, *, nearest: Sequence[str]) -> None:
        self.key = key
        self.nearest = tuple(nearest)
        said = (
            Sentence(
                "There is no station %(key)r. Did you mean %(nearest)s?",
                key=key[:60],
                nearest=", ".join(nearest),
            )
            if nearest
            else Sentence("There is no station %(key)r.", key=key[:60])
        )
        super().__init__(said)

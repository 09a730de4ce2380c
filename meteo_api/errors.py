"""What can go wrong between a client and the service; `problems` says how each of them looks."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from meteo_core.errors import MeteoError
from meteo_core.sentence import Sentence

MOST_ERRORS: Final = 20
"""Errors named in one answer."""


class FieldError(Struct, frozen=True, kw_only=True):
    """One value that cannot be accepted, and why."""

    pointer: Annotated[str, Meta(description="JSON pointer (RFC 6901) of the value: `/3/humidity_3pm`")]
    detail: Annotated[str, Meta(description="What is wrong with it, with limit and unit")]
    place: Annotated[Literal["body", "query", "path"], Meta(description="Part of the request")] = field(
        default="body", name="in"
    )


class NoSuchStation(FieldError, frozen=True, kw_only=True):
    """The same of a key that is in no station's row."""


class InvalidRequest(MeteoError):
    """A request that can be read and makes no sense."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.pointer or 'body'}: {e.detail}" for e in self.errors[:3]))


class MalformedJson(MeteoError):
    """A body that is no JSON."""


class NotJson(MeteoError):
    """A body that does not say that it is JSON."""


class MalformedForm(MeteoError):
    """A body that is no form."""


class NotAForm(MeteoError):
    """A body that does not say that it is a form."""


class BatchTooLarge(MeteoError):
    """More requests in one body than the service takes."""


class ForeignHost(MeteoError):
    """A request that was meant for another host: a page elsewhere that steers a browser here."""


class NoCard(MeteoError):
    """A card that the snapshot does not hold."""


class NoReport(MeteoError):
    """A drift report that the pipeline did not leave."""


class NotReady(MeteoError):
    """There is no model or no snapshot to answer from yet."""

    def __init__(self, reason: str, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(reason)


class NotSignedIn(MeteoError):
    """A request of nobody: no token or session, or one that is worth nothing (any more)."""


class WrongPassword(MeteoError):
    """No such user, another password, or a user who is shut out: which of them is not told."""

    def __init__(self) -> None:
        super().__init__(Sentence("name or password is wrong"))


class NotAllowed(MeteoError):
    """A request that takes a role which the user does not have."""


class ForgedRequest(MeteoError):
    """A browser's request that does not come from a page of ours."""


class TooManyAttempts(MeteoError):
    """Passwords guessed faster than anyone types."""

    def __init__(self, *, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            Sentence("too many attempts to sign in: try again in %(seconds)s s", seconds=retry_after_seconds)
        )

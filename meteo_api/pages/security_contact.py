"""Whom to tell of a weakness, where finders look for it (RFC 9116)."""

from datetime import timedelta
from typing import Final

from litestar import Controller, MediaType, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException

from meteo_api.clock import Clock

GOOD_FOR: Final = timedelta(days=90)
"""How long finders may rely on what they read; counted from each time that it is read."""


class SecurityContact:
    """The address that an operator named, or none."""

    def __init__(self, contact: str | None, *, now: Clock) -> None:
        self._contact = contact
        self._now = now

    def text(self) -> str | None:
        """What is told; None where nobody was named."""
        if self._contact is None:
            return None
        until = (self._now() + GOOD_FOR).replace(microsecond=0, tzinfo=None)
        return f"Contact: {self._contact}\nExpires: {until.isoformat()}Z\n"


class SecurityContactController(Controller):
    """Open to everyone: who finds a weakness has no account."""

    path = "/.well-known/security.txt"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 (Litestar reads it from the class)

    @get("/", sync_to_thread=False, media_type=MediaType.TEXT)
    def contact(self, security_contact: NamedDependency[SecurityContact]) -> str:
        """Whom to tell; 404 where nobody was named."""
        told = security_contact.text()
        if told is None:
            raise NotFoundException("nobody was named here to tell of weaknesses")
        return told

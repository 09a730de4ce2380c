"""Who asks, as handlers and templates see it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What someone may do."""

    USER = "user"
    """Read, and ask what-if questions."""
    ADMIN = "admin"
    """All of it: runs, models, users."""


class Kind(StrEnum):
    """How someone is signed in."""

    TOKEN = "token"  # noqa: S105 (a word, not a secret)  # nosec B105
    """A program, with a bearer token."""
    SESSION = "session"
    """A browser, with a cookie."""


class Account(Struct, frozen=True, kw_only=True):
    """Whoever is signed in: `request.user`."""

    id: int
    name: str
    role: Role
    sign_in: int
    """The sign-in's number."""

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything."""
        return self.role is Role.ADMIN


class SignIn(Struct, frozen=True, kw_only=True):
    """How they are signed in: `request.auth`."""

    kind: Kind
    expires_at: datetime
    csrf_token: str = ""
    """What forms and HTMX send back with a session, to show that the page was ours."""


class SignedIn(Struct, frozen=True, kw_only=True):
    """Both together."""

    account: Account
    sign_in: SignIn

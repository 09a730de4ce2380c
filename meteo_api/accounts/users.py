"""Users: added, changed and disabled; each change in the audit."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from meteo_api.accounts.account import Account, Role
from meteo_api.accounts.audit import Audit
from meteo_api.accounts.passwords import hashed
from meteo_api.clock import Clock
from meteo_api.database.tables import sign_ins, users
from meteo_api.language.texts import N_
from meteo_core.errors import MeteoError
from meteo_core.sentence import Sentence
from meteo_core.service_database import ServiceDatabase

NAME_PATTERN: Final = r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]"


_ADMINISTRATORS: Final = select(users.c.id).where(
    users.c.role == Role.ADMIN.value, users.c.disabled.is_(False)
)


class BadName(MeteoError):
    """A name that users cannot have."""

    field = "name"


class NameTaken(MeteoError):
    """A name that somebody has."""


class UnknownUser(MeteoError):
    """A name that nobody has."""


class LastAdministrator(MeteoError):
    """A change after which nobody could administer the service."""


class User(Struct, frozen=True, kw_only=True):
    """A user as kept."""

    id: int
    name: str
    password_hash: str
    role: Role
    disabled: bool
    created_at: datetime

    @property
    def administers(self) -> bool:
        """Whether this is one of those who administer the service."""
        return self.role is Role.ADMIN and not self.disabled


class Users:
    """The users in the service database. Blocks: call it from a thread."""

    def __init__(self, database: ServiceDatabase, audit: Audit, *, now: Clock) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def all(self) -> Sequence[User]:
        """Everyone, by name."""
        with self._database.reading() as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name)).mappings()]

    def find(self, name: str) -> User | None:
        """The user of this name, in small or capital letters; None where there is none."""
        with self._database.reading() as connection:
            return _find(connection, name)

    def get(self, name: str) -> User:
        """The user of this name; raises `UnknownUser`."""
        user = self.find(name)
        if user is None:
            raise UnknownUser(Sentence("there is no user %(name)r", name=name[:64]))
        return user

    def add(self, name: str, password: str, role: Role, *, by: Account | str) -> User:
        """A new user; raises `BadName`, `WeakPassword`, `NameTaken`."""
        name = name.casefold()
        if not re.fullmatch(NAME_PATTERN, name):
            raise BadName(
                Sentence(
                    "%(name)r cannot be a name: 3 to 64 letters a-z, digits and . _ -, with a letter or "
                    "digit at both ends",
                    name=name[:64],
                )
            )
        row = {
            "name": name,
            "password_hash": hashed(password, name=name),
            "role": role.value,
            "disabled": False,
            "created_at": self._now(),
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(users).values(row))
                self._audit.record_with(
                    connection, by, action=N_("user added"), subject=name, detail=f"role {role.value}"
                )
        except IntegrityError as error:
            raise NameTaken(Sentence("there is a user %(name)r already", name=name)) from error
        return self.get(name)

    def change(
        self,
        name: str,
        *,
        by: Account | str,
        role: Role | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Change what is given, all of it or nothing; holds at once, for requests under way elsewhere too.

        Whoever is shut out or gets another password is signed out. Raises `UnknownUser`,
        `LastAdministrator`, `WeakPassword`.
        """
        kept = None if password is None else hashed(password, name=name)
        with self._database.writing() as connection:
            user = self._to_change(connection, name)
            for values, action, detail in _changes(user, role=role, disabled=disabled, password_hash=kept):
                connection.execute(update(users).where(users.c.id == user.id).values(values))
                self._audit.record_with(connection, by, action=action, subject=user.name, detail=detail)
            if disabled or password is not None:
                self._sign_out(connection, user)
            changed = _find(connection, user.name)
            if user.administers and not (changed and changed.administers):
                self._require_another(connection, user)
        return self.get(user.name)

    def _to_change(self, connection: Connection, name: str) -> User:
        # Everyone who administers is locked, lest two of them shut each other out at the same moment.
        connection.execute(_ADMINISTRATORS.with_for_update())
        user = _find(connection, name)
        if user is None:
            raise UnknownUser(Sentence("there is no user %(name)r", name=name[:64]))
        return user

    def _require_another(self, connection: Connection, user: User) -> None:
        if not connection.execute(_ADMINISTRATORS).all():
            raise LastAdministrator(
                Sentence("%(name)s is the last administrator: make someone else one first", name=user.name)
            )

    def _sign_out(self, connection: Connection, user: User) -> None:
        connection.execute(
            update(sign_ins)
            .where(sign_ins.c.user_id == user.id, sign_ins.c.revoked_at.is_(None))
            .values(revoked_at=self._now())
        )


def _changes(
    user: User, *, role: Role | None, disabled: bool | None, password_hash: str | None
) -> Iterator[tuple[dict[str, object], str, str]]:
    """Columns to set, the act and its detail, for all that is not so already."""
    if role is not None and role is not user.role:
        yield {"role": role.value}, N_("role changed"), f"{user.role.value} to {role.value}"
    if disabled is not None and disabled is not user.disabled:
        yield {"disabled": disabled}, N_("user disabled") if disabled else N_("user enabled"), ""
    if password_hash is not None:
        yield {"password_hash": password_hash}, N_("password changed"), ""


def _find(connection: Connection, name: str) -> User | None:
    name = name.casefold()
    if not re.fullmatch(NAME_PATTERN, name):
        return None
    row = connection.execute(select(users).where(users.c.name == name)).mappings().one_or_none()
    return None if row is None else _user(row)


def _user(row: RowMapping) -> User:
    return User(**{**row, "role": Role(row["role"])})

"""Signing in and out, and who a token or cookie belongs to."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from meteo_api.accounts.account import Account, Kind, Role, SignedIn, SignIn
from meteo_api.accounts.passwords import is_right
from meteo_api.accounts.secret import Secret
from meteo_api.accounts.throttle import Throttle
from meteo_api.accounts.tokens import claims_of, token_for
from meteo_api.accounts.users import User, Users
from meteo_api.clock import Clock
from meteo_api.database.tables import sign_ins, users
from meteo_api.errors import WrongPassword
from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)

NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when a browser was last seen."""
KEPT: Final = timedelta(days=30)
"""How long a sign-in stays in the table after its end."""


class Lifetimes(Struct, frozen=True, kw_only=True):
    """How long one stays signed in."""

    token: timedelta
    session: timedelta
    """At most, from signing in."""
    idle: timedelta
    """At most, from the last request of the browser."""


class Issued(Struct, frozen=True, kw_only=True):
    """What whoever signed in gets: a token, or the secret of a cookie."""

    secret: str
    expires_in: int
    """Seconds."""


class SignIns:
    """Sign-ins in the service database. Blocks: call it from a thread."""

    def __init__(
        self,
        database: ServiceDatabase,
        users: Users,
        secret: Secret,
        lifetimes: Lifetimes,
        *,
        now: Clock,
    ) -> None:
        self._database = database
        self._users = users
        self._secret = secret
        self._lifetimes = lifetimes
        self._throttle = Throttle(database, secret, now=now)
        self._now = now

    def begin(self, name: str, password: str, *, kind: Kind, address: str) -> Issued:
        """Sign someone in; raises `WrongPassword`, `TooManyAttempts`."""
        user = self.check(name, password, address=address)
        issued = self._token(user) if kind is Kind.TOKEN else self._session(user)
        log.info("%s signed in (%s) from %s", user.name, kind.value, address)
        return issued

    def check(self, name: str, password: str, *, address: str) -> User:
        """The user with this password; raises `WrongPassword` whatever is wrong, `TooManyAttempts`."""
        self._throttle.admit(name, address)
        user = self._users.find(name)
        right = is_right(password, user.password_hash if user else None)
        if user is None or not right or user.disabled:
            log.warning("sign-in refused, from %s", address)
            raise WrongPassword
        self._throttle.forgive(name, address)
        return user

    def end(self, sign_in: int) -> None:
        """Sign out: what was issued is worth nothing from now on."""
        with self._database.writing() as connection:
            connection.execute(
                update(sign_ins).where(sign_ins.c.id == sign_in).values(revoked_at=self._now())
            )

    def end_all(self, user_id: int) -> None:
        """Sign out everywhere: nothing that was issued to this user is worth anything from now on."""
        with self._database.writing() as connection:
            connection.execute(
                update(sign_ins)
                .where(sign_ins.c.user_id == user_id, sign_ins.c.revoked_at.is_(None))
                .values(revoked_at=self._now())
            )

    def by_token(self, token: str) -> SignedIn | None:
        """Who signed in for this token; None where it is none of ours, or its time is over."""
        claims = claims_of(token, self._secret)
        if claims is None or claims.expires_at <= self._now().timestamp():
            return None
        with self._database.reading() as connection:
            row = self._row(connection, sign_ins.c.id == claims.sign_in, Kind.TOKEN)
        if row is None or row.account.id != claims.user_id:
            return None
        return row

    def by_cookie(self, secret: str) -> SignedIn | None:
        """Who signed in for the secret of this cookie; None where there is none such, or its time is over."""
        mine = sign_ins.c.secret_sha256 == self._hash(secret)
        now = self._now()
        with self._database.reading() as connection:
            found = self._row(
                connection, mine & (sign_ins.c.last_seen_at > now - self._lifetimes.idle), Kind.SESSION
            )
            unnoted = (
                found is not None
                and connection.execute(
                    select(sign_ins.c.last_seen_at < now - NOTED_EVERY).where(mine)
                ).scalar_one()
            )
        if unnoted:
            try:
                with self._database.writing() as connection:
                    connection.execute(update(sign_ins).where(mine).values(last_seen_at=now))
            except DatabaseAway as error:  # at worst the session ends for idleness too early
                log.warning("a browser was seen, which cannot be noted: %s", error)
        return found

    def _row(self, connection: Connection, which: ColumnElement[bool], kind: Kind) -> SignedIn | None:
        row = connection.execute(
            select(
                users.c.id, users.c.name, users.c.role, sign_ins.c.id.label("sign_in"), sign_ins.c.expires_at
            )
            .join_from(sign_ins, users)
            .where(
                which,
                sign_ins.c.kind == kind.value,
                sign_ins.c.revoked_at.is_(None),
                sign_ins.c.expires_at > self._now(),
                users.c.disabled.is_(False),
            )
        ).one_or_none()
        if row is None:
            return None
        csrf = self._secret.sign("csrf", str(row.sign_in)) if kind is Kind.SESSION else ""
        return SignedIn(
            account=Account(id=row.id, name=row.name, role=Role(row.role), sign_in=row.sign_in),
            sign_in=SignIn(kind=kind, expires_at=row.expires_at, csrf_token=csrf),
        )

    def _token(self, user: User) -> Issued:
        now, expires_at = self._until(self._lifetimes.token)
        number = self._keep(user, Kind.TOKEN, now, expires_at, secret_sha256=None)
        token = token_for(user.id, number, at=now, expires_at=expires_at, secret=self._secret)
        return Issued(secret=token, expires_in=int((expires_at - now).total_seconds()))

    def _session(self, user: User) -> Issued:
        now, expires_at = self._until(self._lifetimes.session)
        secret = secrets.token_urlsafe(32)
        self._keep(user, Kind.SESSION, now, expires_at, secret_sha256=self._hash(secret))
        return Issued(secret=secret, expires_in=int((expires_at - now).total_seconds()))

    def _hash(self, secret: str) -> str:
        """What is kept of a cookie's secret: keyed, so that another secret of the service ends sessions."""
        return self._secret.sign("session", secret)

    def _until(self, lifetime: timedelta) -> tuple[datetime, datetime]:
        now = self._now().replace(microsecond=0)  # tokens count whole seconds
        return now, now + lifetime

    def _keep(
        self, user: User, kind: Kind, now: datetime, expires_at: datetime, *, secret_sha256: str | None
    ) -> int:
        with self._database.writing() as connection:
            connection.execute(delete(sign_ins).where(sign_ins.c.expires_at < now - KEPT))
            return connection.execute(
                insert(sign_ins)
                .values(
                    user_id=user.id,
                    kind=kind.value,
                    secret_sha256=secret_sha256,
                    created_at=now,
                    expires_at=expires_at,
                    last_seen_at=now,
                )
                .returning(sign_ins.c.id)
            ).scalar_one()

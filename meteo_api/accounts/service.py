"""What the service does with accounts, off the event loop, and heeds at once."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from litestar import Request
from litestar.types import ASGIApp

from meteo_api.accounts.account import Account, Kind
from meteo_api.accounts.audit import Audit
from meteo_api.accounts.middleware import Authentication
from meteo_api.accounts.remembered import Remembered
from meteo_api.accounts.secret import Secret
from meteo_api.accounts.sign_ins import Issued, Lifetimes, SignIns
from meteo_api.accounts.users import User, Users
from meteo_api.clock import Clock
from meteo_core.service_database import ServiceDatabase

T = TypeVar("T")


class Accounts:
    """Users and sign-ins for handlers: each call runs in a thread, and what it changes holds from then on."""

    def __init__(
        self, database: ServiceDatabase, secret: Secret, lifetimes: Lifetimes, *, now: Clock
    ) -> None:
        self.audit = Audit(database, now=now)
        self._users = Users(database, self.audit, now=now)
        self._sign_ins = SignIns(database, self._users, secret, lifetimes, now=now)
        # Checking or setting a password takes a core and 64 MB: one at a time, never before other requests.
        self._checking = ThreadPoolExecutor(1, "passwords")
        self._asking = ThreadPoolExecutor(2, "sign-ins")
        self._tokens = Remembered(self._sign_ins.by_token, self._asking, now=now)
        self._sessions = Remembered(self._sign_ins.by_cookie, self._asking, now=now)

    def middleware(self) -> Callable[[ASGIApp], ASGIApp]:
        """What puts authentication in front of a handler.

        A function: of a bound method Litestar would copy the object behind it.
        """
        return lambda app: Authentication(app, tokens=self._tokens, sessions=self._sessions)

    async def sign_in(self, name: str, password: str, *, kind: Kind, address: str) -> Issued:
        """Sign someone in; raises `WrongPassword`, `TooManyAttempts`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._checking, lambda: self._sign_ins.begin(name, password, kind=kind, address=address)
        )

    async def sign_out(self, account: Account) -> None:
        """Make the sign-in of this request worth nothing."""
        await self._changing(lambda: self._sign_ins.end(account.sign_in))

    async def sign_out_everywhere(self, account: Account) -> None:
        """Make every sign-in of this user worth nothing."""
        await self._changing(lambda: self._sign_ins.end_all(account.id))

    async def change_own_password(self, account: Account, present: str, new: str, *, address: str) -> None:
        """Give whoever asks another password; raises `WrongPassword`, `WeakPassword`, `TooManyAttempts`."""
        await asyncio.get_running_loop().run_in_executor(
            self._checking, lambda: self._sign_ins.check(account.name, present, address=address)
        )
        await self.change(
            lambda users: users.change(account.name, password=new, by=account), with_password=True
        )

    async def users(self) -> Sequence[User]:
        """Everyone, by name."""
        return await asyncio.to_thread(self._users.all)

    async def change(self, change: Callable[[Users], T], *, with_password: bool = False) -> T:
        """Change users, at once for every request from then on; say where a password is set."""
        return await self._changing(
            lambda: change(self._users), executor=self._checking if with_password else None
        )

    def close(self) -> None:
        """Wait for what is under way."""
        self._checking.shutdown()
        self._asking.shutdown()

    async def _changing(self, change: Callable[[], T], *, executor: ThreadPoolExecutor | None = None) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, change)
        finally:
            self._tokens.forget()
            self._sessions.forget()


def address_of(request: Request[Any, Any, Any]) -> str:
    """Address that a request came from."""
    return request.client.host if request.client else "unknown"

"""Every request: who asks, and whether they may.

Plain ASGI and no request object: a handler that is asked again costs a look into a dict.
"""

import logging
from time import monotonic
from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from meteo_api.accounts.account import Kind, SignedIn
from meteo_api.accounts.cookie import session_in
from meteo_api.accounts.forgery import SAFE, require_our_page
from meteo_api.accounts.remembered import Remembered
from meteo_api.errors import NotSignedIn
from meteo_core.service_database import DatabaseAway

log = logging.getLogger(__name__)

OPEN: Final = "open"
"""Option of handlers that answer anyone: `@get(..., open=True)`; for controllers and routers, `opt`."""


class Authentication:
    """Sets `request.user` (an `Account` or None) and `request.auth` (a `SignIn` or None).

    Refuses whoever is not signed in, and forged requests of browsers, except where the handler says that it
    is open: that one answers whoever asks as a stranger while the database is away.
    """

    def __init__(self, app: ASGIApp, *, tokens: Remembered, sessions: Remembered) -> None:
        self._app = app
        self._tokens = tokens
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the headers, then go on or raise `NotSignedIn`, `ForgedRequest`, `DatabaseAway`."""
        authorization = cookie = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                # Two of them: not to be guessed which the sender means.
                authorization = value if authorization is None else b""
            elif name == b"cookie":
                cookie = value if cookie is None else cookie + b"; " + value

        signed_in: SignedIn | None = None
        is_open = bool(scope["route_handler"].opt.get(OPEN))
        try:
            if authorization is not None:
                remembered = self._tokens.answers.get(authorization)
                if remembered is not None and monotonic() < remembered[0]:
                    signed_in = remembered[1]
                else:
                    scheme, _, token = authorization.decode("latin-1").partition(" ")
                    if scheme.lower() == "bearer":
                        signed_in = await self._tokens.ask(authorization, token.strip())
            elif cookie is not None:
                remembered = self._sessions.answers.get(cookie)
                if remembered is not None and monotonic() < remembered[0]:
                    signed_in = remembered[1]
                else:
                    secret = session_in(cookie, scope["scheme"])
                    if secret is not None:
                        signed_in = await self._sessions.ask(cookie, secret)
        except DatabaseAway as error:
            if not is_open:
                raise
            log.warning("whoever asks is a stranger for now: %s", error)

        if signed_in is not None:
            scope["user"], scope["auth"] = signed_in.account, signed_in.sign_in
            if signed_in.sign_in.kind is Kind.SESSION:
                ScopeState.from_scope(scope).csrf_token = signed_in.sign_in.csrf_token  # for templates
        else:
            scope["user"] = scope["auth"] = None
        if not is_open:
            if signed_in is None:
                raise NotSignedIn(
                    "sign in first" if authorization is None else "this token is not valid, or not any more"
                )
            if signed_in.sign_in.kind is Kind.SESSION and scope.get("method") not in SAFE:
                await require_our_page(scope, receive, signed_in.sign_in)
        await self._app(scope, receive, send)

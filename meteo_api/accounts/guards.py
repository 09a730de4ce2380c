"""Who may use a handler. That one is signed in, the middleware sees to; handlers add what goes beyond."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from meteo_api.accounts.account import Account, SignIn
from meteo_api.errors import NotAllowed, NotSignedIn
from meteo_core.sentence import Sentence

SignedInRequest: TypeAlias = Request[Account, SignIn, Any]
"""A request that passed the middleware or one of these guards."""


def requires_user(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Raise `NotSignedIn` for strangers."""
    if not isinstance(connection.user, Account):
        raise NotSignedIn("sign in first")


def requires_admin(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise `NotAllowed` unless an administrator asks, `NotSignedIn` for strangers."""
    requires_user(connection, handler)
    if not connection.user.is_admin:
        raise NotAllowed(Sentence("this takes an administrator"))

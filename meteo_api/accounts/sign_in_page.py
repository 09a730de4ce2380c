"""Signing in and out, for people."""

from http import HTTPStatus
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import MediaType

from meteo_api.accounts.account import Account, Kind, SignIn
from meteo_api.accounts.cookie import session_cookie
from meteo_api.accounts.forgery import require_same_origin
from meteo_api.accounts.forms import credentials_in, form_of
from meteo_api.accounts.service import Accounts, address_of
from meteo_api.sign_in_redirect import SIGN_IN, local_path

_PLACEHOLDER = """<!doctype html><html lang="en"><title>Sign in - Meteo</title>
<form method="post" action="/sign-in"><label>Name <input name="name" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button></form></html>"""


class SignInPage(Controller):
    """The sign-in page and what its form is sent to."""

    path = "/"
    include_in_schema = False

    @get(SIGN_IN, media_type=MediaType.HTML, sync_to_thread=False, open=True)
    def show(self) -> str:
        """The form."""
        return _PLACEHOLDER

    @post(SIGN_IN, open=True)
    async def sign_in(
        self, request: Request[Any, Any, Any], accounts: NamedDependency[Accounts]
    ) -> Response[None]:
        """Begin a session and go on to `next`, a path of this service."""
        require_same_origin(request)
        name, password = await credentials_in(request, name_field="name")
        if request.user is not None and request.auth.kind is Kind.SESSION:
            await accounts.sign_out(request.user)
        issued = await accounts.sign_in(name, password, kind=Kind.SESSION, address=address_of(request))
        target = local_path((await form_of(request, "next")).get("next", "/"))
        scheme = request.scope["scheme"]
        return Response(
            None,
            status_code=HTTPStatus.SEE_OTHER,
            headers={"Location": target, "Cache-Control": "no-store"},
            cookies=[session_cookie(issued.secret, scheme=scheme, max_age=issued.expires_in)],
        )

    @post("/sign-out")
    async def sign_out(
        self, request: Request[Account, SignIn, Any], accounts: NamedDependency[Accounts]
    ) -> Response[None]:
        """End the session."""
        await accounts.sign_out(request.user)
        return Response(
            None,
            status_code=HTTPStatus.SEE_OTHER,
            headers={"Location": SIGN_IN},
            cookies=[session_cookie("", scheme=request.scope["scheme"], max_age=0)],
        )

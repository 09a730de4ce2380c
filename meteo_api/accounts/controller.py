"""Addresses for signing in and out, for programs."""

from http import HTTPStatus
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from meteo_api.accounts.account import Kind
from meteo_api.accounts.forms import LARGEST_FORM, PasswordForm, credentials_in
from meteo_api.accounts.guards import SignedInRequest
from meteo_api.accounts.schemas import Me, PasswordChange, Token
from meteo_api.accounts.service import Accounts, address_of
from meteo_api.problems import documented


class SignInController(Controller):
    """Signing in and out."""

    path = "/"
    tags = ("accounts",)

    @post(
        "/login",
        operation_id="login",
        status_code=HTTPStatus.OK,
        operation_class=PasswordForm,
        request_max_body_size=LARGEST_FORM,
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.TOO_MANY_REQUESTS,
            open=True,
        ),
        security=[{}],
        open=True,
    )
    async def login(self, request: Request[Any, Any, Any], accounts: NamedDependency[Accounts]) -> Token:
        """A bearer token for a name and a password (OAuth2 password form), for half an hour or as set.

        Send it along as `Authorization: Bearer ...`. Ten wrong passwords for a name from an address, or a
        hundred from an address, within a quarter of an hour: then 429, whose `Retry-After` says how long.
        """
        name, password = await credentials_in(request, name_field="username")
        issued = await accounts.sign_in(name, password, kind=Kind.TOKEN, address=address_of(request))
        return Token(access_token=issued.secret, expires_in=issued.expires_in)

    @post("/logout", operation_id="logout", status_code=HTTPStatus.NO_CONTENT, responses=documented())
    async def logout(self, request: SignedInRequest, accounts: NamedDependency[Accounts]) -> None:
        """Make the token or session of this request worth nothing, at once."""
        await accounts.sign_out(request.user)

    @get("/me", operation_id="get_me", responses=documented(), sync_to_thread=False)
    def me(self, request: SignedInRequest) -> Me:
        """Who asks, in which role, and how long the sign-in lasts at most."""
        account, sign_in = request.user, request.auth
        return Me(
            name=account.name,
            role=account.role,
            signed_in_by=sign_in.kind,
            expires_at=sign_in.expires_at,
        )

    @post(
        "/me/password",
        operation_id="change_my_password",
        status_code=HTTPStatus.NO_CONTENT,
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
        ),
    )
    async def change_my_password(
        self, request: SignedInRequest, data: JSONBody[PasswordChange], accounts: NamedDependency[Accounts]
    ) -> None:
        """Choose another password. Every sign-in until then ends, this one too."""
        await accounts.change_own_password(
            request.user, data.present, data.password, address=address_of(request)
        )

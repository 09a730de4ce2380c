"""The account page: who one is, signing out everywhere, another password."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template

from meteo_api.accounts.account import Account, Role, SignIn
from meteo_api.accounts.cookie import session_cookie
from meteo_api.accounts.forms import form_of
from meteo_api.accounts.guards import SignedInRequest
from meteo_api.accounts.passwords import LEAST_CHARACTERS, WeakPassword
from meteo_api.accounts.service import Accounts, address_of
from meteo_api.errors import TooManyAttempts, WrongPassword
from meteo_api.language.texts import N_, _, told
from meteo_api.pages.shell import Pages
from meteo_api.sign_in_redirect import SIGN_IN

_MAY: Final = {
    Role.USER: N_("reads everything and asks what-if questions"),
    Role.ADMIN: N_("also starts runs, promotes models and manages users"),
}


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account page."""

    name: str
    role: str
    may: str
    until: datetime
    """UTC."""
    shortest: int
    """Characters of a new password at least."""
    errors: Mapping[str, str]


def account_view(account: Account, sign_in: SignIn, errors: Mapping[str, str]) -> AccountView:
    """Who is signed in, and what was wrong with the form."""
    return AccountView(
        account.name,
        _(account.role.value),
        _(_MAY[account.role]),
        sign_in.expires_at,
        LEAST_CHARACTERS,
        errors,
    )


class AccountPage(Controller):
    """The account page and what its forms are sent to."""

    path = "/account"
    include_in_schema = False

    @get(sync_to_thread=False)
    def show(self, request: SignedInRequest, pages: NamedDependency[Pages]) -> Template:
        """Who one is."""
        return _page(request, pages, {})

    @post("/password", status_code=HTTPStatus.SEE_OTHER)
    async def change_password(
        self, request: SignedInRequest, pages: NamedDependency[Pages], accounts: NamedDependency[Accounts]
    ) -> Response[Any]:
        """Another password; every sign-in ends, this one too."""
        form = await form_of(request, "present", "new")
        errors = await _attempt(request, accounts, form.get("present", ""), form.get("new", ""))
        return _page(request, pages, errors) if errors else _signed_out(request)

    @post("/sign-out-everywhere", status_code=HTTPStatus.SEE_OTHER)
    async def sign_out_everywhere(
        self, request: SignedInRequest, accounts: NamedDependency[Accounts]
    ) -> Response[None]:
        """End every session and token of whoever asks."""
        await accounts.sign_out_everywhere(request.user)
        return _signed_out(request)


async def _attempt(request: SignedInRequest, accounts: Accounts, present: str, new: str) -> dict[str, str]:
    """What was wrong, by field; nothing where the password was changed."""
    try:
        await accounts.change_own_password(request.user, present, new, address=address_of(request))
    except WrongPassword:
        return {"present": _("this is not your present password")}
    except TooManyAttempts as error:
        return {"present": told(error)}
    except WeakPassword as error:
        return {"new": told(error)}
    return {}


def _page(request: SignedInRequest, pages: Pages, errors: Mapping[str, str]) -> Template:
    return pages.show(
        request,
        "accounts/account.html",
        title=_("Account"),
        view=account_view(request.user, request.auth, errors),
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
    )


def _signed_out(request: SignedInRequest) -> Response[None]:
    return Response(
        None,
        status_code=HTTPStatus.SEE_OTHER,
        headers={"Location": SIGN_IN},
        cookies=[session_cookie("", scheme=request.scope["scheme"], max_age=0)],
    )

"""Signing in and out, for people."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.accounts.account import Kind
from meteo_api.accounts.cookie import session_cookie
from meteo_api.accounts.forgery import require_same_origin
from meteo_api.accounts.forms import LARGEST_FORM, credentials_in, form_of
from meteo_api.accounts.guards import SignedInRequest
from meteo_api.accounts.service import Accounts, address_of
from meteo_api.accounts.sign_ins import Issued
from meteo_api.errors import TooManyAttempts, WrongPassword
from meteo_api.language.texts import _, told
from meteo_api.pages.errors import wants_page
from meteo_api.pages.shell import Pages
from meteo_api.sign_in_redirect import SIGN_IN, local_path
from meteo_core.errors import MeteoError


@dataclass(frozen=True, slots=True)
class SignInView:
    """The sign-in page."""

    next: str
    """Path to go on to."""
    name: str = ""
    refusal: str | None = None


class SignInPage(Controller):
    """The sign-in page and what its form is sent to."""

    path = "/"
    include_in_schema = False

    @get(SIGN_IN, sync_to_thread=False, open=True)
    def show(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        next_: Annotated[str, QueryParameter(name="next")] = "/",
    ) -> Template:
        """The form."""
        return _page(request, pages, SignInView(next=local_path(next_)))

    @post(SIGN_IN, status_code=HTTPStatus.SEE_OTHER, open=True, request_max_body_size=LARGEST_FORM)
    async def sign_in(
        self,
        request: Request[Any, Any, Any],
        accounts: NamedDependency[Accounts],
        pages: NamedDependency[Pages],
    ) -> Response[Any]:
        """Begin a session and go on to `next`, a path of this service."""
        require_same_origin(request)
        name, password = await credentials_in(request, name_field="name")
        target = local_path((await form_of(request, "next")).get("next", "/"))
        issued = await _attempt(request, accounts, name, password)
        if isinstance(issued, MeteoError):
            return _refused(request, pages, issued, SignInView(target, name, _("%(why)s.", why=told(issued))))
        if request.user is not None and request.auth.kind is Kind.SESSION:
            await accounts.sign_out(request.user)
        scheme = request.scope["scheme"]
        return Response(
            None,
            status_code=HTTPStatus.SEE_OTHER,
            headers={"Location": target, "Cache-Control": "no-store"},
            cookies=[session_cookie(issued.secret, scheme=scheme, max_age=issued.expires_in)],
        )

    @post("/sign-out")
    async def sign_out(self, request: SignedInRequest, accounts: NamedDependency[Accounts]) -> Response[None]:
        """End the session."""
        await accounts.sign_out(request.user)
        return Response(
            None,
            status_code=HTTPStatus.SEE_OTHER,
            headers={"Location": SIGN_IN},
            cookies=[session_cookie("", scheme=request.scope["scheme"], max_age=0)],
        )


async def _attempt(
    request: Request[Any, Any, Any], accounts: Accounts, name: str, password: str
) -> Issued | WrongPassword | TooManyAttempts:
    """A session, or for a browser the reason to show beside the form; programs get it as a problem."""
    try:
        return await accounts.sign_in(name, password, kind=Kind.SESSION, address=address_of(request))
    except (WrongPassword, TooManyAttempts) as refusal:
        if not wants_page(request):
            raise
        return refusal


def _refused(
    request: Request[Any, Any, Any], pages: Pages, refusal: MeteoError, view: SignInView
) -> Template:
    if isinstance(refusal, TooManyAttempts):
        headers = {"Retry-After": str(refusal.retry_after_seconds)}
        return _page(request, pages, view, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
    return _page(request, pages, view, status=HTTPStatus.UNAUTHORIZED)


def _page(
    request: Request[Any, Any, Any],
    pages: Pages,
    view: SignInView,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
) -> Template:
    return pages.show(
        request,
        "accounts/sign_in.html",
        title=_("Sign in"),
        view=view,
        status=status,
        headers=headers,
        navigation=False,
    )

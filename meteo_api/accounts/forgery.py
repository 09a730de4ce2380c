"""Telling a request of our own page from one that a page elsewhere made the browser send."""

from hmac import compare_digest
from typing import Any, Final

from litestar import Request
from litestar.types import Receive, Scope

from meteo_api.accounts.account import SignIn
from meteo_api.accounts.forms import form_of, is_form
from meteo_api.addresses import authority_of
from meteo_api.errors import ForgedRequest
from meteo_core.sentence import Sentence

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing."""
HEADER: Final = "x-csrftoken"
FIELD: Final = "_csrf_token"


async def require_our_page(scope: Scope, receive: Receive, sign_in: SignIn) -> None:
    """Raise `ForgedRequest` unless header or form field hold the session's token."""
    request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope, receive)
    sent = request.headers.get(HEADER)
    if sent is None and is_form(request):
        sent = (await form_of(request, FIELD)).get(FIELD)
    if sent is None or not compare_digest(sent.encode("utf-8", "surrogatepass"), sign_in.csrf_token.encode()):
        raise ForgedRequest(
            Sentence(
                "with a session, say that the page is ours: the token in header %(header)s or form field "
                "%(field)s",
                header=HEADER,
                field=FIELD,
            )
        )


def require_same_origin(request: Request[Any, Any, Any]) -> None:
    """Raise `ForgedRequest` where the browser says that a page elsewhere sent it.

    For signing in, when there is no session yet to have a token. Programs say nothing of the kind and need no
    protection: it is browsers that hand out cookies.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    elif origin is not None:
        ours = authority_of(origin) == request.headers.get("host", "").lower()
    else:
        ours = True
    if not ours:
        raise ForgedRequest(Sentence("sign in from the service's own page"))

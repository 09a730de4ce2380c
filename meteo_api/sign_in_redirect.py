"""Where a browser goes to sign in, and where it may go from there."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response

from meteo_api.addresses import path_of

SIGN_IN: Final = "/sign-in"
GATE: Final = "/gate/"
"""Asked by a gateway, which names in `X-Forwarded-Uri` what it was asked for."""
_NOT_PAGES: Final = ("/api/", "/health/", "/metrics", "/schema", "/.well-known/", "/static/")
LONGEST: Final = 1_000


def is_page(request: Request[Any, Any, Any]) -> bool:
    """Whether people look at what is asked for, rather than programs."""
    return not is_for_programs(request.scope["path"])


def is_for_programs(path: str) -> bool:
    """Whether programs ask for this, or a page for its parts: in English, with errors as problems."""
    return path.startswith(_NOT_PAGES)


def to_sign_in(request: Request[Any, Any, Any]) -> Response[None]:
    """Send a browser to the sign-in page and, what it came for being a page, back again."""
    if request.headers.get("hx-request"):
        # HTMX would put the sign-in page where a part of this one belongs.
        here = path_of(request.headers.get("hx-current-url", ""))
        headers = {"HX-Redirect": _address(here)}
        return Response(None, status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    query = request.scope["query_string"].decode("ascii", "replace")
    target = f"{path}?{query}" if query else path
    if path.startswith(GATE):
        target = request.headers.get("x-forwarded-uri", "/")
    location = _address(target if request.method == "GET" else "/")
    return Response(None, status_code=HTTPStatus.SEE_OTHER, headers={"Location": location})


def local_path(given: str) -> str:
    """Where to go after signing in: a path of this service, or else the first page.

    Two slashes, backslashes, schemes and control characters would lead a browser elsewhere.
    """
    return "/" if given.startswith(SIGN_IN) or not is_local(given) else given


def is_local(given: str) -> bool:
    """Whether a browser that is sent there stays with this service."""
    return (
        given.startswith("/")
        and not given.startswith("//")
        and len(given) <= LONGEST
        and "\\" not in given
        and given.isascii()
        and not any(ord(sign) <= ord(" ") or ord(sign) == 127 for sign in given)
    )


def _address(target: str) -> str:
    target = local_path(target)
    return SIGN_IN if target == "/" else f"{SIGN_IN}?next={quote(target, safe='/')}"

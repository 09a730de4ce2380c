"""Errors as pages, for those who came with a browser."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from litestar import Request
from litestar.response import Template

from meteo_api.language.texts import N_, _
from meteo_api.pages.shell import Pages, is_htmx
from meteo_api.sign_in_redirect import is_page

_HTML: Final = "text/html"
_ADVICE: Final = {
    HTTPStatus.NOT_FOUND: N_("The address may be mistyped, or what stood here is gone."),
    HTTPStatus.FORBIDDEN: N_("Your account may not see or do this. An administrator can."),
    HTTPStatus.TOO_MANY_REQUESTS: N_("Wait a little, then try again."),
    HTTPStatus.SERVICE_UNAVAILABLE: N_("It usually comes back by itself. Try again in a few seconds."),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("It is not your fault. An operator can find the cause in the log."),
}


@dataclass(frozen=True, slots=True)
class ErrorView:
    """What went wrong, for a person."""

    status: int
    title: str
    detail: str
    advice: str | None


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether whoever asks reads HTML, or HTMX asks on their behalf. Programs get problem details."""
    if not is_page(request):
        return False
    return _HTML in request.headers.get("accept", "") or "hx-request" in request.headers


def error_page(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    *,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
) -> Template:
    """The error in the design of every other page; for HTMX a notice alone."""
    pages: Pages = request.app.state.pages
    advice = _ADVICE.get(status)
    view = ErrorView(status.value, title, detail, _(advice) if advice else None)
    if is_htmx(request):
        return pages.fragment("errors/_notice.html", view=view, status=status.value, headers=headers)
    return pages.show(
        request, "errors/page.html", title=title, view=view, status=status.value, headers=headers
    )

"""Every error as problem details (RFC 9457), or as a page for a browser: what went wrong, never a trace."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap, Receive, Scope, Send
from markupsafe import Markup
from msgspec import Meta, Struct

from meteo_api.accounts.passwords import WeakPassword
from meteo_api.accounts.users import BadName, LastAdministrator, NameTaken, UnknownUser
from meteo_api.errors import (
    BatchTooLarge,
    FieldError,
    ForeignHost,
    ForgedRequest,
    InvalidRequest,
    MalformedForm,
    MalformedJson,
    NoCard,
    NoReport,
    NotAForm,
    NotAllowed,
    NotJson,
    NotReady,
    NotSignedIn,
    TooManyAttempts,
    WrongPassword,
)
from meteo_api.language.texts import N_, _, told
from meteo_api.model.store import NoChampion, Refused
from meteo_api.pages.errors import error_page, wants_page
from meteo_api.runs.errors import RunHasEnded, UnknownRun
from meteo_api.sign_in_redirect import is_page, to_sign_in
from meteo_core.errors import MeteoError, UnknownStation
from meteo_core.model.promotion import ChampionAlready, ChecksNotPassed
from meteo_core.model.rain_model import UnusableModel
from meteo_core.model.registry import ChampionHasChanged, NothingToRollBackTo, UnknownVersion
from meteo_core.sentence import Sentence, sentence_of
from meteo_core.service_database import DatabaseAway

log = logging.getLogger(__name__)

_MISSING: Final = re.compile(r"Missing required query parameter '(\w+)'")

MEDIA_TYPE: Final = "application/problem+json"
CLIENT_GONE: Final = "client disconnected prematurely"
"""Litestar's words for a client that hung up before its body was whole: to it a failure of the server."""
LONGEST_DETAIL: Final = 500
"""Characters of a detail or path that are sent back: enough to recognise, too few to fill a log."""


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not answered."""

    type: Annotated[str, Meta(description="Kind of problem, for programs to tell apart")]
    title: Annotated[str, Meta(description="Kind of problem, for people")]
    status: Annotated[int, Meta(description="HTTP status")]
    detail: Annotated[str, Meta(description="What went wrong this time")]
    instance: Annotated[str, Meta(description="Path that was asked for")]
    errors: Annotated[tuple[FieldError, ...], Meta(description="Values that cannot be accepted")] = ()


CHAMPION_STAYS: Final[tuple[type[MeteoError], ...]] = (
    *(ChecksNotPassed, ChampionAlready, ChampionHasChanged, NothingToRollBackTo),
    *(UnusableModel, NoChampion, Refused),
)
"""Reasons why a version does not become champion, or does not serve."""

_STATUS: Final[Mapping[type[MeteoError], HTTPStatus]] = {
    MalformedJson: HTTPStatus.BAD_REQUEST,
    MalformedForm: HTTPStatus.BAD_REQUEST,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    WrongPassword: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    ForgedRequest: HTTPStatus.FORBIDDEN,
    UnknownUser: HTTPStatus.NOT_FOUND,
    NameTaken: HTTPStatus.CONFLICT,
    LastAdministrator: HTTPStatus.CONFLICT,
    UnknownStation: HTTPStatus.NOT_FOUND,
    NoCard: HTTPStatus.NOT_FOUND,
    NoReport: HTTPStatus.NOT_FOUND,
    UnknownRun: HTTPStatus.NOT_FOUND,
    UnknownVersion: HTTPStatus.NOT_FOUND,
    RunHasEnded: HTTPStatus.CONFLICT,
    **dict.fromkeys(CHAMPION_STAYS, HTTPStatus.CONFLICT),
    BatchTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotAForm: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    NotJson: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ForeignHost: HTTPStatus.MISDIRECTED_REQUEST,
    InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    BadName: HTTPStatus.UNPROCESSABLE_ENTITY,
    WeakPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    DatabaseAway: HTTPStatus.SERVICE_UNAVAILABLE,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

_KINDS: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("malformed-request", N_("The request cannot be read")),
    HTTPStatus.UNAUTHORIZED: ("not-signed-in", N_("This takes a sign-in")),
    HTTPStatus.FORBIDDEN: ("not-allowed", N_("This is not allowed")),
    HTTPStatus.NOT_FOUND: ("not-found", N_("There is nothing here")),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", N_("This address does not take this method")),
    HTTPStatus.CONFLICT: ("conflict", N_("As things stand, this cannot be done")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too-large", N_("The request is too large")),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "other-media-type",
        N_("The body is of a kind that is not taken here"),
    ),
    HTTPStatus.MISDIRECTED_REQUEST: ("foreign-host", N_("This host is not served here")),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("invalid-request", N_("Some values cannot be accepted")),
    HTTPStatus.TOO_MANY_REQUESTS: ("too-many-attempts", N_("Too many attempts")),
    HTTPStatus.SERVICE_UNAVAILABLE: ("not-ready", N_("The service is not ready")),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("internal-error", N_("The service failed")),
}


def documented(
    *statuses: HTTPStatus,
    kept: bool = False,
    open: bool = False,  # noqa: A002
) -> dict[int, ResponseSpec]:
    """The error answers of a handler, for the OpenAPI document.

    `kept` where it is answered from memory. Any handler but an `open` one may ask for a sign-in.
    """
    unchanged = ResponseSpec(None, description="The answer whose ETag If-None-Match names still stands")
    if not open:
        statuses = (HTTPStatus.UNAUTHORIZED, *statuses)
    return ({HTTPStatus.NOT_MODIFIED.value: unchanged} if kept else {}) | {
        status.value: ResponseSpec(
            Problem, description=_KINDS[status][1], media_type=MEDIA_TYPE, generate_examples=False
        )
        for status in statuses
    }


def _of_domain(request: Request[Any, Any, Any], error: MeteoError) -> Response[Any]:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if status is None:
        return _unexpected(request, error)
    if isinstance(error, NotSignedIn) and is_page(request):
        return to_sign_in(request)
    if isinstance(error, DatabaseAway):
        log.error("%s", error)
        error = DatabaseAway(
            Sentence("the database of accounts and of the audit does not answer at this moment")
        )
    headers = None
    if isinstance(error, NotReady | TooManyAttempts):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif isinstance(error, DatabaseAway):
        headers = {"Retry-After": "5"}
    elif status is HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    errors = error.errors if isinstance(error, InvalidRequest) else ()
    if isinstance(error, BadName | WeakPassword):
        errors = (FieldError(pointer=f"/{error.field}", detail=str(error)),)
    return _response(request, status, sentence_of(error), errors=errors, headers=headers)


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = HTTPStatus(error.status_code)
    if error.detail == CLIENT_GONE:
        return _response(request, HTTPStatus.BAD_REQUEST, Sentence("the body ended early"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(request, error)
    if isinstance(error, ValidationException):
        invalid = InvalidRequest(_parameters_at_fault(error))
        return _response(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(invalid), errors=invalid.errors)
    return _response(request, status, error.detail, headers=error.headers)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer what nobody foresaw: the trace goes to the log, never to the client."""
    log.error("unexpected error at %s %r", request.method, _path(request), exc_info=error)
    return _response(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Sentence("An unexpected error, recorded in the service's log."),
    )


async def refuse(error: MeteoError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a problem where no handler and no error handling are in reach."""
    request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope, receive, send)  # pyright: ignore[reportArgumentType]
    response = _of_domain(request, error).to_asgi_response(app=None, request=request)
    await response(scope, receive, send)


EXCEPTION_HANDLERS: Final[ExceptionHandlersMap] = {
    MeteoError: _of_domain,  # pyright: ignore[reportAssignmentType] (a handler takes its own kind of error)
    HTTPException: _of_framework,
    Exception: _unexpected,
}


def _parameters_at_fault(error: ValidationException) -> list[FieldError]:
    """Litestar's list of query and path parameters that it could not convert."""
    stated = error.extra if isinstance(error.extra, list) else []
    if missing := _MISSING.match(error.detail):
        return [FieldError(pointer=f"/{missing[1]}", detail=Sentence("must be given"), place="query")]
    return [
        FieldError(
            pointer=f"/{str(fault.get('key', '')).removesuffix('_')}",  # `from_` in Python is `from` outside
            detail=_shortened(str(fault["message"])),
            place="path" if fault.get("source") == "path" else "query",
        )
        for fault in stated
    ]


def _response(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    detail: str,
    *,
    errors: tuple[FieldError, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    kind, title = _KINDS.get(status, (status.phrase.lower().replace(" ", "-"), status.phrase))
    if wants_page(request):
        # Which value it is stands before what is wrong with it; the rest is said already.
        said = [_("%(name)s: %(fault)s", name=e.pointer or "body", fault=told(e.detail)) for e in errors[:3]]
        detail = Markup("; ").join(said) if said else told(_shortened(detail))
        return error_page(request, status, title=_(title), detail=detail, headers=headers)
    problem = Problem(
        type=f"urn:meteo:problem:{kind}",
        title=title,
        status=status.value,
        detail=str(_shortened(detail)),
        instance=_path(request),
        errors=errors,
    )
    return Response(problem, status_code=status.value, media_type=MEDIA_TYPE, headers=headers)


def _path(request: Request[Any, Any, Any]) -> str:
    """Path as sent, percent-encoded."""
    return _shortened(request.scope["raw_path"].decode("ascii", "replace"))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"

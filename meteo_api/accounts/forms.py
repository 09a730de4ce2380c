"""Forms of a page or of OAuth2.

Litestar's own parser keeps the last thousand forms in memory, passwords and all.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from meteo_api.errors import FieldError, InvalidRequest, MalformedForm, NotAForm
from meteo_core.sentence import Sentence

MOST_FIELDS: Final = 100
LARGEST_FORM: Final = 8_192
"""Bytes of a form that anyone may send, signed in or not."""
_TEXT: Final = Schema(type=OpenAPIType.STRING)


def is_form(request: Request[Any, Any, Any]) -> bool:
    """Whether the body says that it is a form."""
    return request.content_type[0] == RequestEncodingType.URL_ENCODED


async def form_of(request: Request[Any, Any, Any], *names: str) -> dict[str, str]:
    """These fields of the form, where they are given; raises `InvalidRequest` for one that comes twice."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise MalformedForm(Sentence("the form cannot be read")) from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name not in names:
            continue
        if name in fields:
            raise InvalidRequest([FieldError(pointer=f"/{name}", detail=Sentence("given twice"))])
        fields[name] = value
    return fields


async def credentials_in(request: Request[Any, Any, Any], *, name_field: str) -> tuple[str, str]:
    """Name and password of a form; raises `NotAForm`, `InvalidRequest` naming the field that is missing."""
    if not is_form(request):
        raise NotAForm(f"send `Content-Type: {RequestEncodingType.URL_ENCODED.value}`")
    fields = await form_of(request, name_field, "password")
    missing = [name for name in (name_field, "password") if name not in fields]
    if missing:
        raise InvalidRequest(
            [FieldError(pointer=f"/{name}", detail=Sentence("required")) for name in missing]
        )
    return fields[name_field], fields["password"]


@dataclass
class PasswordForm(Operation):
    """The OpenAPI operation of a handler that reads the OAuth2 password form itself."""

    def __post_init__(self) -> None:
        """Describe the form."""
        form = Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "grant_type": Schema(type=OpenAPIType.STRING, enum=["password"]),
                "username": _TEXT,
                "password": _TEXT,
            },
            required=["username", "password"],
        )
        media_type = OpenAPIMediaType(schema=form)
        self.request_body = RequestBody(
            content={RequestEncodingType.URL_ENCODED.value: media_type}, required=True
        )

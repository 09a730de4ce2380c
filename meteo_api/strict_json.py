"""Request bodies: JSON decoded straight into the type that the handler asks for, without leniency.

Litestar by itself decodes a body into plain values and converts them leniently: "12.5" would pass for a
number.
"""

import re
from functools import lru_cache
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.typing import FieldDefinition
from msgspec import Raw

from meteo_api.errors import MOST_ERRORS, FieldError, InvalidRequest, MalformedJson, NotJson
from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, Kind

SMALL_BODY: Final = 64_000
"""Bytes up to which all errors of a body are looked for, not only the first."""

_PLACE = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\[(\d+)\]|\.(\w+)")
_NAMED_FIELD = re.compile(r"^Object (?:contains unknown|missing required) field `(.*)`$", re.DOTALL)


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body, where the handler takes one, is strict JSON of the handler's type."""

    async def body(self) -> bytes:
        """The body; refuses an empty one, and one that is not declared as JSON, where JSON is taken."""
        field = self.route_handler.parsed_data_field
        if field is None or not _takes_json(field):
            return await super().body()
        media_type = self.content_type[0]
        if media_type != "application/json":
            raise NotJson(
                f"send `Content-Type: application/json`, not {media_type[:100]!r}"
                if media_type
                else "send `Content-Type: application/json`"
            )
        body = await super().body()
        if not body.strip():
            raise MalformedJson("the body is empty")
        return body

    async def json(self) -> Any:
        """The body as the handler's type."""
        body, field = await self.body(), self.route_handler.parsed_data_field
        return decode(body, field.annotation if field else Any)


def _takes_json(field: FieldDefinition) -> bool:
    """Whether a handler's `data` is no form."""
    declared = field.kwarg_definition
    return not isinstance(declared, BodyKwarg) or declared.media_type == RequestEncodingType.JSON


def decode(body: bytes, kind: Any) -> Any:
    """Decode JSON as `kind`; raises `MalformedJson` or `InvalidRequest` naming the fields at fault."""
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        _require_json(body)
        raise InvalidRequest(_errors_in(body, kind, error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedJson(str(error)) from error


@lru_cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Made once for each type: it costs as much as decoding."""
    return msgspec.json.Decoder(kind)


def _require_json(body: bytes) -> None:
    """Read to the end: the decoder stops at the first wrong value, whatever comes after it."""
    try:
        msgspec.json.decode(body, type=Raw)
    except RecursionError as error:
        raise MalformedJson("the JSON is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedJson(str(error)) from error


def _errors_in(body: bytes, kind: Any, first: msgspec.ValidationError) -> list[FieldError]:
    """The first error, and in a small body those that show once it is taken out."""
    found = {_pointer(first): _explained(first)}
    if len(body) > SMALL_BODY:
        return list(found.values())
    try:
        values = msgspec.json.decode(body)
    except msgspec.DecodeError:  # a number that no float can hold
        return list(found.values())
    error = first
    while len(found) < MOST_ERRORS and _take_out(values, _pointer(error)):
        try:
            msgspec.convert(values, kind, strict=True)
            break
        except msgspec.ValidationError as next_error:
            error = next_error
        # A required field that was taken out for being wrong is now wrong for being away.
        if _pointer(error) in found:
            break
        found[_pointer(error)] = _explained(error)
    return list(found.values())


def _pointer(error: msgspec.ValidationError) -> str:
    """JSON pointer of the value that the decoder stopped at."""
    message = str(error)
    place = _PLACE.search(message)
    steps = ["".join(step) for step in _STEP.findall(place[1])] if place else []
    named = _NAMED_FIELD.match(_PLACE.sub("", message))
    if named:
        steps.append(named[1][:100].replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in steps)


def _explained(error: msgspec.ValidationError) -> FieldError:
    pointer, message = _pointer(error), _PLACE.sub("", str(error))[:200]
    parameter = PARAMETERS.get(pointer.rpartition("/")[2])
    if parameter is None:
        return FieldError(pointer=pointer, detail=message)
    points = f": {', '.join(COMPASS_POINTS)}" if parameter.kind is Kind.COMPASS else ""
    return FieldError(pointer=pointer, detail=f"{message} ({parameter.description}{points})")


def _take_out(values: Any, pointer: str) -> bool:
    """Remove the value at the pointer; False where that cannot be done."""
    *path, last = pointer.split("/")[1:] or [""]
    for step in path:
        values = values[int(step)] if isinstance(values, list) else values[step]
    return isinstance(values, dict) and values.pop(last, ...) is not ...

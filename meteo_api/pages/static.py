"""Style, script and icon: read once, served from memory under addresses that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from mimetypes import guess_type
from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

SERVED: Final = (".css", ".js", ".svg")
FOR_EVER: Final = "public, max-age=31536000, immutable"
_DIGITS: Final = 12


@dataclass(frozen=True)
class StaticFile:
    """One file, never changed while the process lives."""

    name: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """Begin of the SHA-256 of its content."""
        return hashlib.sha256(self.content).hexdigest()[:_DIGITS]

    @cached_property
    def compressed(self) -> bytes:
        """The content by gzip, the same bytes at each start."""
        return gzip.compress(self.content, mtime=0)

    @property
    def media_type(self) -> str:
        """By its name."""
        return {".js": "text/javascript"}.get(self.name[-3:]) or guess_type(self.name)[0] or "text/plain"

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/static/{self.digest}/{self.name}"


class StaticFiles:
    """The folder `meteo_api/static` in memory."""

    def __init__(self) -> None:
        folder = files("meteo_api") / "static"
        self.by_name: Mapping[str, StaticFile] = {
            each.name: StaticFile(each.name, each.read_bytes())
            for each in folder.iterdir()
            if each.name.endswith(SERVED)
        }

    def address(self, name: str) -> str:
        """Address of a file for a page; raises KeyError for one that is not there."""
        return self.by_name[name].address


class StaticController(Controller):
    """Files that every visitor may have, signed in or not."""

    path = "/static"
    include_in_schema = False
    opt = {"open": True}  # noqa: RUF012 (Litestar reads it from the class)

    @get("/{digest:str}/{name:str}", sync_to_thread=False)
    def file(
        self,
        request: Request[Any, Any, Any],
        static: NamedDependency[StaticFiles],
        digest: FromPath[str],
        name: FromPath[str],
    ) -> Response[bytes]:
        """A file, for ever: another content has another address."""
        found = static.by_name.get(name)
        if found is None or found.digest != digest:
            raise NotFoundException(f"there is no {name[:60]!r} of this content")
        headers = {
            "Cache-Control": FOR_EVER,
            "ETag": f'"{digest}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == f'"{digest}"':
            return Response(b"", status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers |= {"Content-Encoding": "gzip"}
            return Response(found.compressed, media_type=found.media_type, headers=headers)
        return Response(found.content, media_type=found.media_type, headers=headers)

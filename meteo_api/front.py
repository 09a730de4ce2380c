"""What holds for every request and every answer, whatever they are about: host, HEAD, security headers."""

from typing import Any, Final

from litestar import Litestar
from litestar.types import Message, Receive, Scope, Send

from meteo_api.errors import ForeignHost
from meteo_api.hosts import AllowedHosts, is_address
from meteo_api.language.spoken import language_asked, speaking
from meteo_api.problems import refuse
from meteo_api.sign_in_redirect import is_for_programs
from meteo_core.sentence import Sentence

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""Nothing from elsewhere, nothing inline, in nobody's frame."""
_SECURITY: Final = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: with it browsers hide where a form comes from, and signing in asks for that.
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
_SECURITY_NAMES: Final = frozenset(name for name, _ in _SECURITY)
_NO_STORE: Final = (b"cache-control", b"no-store")
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


class Front:
    """The outermost layer, in front of routing and error handling."""

    def __init__(self, app: Litestar, hosts: AllowedHosts) -> None:
        self._inner = app.asgi_handler
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers that every answer has; to HEAD as to GET, without the body."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        only_head = scope["method"] == "HEAD"
        if only_head:
            scope = {**scope, "method": "GET"}  # pyright: ignore[reportAssignmentType]
        scope["user"] = scope["auth"] = None  # where no handler is found, nobody looks who asks

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, scope)
            elif only_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        if is_for_programs(scope["path"]):
            await self._answer(scope, receive, send_with_headers)
            return
        with speaking(language_asked(scope["headers"])):
            await self._answer(scope, receive, send_with_headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_meant_for_us(scope):
            await self._inner(scope, receive, send)
        else:
            await refuse(
                ForeignHost(Sentence("requests for this host are not answered here")), scope, receive, send
            )

    def _is_meant_for_us(self, scope: Scope) -> bool:
        """One Host header, and in it a name of ours, or the address that the connection came to.

        Prometheus asks each replica by its address; a page elsewhere can only steer a browser by a name.
        """
        host = None
        for name, value in scope["headers"]:
            if name == b"host":
                if host is not None:
                    return False
                host = value
        if host is None:
            return False
        return self._hosts.allow(host) or is_address(host, (scope["server"] or ("", None))[0])


def _add_headers(message: Any, scope: Scope) -> None:
    said = [name for name, _ in message["headers"]]
    if _SECURITY_NAMES.isdisjoint(said):
        headers = [*message["headers"], *_SECURITY]
    else:  # a handler that says one of them itself knows why
        headers = [*message["headers"], *(header for header in _SECURITY if header[0] not in said)]
    handler = scope.get("route_handler")
    is_open = handler is not None and handler.opt.get("open") and scope.get("method") == "GET"
    # What only who is signed in may see, or did, is kept by nobody, unless the handler says how.
    if not is_open and _NO_STORE[0] not in said:
        headers.append(_NO_STORE)
    if scope["scheme"] == "https":
        headers.append(_HSTS)
    message["headers"] = headers

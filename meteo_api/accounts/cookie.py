"""The cookie that carries a browser's session."""

from typing import Final

from litestar.datastructures import Cookie

_NAME: Final = "meteo-session"
_SECURE_NAME: Final = f"__Host-{_NAME}"
"""Browsers let no other host or plain connection set a cookie of this name."""


def name_for(scheme: str) -> str:
    """Name of the cookie on a connection of this scheme."""
    return _SECURE_NAME if scheme == "https" else _NAME


def session_in(header: bytes, scheme: str) -> str | None:
    """The session's secret in a Cookie header; None without one, or with two, one of them planted."""
    name = name_for(scheme)
    values = [
        value
        for key, _, value in (part.strip().partition("=") for part in header.decode("latin-1").split(";"))
        if key == name
    ]
    return values[0] if len(values) == 1 else None


def session_cookie(secret: str, *, scheme: str, max_age: int) -> Cookie:
    """The cookie that a browser is given; with an empty secret, one that takes it away."""
    return Cookie(
        key=name_for(scheme),
        value=secret,
        max_age=max_age,
        path="/",
        secure=scheme == "https",
        httponly=True,
        samesite="lax",
    )

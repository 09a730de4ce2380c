"""Where the service listens, and under which names it answers."""

import ipaddress
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

from meteo_core.errors import MeteoError


class NotLoopback(MeteoError):
    """An address that others can reach, without names to be reached by."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"refusing to listen on {host!r}, where others can reach the service, as long as nobody says "
            "under which names: set METEO_ALLOWED_HOSTS to the names that clients use, and put HTTPS in "
            "front. To stay on this machine set METEO_API_HOST to 127.0.0.1, ::1 or localhost."
        )


def require_loopback(host: str) -> None:
    """Raise `NotLoopback` unless only this machine reaches the address."""
    if host != "localhost" and not _is_loopback_address(host):
        raise NotLoopback(host)


class AllowedHosts:
    """Names that requests may be meant for: those given, and those of this machine.

    A page elsewhere can steer a browser here under a name of its own (DNS rebinding).
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self.allow = lru_cache(maxsize=256)(self._allow)

    def _allow(self, authority: bytes) -> bool:
        """Whether a Host header, port and all, is one of the names."""
        text = authority.decode("latin-1")
        return host_in(text).rstrip(".") in self._names or is_loopback_name(text)


def is_loopback_name(authority: str) -> bool:
    """Whether a Host header, port and all, names this machine."""
    name = host_in(authority)
    return name == "localhost" or _is_loopback_address(name)


def is_address(authority: bytes, address: str) -> bool:
    """Whether a Host header, port and all, is this address in numbers."""
    try:
        return ipaddress.ip_address(host_in(authority.decode("latin-1"))) == ipaddress.ip_address(address)
    except ValueError:
        return False


def host_in(authority: str) -> str:
    """The name in a Host header, in small letters; empty where there is none."""
    if any(sign in authority for sign in "/?#@\\"):
        return ""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port  # raises for one that is no number
        return parts.hostname or ""
    except ValueError:
        return ""


def _is_loopback_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False

"""Keeping to this machine: without sign-in, whoever reaches the port may ask anything."""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from meteo_core.errors import MeteoError


class NotLoopback(MeteoError):
    """An address that others can reach."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"refusing to listen on {host!r}: the service has no sign-in, and there everyone on the network "
            "could use it. Set METEO_API_HOST to 127.0.0.1, ::1 or localhost."
        )


def require_loopback(host: str) -> None:
    """Raise `NotLoopback` unless only this machine reaches the address."""
    if host != "localhost" and not _is_loopback_address(host):
        raise NotLoopback(host)


@lru_cache(maxsize=64)
def is_loopback_name(authority: str) -> bool:
    """Whether a Host header, port and all, names this machine."""
    try:
        name = urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback_address(name)


def _is_loopback_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False

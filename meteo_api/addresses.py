"""Addresses that browsers send along in headers, where anyone can write anything."""

from urllib.parse import SplitResult, urlsplit


def authority_of(address: str) -> str | None:
    """Host and port of an address, in small letters; None where it is no address."""
    parts = _split(address)
    return parts.netloc.lower() if parts else None


def path_of(address: str) -> str:
    """Path and query of an address; `/` where it is no address."""
    parts = _split(address)
    if parts is None:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:  # such as `http://[`
        return None

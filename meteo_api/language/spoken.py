"""Which language a page speaks: the one that was chosen, else one that the browser asks for, else English."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from typing import Final

from babel import negotiate_locale
from litestar.datastructures import Cookie


class Language(StrEnum):
    """A language that the pages speak."""

    ENGLISH = "en"
    FRENCH = "fr"

    @property
    def own_name(self) -> str:
        """What its speakers call it."""
        return {Language.ENGLISH: "English", Language.FRENCH: "Français"}[self]

    @property
    def tag(self) -> str:
        """What browsers are told (BCP 47)."""
        return {Language.ENGLISH: "en-AU"}.get(self, self.value)


COOKIE: Final = "meteo-language"
A_YEAR: Final = 365 * 86400
"""Seconds that a choice is kept."""
LONGEST: Final = 400
"""Bytes of a list of languages that are looked at: no browser sends more."""
MOST: Final = 20
"""Languages of such a list."""
_spoken: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def spoken() -> Language:
    """The language of the page that is being made; English where none is."""
    return _spoken.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Make pages in this language."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def language_asked(headers: Iterable[tuple[bytes, bytes]]) -> Language:
    """The language for whoever sends these headers."""
    accepted = b""
    for name, value in headers:
        if name == b"cookie" and (chosen := _chosen(value)):
            return chosen
        if name == b"accept-language":
            accepted = value
    return _negotiated(accepted[:LONGEST]) if accepted else Language.ENGLISH


def language_cookie(language: Language, *, scheme: str) -> Cookie:
    """The cookie that remembers a choice."""
    return Cookie(
        key=COOKIE,
        value=language.value,
        max_age=A_YEAR,
        path="/",
        secure=scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _chosen(cookies: bytes) -> Language | None:
    if COOKIE.encode() not in cookies:
        return None
    for part in cookies.decode("latin-1").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value in set(Language):
            return Language(value)
    return None


@lru_cache(maxsize=256)
def _negotiated(accepted: bytes) -> Language:
    """The first of ours in `Accept-Language`, the most wanted first (RFC 9110, 12.5.4)."""
    wanted = []
    for part in accepted.decode("latin-1").split(",")[:MOST]:
        tag, _, weight = part.partition(";")
        wanted.append((_weight(weight), tag.strip()))
    tags = [tag for weight, tag in sorted(wanted, key=lambda each: -each[0]) if weight > 0 and tag]
    found = negotiate_locale(tags, [each.value for each in Language], sep="-")
    return Language(found) if found else Language.ENGLISH


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0

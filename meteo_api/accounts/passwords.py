"""Passwords: what is asked of them, and how they are kept (Argon2)."""

import secrets
from functools import cache
from typing import Final

from pwdlib import PasswordHash

from meteo_core.errors import MeteoError
from meteo_core.sentence import Sentence

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 256
"""Longer ones are refused: hashing takes time that grows with the length."""

_hashes: Final = PasswordHash.recommended()


class WeakPassword(MeteoError):
    """A password that is too easily guessed, or too long."""

    field = "password"


def hashed(password: str, *, name: str) -> str:
    """What is kept of a user's password; raises `WeakPassword`."""
    if len(password) < LEAST_CHARACTERS:
        raise WeakPassword(Sentence("a password has at least %(number)s characters", number=LEAST_CHARACTERS))
    if len(password) > MOST_CHARACTERS:
        raise WeakPassword(Sentence("a password has at most %(number)s characters", number=MOST_CHARACTERS))
    if name.casefold() in password.casefold() and len(password) < LEAST_CHARACTERS + len(name):
        raise WeakPassword(
            Sentence(
                "a password with the user's name in it has %(number)s characters beside it",
                number=LEAST_CHARACTERS,
            )
        )
    if len(set(password)) < LEAST_CHARACTERS // 2:
        raise WeakPassword(Sentence("a password is more than a few characters repeated"))
    return _hashes.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password; takes as long where there is nothing to compare it with."""
    fits = _hashes.verify(
        password[: MOST_CHARACTERS + 1].encode("utf-8", "surrogatepass"), kept or _nobodys()
    )
    return fits and kept is not None and len(password) <= MOST_CHARACTERS


def generated() -> str:
    """A password that nobody guesses: 96 bits, to be typed from a screen."""
    return "-".join(secrets.token_hex(3) for _ in range(4))


@cache
def _nobodys() -> str:
    """Hash of a password that nobody has."""
    return _hashes.hash(secrets.token_hex(32))

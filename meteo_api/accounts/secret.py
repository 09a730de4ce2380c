"""The secret that tokens are signed with."""

import hmac
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from meteo_core.errors import MeteoError

LEAST_BYTES: Final = 32
"""As many as the signature (HMAC with SHA-256) has."""
LEAST_DIFFERENT: Final = 8
"""Different bytes: a word said over and over has fewer."""
KNOWN: Final = ("changeme", "change-me", "change_me", "secret", "password", "insecure", "example", "default")
"""Parts of the secrets that documents and templates give."""


class UnusableSecret(MeteoError):
    """A secret that others can guess, or that cannot be read."""


class Secret:
    """A secret, and keys made of it so that no key serves two purposes."""

    def __init__(self, text: str) -> None:
        self.token_key = text.encode()
        _require_strength(self.token_key)

    def __repr__(self) -> str:
        return "Secret(...)"

    def sign(self, purpose: str, message: str) -> str:
        """Keyed hash of a message, in hexadecimal; another for each purpose."""
        key = hmac.digest(self.token_key, purpose.encode(), sha256)
        return hmac.new(key, message.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def secret_in(file: Path) -> Secret:
    """The secret that an operator keeps in a file; raises `UnusableSecret`."""
    try:
        return Secret(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSecret(f"the secret in {file} cannot be read: {error}") from error


def secret_made_in(file: Path) -> Secret:
    """The secret in a file of our own, made at the first start so that only its owner can read it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
                out.write(secrets.token_hex(LEAST_BYTES))
            with suppress(FileExistsError):  # another process was first: its secret is the one
                os.link(unfinished, file)
        finally:
            unfinished.unlink(missing_ok=True)
    return secret_in(file)


def _require_strength(key: bytes) -> None:
    how = 'Make one: python3 -c "import secrets; print(secrets.token_hex(32))"'
    if len(key) < LEAST_BYTES:
        raise UnusableSecret(f"the secret has {len(key)} bytes, fewer than {LEAST_BYTES}. {how}")
    if len(set(key)) < LEAST_DIFFERENT or any(word in key.decode().lower() for word in KNOWN):
        raise UnusableSecret(f"the secret is one that others know or guess. {how}")

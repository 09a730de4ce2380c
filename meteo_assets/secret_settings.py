"""Secrets among the settings: each given itself, or as the name of a file that holds it."""

from pathlib import Path

from pydantic import SecretStr

from meteo_core.errors import MeteoError


class UnreadableSecret(MeteoError):
    """A file that should hold a secret and gives none."""


def secret_of(given: SecretStr | None, file: Path | None, *, setting: str) -> str | None:
    """The secret, the one in the file where there is a file; None where neither is set.

    `setting` is the variable that names the file, such as `METEO_S3_SECRET_FILE`. Raises `UnreadableSecret`.
    """
    if file is None:
        return given.get_secret_value() if given else None
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnreadableSecret(f"{setting}: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:  # its words would repeat what is in the file
        raise UnreadableSecret(f"{setting}: {file} cannot be read: it is no text in UTF-8") from None
    if not secret:
        raise UnreadableSecret(f"{setting}: {file} is empty")
    return secret

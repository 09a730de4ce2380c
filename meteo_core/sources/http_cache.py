"""Documents kept with their validators, so that an unchanged one is not sent again."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from meteo_core.whole_file import replace_file


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document as it was last received."""

    content: bytes
    validators: dict[str, str]
    """Request headers that ask for the document only if it changed."""


class HttpCache:
    """A folder of documents by address."""

    def __init__(self, folder: Path) -> None:
        """The folder is made when first needed."""
        self._folder = folder

    def find(self, url: str) -> KeptDocument | None:
        """The document kept for an address; None where there is none or it is damaged."""
        about, body = self._paths(url)
        try:
            entry = json.loads(about.read_bytes())
            content = body.read_bytes()
            whole = hashlib.sha256(content).hexdigest() == entry["sha256"]
            return KeptDocument(content, dict(entry["validators"])) if whole else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def keep(self, url: str, content: bytes, *, etag: str | None, last_modified: str | None) -> None:
        """Keep a document; one without validators would never be asked for by them and is not kept."""
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        given = {header: value for header, value in validators.items() if value}
        if not given:
            return
        about, body = self._paths(url)
        replace_file(body, content)
        entry = {"url": url, "sha256": hashlib.sha256(content).hexdigest(), "validators": given}
        replace_file(about, json.dumps(entry).encode())

    def _paths(self, url: str) -> tuple[Path, Path]:
        key = hashlib.sha256(url.encode()).hexdigest()[:32]
        return self._folder / f"{key}.json", self._folder / f"{key}.body"

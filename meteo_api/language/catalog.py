"""Catalogs kept up to date with the source: `python -m meteo_api.language.catalog`, which is `make texts`."""

import sys
from collections.abc import Iterator
from http import HTTPStatus
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from meteo_api.accounts.account import Role
from meteo_api.language.spoken import Language
from meteo_api.language.texts import DOMAIN
from meteo_api.runs.schemas import Status
from meteo_api.runs.wanted import Job
from meteo_core.drift.pooled import DRIFT, INSUFFICIENT, STEADY
from meteo_core.drift.skill import AS_EXPECTED, BELOW
from meteo_core.features.predictor_table import Family
from meteo_core.model import drivers
from meteo_core.model.registry import CHAMPION, FAILED, PASSED
from meteo_core.parameters import COMPASS_POINTS, PARAMETERS
from meteo_core.verification.summary import SEASONS

SOURCE: Final = ("meteo_api", "meteo_core")
"""Packages whose texts pages show."""
METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS: Final = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "N_": None,
    "Sentence": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
NOT_KEPT: Final = (
    *(b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Generated-By', b"# "),
    *(b'"Report-Msgid-Bugs-To', b'"Language-Team', b'"Project-Id-Version'),
)
"""Lines of a file's head that would differ in each run, or say nothing."""


def source_texts() -> Catalog:
    """Every text of the source and of the tables that pages show."""
    catalog = Catalog(project="Meteo", domain=DOMAIN, fuzzy=False)
    for package in SOURCE:
        found = extract_from_dir(
            str(files(package)), METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",)
        )
        for _file, _line, message, comments, context in found:
            catalog.add(message, auto_comments=comments, context=context)
    for message in dict.fromkeys(_of_tables()):
        catalog.add(message)
    for point in COMPASS_POINTS:
        catalog.add(point, context="compass")
    return catalog


def _of_tables() -> Iterator[str]:
    """Words of tables elsewhere, which pages show as they are."""
    for parameter in PARAMETERS.values():
        yield parameter.label
        yield parameter.unit
    places = {drivers.PLACES[family]: None for family in Family if family in drivers.PLACES}
    yield from (f"{topic} {place}" for topic, _ in drivers.TOPICS for place in places)
    yield drivers.SEASON_AND_PLACE
    yield from (f"start {job}" for job in Job)
    yield from (
        *Status,
        *Role,
        *(status.phrase for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)),
    )
    yield from (*SEASONS, STEADY, DRIFT, INSUFFICIENT, AS_EXPECTED, BELOW, CHAMPION, PASSED, FAILED)


def catalog_file(language: Language) -> Path:
    """Where the catalog of a language is kept."""
    return Path(str(files("meteo_api"))) / "locale" / language.value / "LC_MESSAGES" / f"{DOMAIN}.po"


def kept_catalog(language: Language) -> Catalog:
    """The catalog as it is kept; an empty one for a new language."""
    path = catalog_file(language)
    if not path.exists():
        return Catalog(locale=language.value, domain=DOMAIN, fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language.value, domain=DOMAIN, abort_invalid=True)


def updated(language: Language, source: Catalog) -> bytes:
    """The catalog of a language with the texts of the source, as a file: sorted, without dates and places."""
    catalog = kept_catalog(language)
    # A guess from a text that looks alike would be shown to nobody and hide that a translation is missing.
    catalog.update(source, no_fuzzy_matching=True)
    catalog.fuzzy = False
    written = BytesIO()
    write_po(written, catalog, width=100, no_location=True, sort_output=True, ignore_obsolete=True)
    lines = written.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(NOT_KEPT) and line != b"#\n")


def main() -> None:
    """Bring every catalog up to date and say what is without translation."""
    source = source_texts()
    for language in Language:
        if language is Language.ENGLISH:
            continue
        path = catalog_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(language, source))
        missing = [
            message for message in kept_catalog(language) if message.id and not all_said(message.string)
        ]
        sys.stdout.write(f"{path}: {len(source)} texts, {len(missing)} without translation\n")


def all_said(string: str | list[str] | tuple[str, ...] | None) -> bool:
    """Whether a translation says something, in each of its plural forms."""
    return bool(string) and (isinstance(string, str) or all(string or ()))


if __name__ == "__main__":
    main()

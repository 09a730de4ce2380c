"""Every text in the language of the page: catalogs, looked up by the English text."""

from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from meteo_api.language.spoken import Language, spoken
from meteo_core.sentence import Sentence, sentence_of

DOMAIN: Final = "meteo"


@cache
def catalog_of(language: Language) -> NullTranslations:
    """Texts of a language, read from its catalog once; what has no translation stays English."""
    if language is Language.ENGLISH:
        return NullTranslations()
    source = files("meteo_api") / "locale" / language.value / "LC_MESSAGES" / f"{DOMAIN}.po"
    with source.open("rb") as stream:
        catalog = read_po(stream, locale=language.value, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def plain(message: str) -> str:
    """A text before values are put in."""
    return catalog_of(spoken()).gettext(message)


def plain_plural(one: str, many: str, number: int) -> str:
    """A text about so many things, before values are put in."""
    return catalog_of(spoken()).ngettext(one, many, number)


def plain_in_context(context: str, message: str) -> str:
    """A text that means different things in different places, before values are put in."""
    return catalog_of(spoken()).pgettext(context, message)


def _(message: str, /, **values: object) -> str:
    """A text with its values."""
    return _filled(plain(message), values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A text about so many things; `%(num)s` is their number."""
    return _filled(plain_plural(one, many, number), {"num": in_figures(f"{number:,}"), **values})


def pgettext(context: str, message: str, /, **values: object) -> str:
    """A text whose meaning depends on where it stands."""
    return _filled(plain_in_context(context, message), values)


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for it)
    """Mark a text of a table; `_` translates it where it is shown."""
    return message


def told(sentence: object) -> str:
    """What code that knows no page has said, or raised: in the page's language if it is known there.

    Markup that tells browsers that it is English where it is not.
    """
    said = sentence_of(sentence) if isinstance(sentence, Exception) else sentence
    if isinstance(said, Sentence):
        translated, values = plain(said.template), _said_anew(said.values)
        if translated != said.template or spoken() is Language.ENGLISH:
            return _filled(translated, values)
        return english(said)
    text = str(said)
    translated = plain(text) if text else text
    return english(text) if translated == text else translated


def _said_anew(values: Mapping[str, object]) -> dict[str, object]:
    return {name: told(value) if isinstance(value, Sentence) else value for name, value in values.items()}


def english(text: object) -> str:
    """What is English in every language: words of the pipeline, of people, of other programs."""
    if spoken() is Language.ENGLISH or not str(text):
        return str(text)
    return Markup('<span lang="en">{}</span>').format(escape(str(text)))


def in_figures(written: str) -> str:
    """A number, written with English signs (12,345.6), as the language of the page writes it."""
    language = spoken()
    return written if language is Language.ENGLISH else written.translate(_signs(language))


def _filled(text: str, values: Mapping[str, object]) -> str:
    """The text with its values; where one of them is markup it is too, and the others are escaped."""
    if any(isinstance(value, Markup) for value in values.values()):
        return Markup(text) % values  # noqa: S704 (texts are our own)  # nosec B704
    return text % values


@cache
def _signs(language: Language) -> dict[int, str]:
    symbols = Locale(language.value).number_symbols["latn"]
    return str.maketrans({".": symbols["decimal"], ",": symbols["group"]})

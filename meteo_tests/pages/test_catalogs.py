"""Every text that people see is in the catalogs, said in good French, with the same values in it."""

import pytest
from babel.messages.catalog import Catalog

from meteo_api.language.catalog import all_said, catalog_file, kept_catalog, source_texts, updated
from meteo_api.language.spoken import Language, speaking
from meteo_api.language.texts import N_, _, english, ngettext, told
from meteo_core.errors import UnknownStation
from meteo_core.sentence import Sentence

NARROW, WIDE, APOSTROPHE = "\u202f", "\u00a0", "\u2019"


@pytest.fixture(scope="module")
def source() -> Catalog:
    return source_texts()


@pytest.fixture(scope="module")
def french() -> Catalog:
    return kept_catalog(Language.FRENCH)


def strings(catalog: Catalog) -> list[str]:
    said = (message.string for message in catalog if message.id)
    return [text for each in said for text in ((each,) if isinstance(each, str) else each)]


def test_the_catalog_is_that_of_the_source(source: Catalog):
    """`make texts` was run: it would change nothing."""
    kept = catalog_file(Language.FRENCH).read_bytes()

    assert updated(Language.FRENCH, source) == kept


def test_every_text_has_a_french_translation(french: Catalog):
    missing = [message.id for message in french if message.id and not all_said(message.string)]
    guessed = [message.id for message in french if message.id and message.fuzzy]

    assert len(french) > 500
    assert missing == []
    assert guessed == []


def test_a_translation_holds_the_values_of_its_text(french: Catalog):
    faults = [(message.id, error) for message in french for error in message.check(french)]

    assert faults == []


def test_french_has_its_spaces_and_apostrophes(french: Catalog):
    for text in strings(french):
        for sign in ":;!?%":
            bare = text.replace("%%", "%").replace("%(", "(")
            assert f" {sign}" not in bare, f"a space that breaks before {sign!r} in {text!r}"
        assert "'" not in text or "H" in text, f"a typewriter's apostrophe in {text!r}"
        assert "« " not in text
        assert " »" not in text


def test_an_error_is_said_in_the_language_of_the_page():
    error = UnknownStation("Sidney", nearest=["Sydney"])

    with speaking(Language.FRENCH):
        said = told(error)

    assert str(error) == "There is no station 'Sidney'. Did you mean Sydney?"
    assert said == f"Il n{APOSTROPHE}y a pas de station 'Sidney'. Vouliez-vous dire Sydney{NARROW}?"


def test_what_has_no_translation_is_marked_as_english_and_escaped():
    with speaking(Language.FRENCH):
        assert told("disk <full>") == '<span lang="en">disk &lt;full&gt;</span>'
        assert _("%(why)s.", why=english("a & b")) == '<span lang="en">a &amp; b</span>.'
    assert told("disk <full>") == "disk <full>"


def test_none_is_one_in_french():
    with speaking(Language.FRENCH):
        assert ngettext(*(N_("%(num)s day"), N_("%(num)s days")), 0) == "0 jour"
        assert ngettext("%(num)s day", "%(num)s days", 12345) == f"12{NARROW}345 jours"


def test_a_sentence_within_a_sentence_is_said_anew():
    reason = Sentence("not read yet")

    with speaking(Language.FRENCH):
        said = told(Sentence("There is no serving snapshot: %(why)s", why=reason))

    assert said == f"Il n{APOSTROPHE}y a pas d{APOSTROPHE}instantané des données{WIDE}: pas encore lu"

"""Every page in French: nothing left in English, nothing broken on a phone, and one's choice of language."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from playwright.sync_api import Browser, expect

from meteo_api.language.catalog import kept_catalog
from meteo_api.language.spoken import Language
from meteo_tests.api.people import ADMIN, PASSWORD
from meteo_tests.pages.browsing import Visitor, visiting
from meteo_tests.pages.test_no_bare_text import SPOKEN

FRENCH = {"accept": "text/html", "accept-language": "fr-FR,fr;q=0.9,en;q=0.5"}
PAGES = (
    *("/", "/?issue=morning&sort=chance&threshold=ge_0_2", "/?issue=evening&sort=station"),
    *("/stations/Albury", "/stations/Albury?issue=morning", "/stations/Woomera"),
    *("/what-if?station=Albury&date=2016-06-24", "/what-if?station=Albury&issue=morning"),
    *("/verification", "/verification?station=Albury&days=90", "/drift", "/drift?week=2016-06-05"),
    *("/alerts", "/model", "/about", "/about/model", "/account", "/sign-in"),
    *("/administration", "/administration/users", "/administration/audit"),
    *("/nothing-here", "/stations/Nowhere", "/?threshold=ge_99"),
)
VOID = {"meta", "link", "input", "br", "img", "source"}
"""Elements that hold nothing."""
LEAST_LETTERS = 3
"""Letters of a text that tell a language."""


class Reader(HTMLParser):
    """What is read or heard in the page's own language."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.language: str | None = None
        self._within: list[bool] = []
        """For each open element, whether it says that it is in another language."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        stated = dict(attrs)
        if tag == "html":
            self.language = stated.get("lang")
        if tag not in (
            "meta",
            "link",
            "input",
            "br",
            "img",
            "source",
            "path",
            "rect",
            "line",
            "circle",
            "use",
        ):
            self._within.append(tag in ("script", "style") or stated.get("lang") not in (None, "fr"))
        if not any(self._within):
            self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._within:
            self._within.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._within):
            self.said.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def english() -> re.Pattern[str]:
    """Matches every text of the catalog as it reads in English, where French says it in other words."""
    texts = set()
    for message in kept_catalog(Language.FRENCH):
        ids = (message.id,) if isinstance(message.id, str) else message.id
        said = (message.string,) if isinstance(message.string, str) else message.string
        for text in set(ids) - set(said) if message.id else ():
            bare = re.sub(r"<[^>]*>|&#8239;", " ", text).replace("%%", "%")
            literal = re.sub(r"%\(\w+\)[sr]", "", bare)
            if len(re.sub(r"[^a-zA-Z]", "", literal)) >= LEAST_LETTERS and message.context is None:
                texts.add(r".+?".join(map(re.escape, re.split(r"%\(\w+\)[sr]", " ".join(bare.split())))))
    return re.compile("|".join(sorted(texts, key=len, reverse=True)))


@pytest.fixture(scope="module")
def administrator(site: str) -> Iterator[httpx.Client]:
    """A client of the app that runs for the browser."""
    with httpx.Client(base_url=site, headers=FRENCH, follow_redirects=False) as client:
        answer = client.post("/sign-in", data={"name": ADMIN, "password": PASSWORD})
        assert answer.status_code == 303
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_no_text_of_a_page_is_left_in_english(
    administrator: httpx.Client, english: re.Pattern[str], path: str
):
    answer = administrator.get(path)

    reader = Reader()
    reader.feed(answer.text)
    assert reader.language == "fr"
    assert answer.headers["content-language"] == "fr"
    assert "Accept-Language" in answer.headers["vary"]
    left = [text for text in reader.said if english.fullmatch(text.replace("\u202f", " ").strip(" .:;,()"))]
    assert left == []


@pytest.fixture
def lecteur(browser: Browser, site: str) -> Iterator[Visitor]:
    """Somebody with a phone that speaks French."""
    with visiting(browser, site, "phone light", locale="fr-FR") as visitor:
        yield visitor.signed_in(ADMIN)


def test_no_page_is_wider_than_a_phone(lecteur: Visitor):
    page = lecteur.open("/about")
    for path in PAGES:
        page.goto(lecteur.address + path)
        wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide[0] <= wide[1], f"{path} is {wide[0]} px wide on a screen of {wide[1]}"


@pytest.mark.parametrize("path", ["/", "/stations/Albury", "/verification"])
def test_a_page_in_french_hinders_nobody(lecteur: Visitor, path: str):
    lecteur.look(path)


def test_a_what_if_is_asked_and_answered_in_french(lecteur: Visitor):
    page = lecteur.open("/what-if?station=Albury&date=2016-06-24")
    expect(page.get_by_role("heading", level=1)).to_have_text("Et si…")
    expect(page.get_by_label("Direction du vent à 15\u202fh").locator("option[value=WNW]")).to_have_text(
        "ONO"
    )

    page.get_by_label("Humidité relative à 15\u202fh %").fill("150")
    page.locator("#ask").click()
    expect(page.locator("#error-humidity_3pm")).to_contain_text("doit être\u00a0: de 0 à 100\u202f%")
    page.get_by_label("Humidité relative à 15\u202fh %").fill("97")
    page.get_by_label("Température à 15\u202fh °C").fill("9.5")
    page.locator("#ask").click()

    answer = page.locator("#answer")
    expect(answer).to_contain_text("par rapport à la journée telle qu\u2019observée")
    expect(answer).to_contain_text("Ce qui l\u2019a changée")
    expect(answer).to_contain_text("9,5")
    expect(answer).to_contain_text("heure de la station")


def test_the_switch_stays_chosen_without_a_script(browser: Browser, site: str):
    with visiting(browser, site, locale="fr-FR", java_script_enabled=False) as visitor:
        page = visitor.open("/sign-in?next=/stations/Albury")
        expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")

        page.get_by_role("button", name="English").click()

        assert page.url == f"{site}/sign-in?next=/stations/Albury"
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        expect(page.locator("html")).to_have_attribute("lang", "en-AU")
        visitor.signed_in()
        page.goto(f"{site}/stations/Albury")
        expect(page.get_by_role("link", name="Map").first).to_be_visible()

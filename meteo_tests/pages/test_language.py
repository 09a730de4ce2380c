"""Whoever reads chooses the language: by the switch, or by what the browser asks for."""

import pytest
from litestar.testing import TestClient

from meteo_api.language.spoken import COOKIE, Language, language_asked
from meteo_tests.api.clients import problem_of

FRENCH = {"accept-language": "fr-FR,fr;q=0.9,en;q=0.5"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", Language.FRENCH),
        ("fr-CA,en;q=0.8", Language.FRENCH),
        ("en-GB,fr;q=0.9", Language.ENGLISH),
        ("en;q=0.3,fr;q=0.7", Language.FRENCH),
        ("de,fr;q=0.5", Language.FRENCH),
        ("fr;q=0", Language.ENGLISH),
        ("fr;q=often", Language.ENGLISH),
        ("de-CH,*", Language.ENGLISH),
        (",;=\xff" * 300, Language.ENGLISH),
        ("", Language.ENGLISH),
    ],
)
def test_a_browser_is_answered_in_the_language_that_it_wants_most(accepted: str, language: Language):
    assert language_asked([(b"accept-language", accepted.encode("latin-1"))]) is language


@pytest.mark.parametrize(
    ("cookie", "language"),
    [("fr", Language.FRENCH), ("en", Language.ENGLISH), ("xx", Language.FRENCH), ('"><', Language.FRENCH)],
)
def test_a_choice_goes_before_what_the_browser_asks_for(cookie: str, language: Language):
    headers = [(b"cookie", f"a=b; {COOKIE}={cookie}".encode()), (b"accept-language", b"fr")]

    assert language_asked(headers) is language
    assert language_asked(reversed(headers)) is language


def test_the_switch_remembers_and_goes_back(client: TestClient):
    page = "/stations/Albury?issue=morning"

    answer = client.post(
        "/language",
        data={"language": "fr"},
        headers={"referer": f"http://testserver.local{page}", "sec-fetch-site": "same-origin"},
        follow_redirects=False,
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == page
    said = answer.headers["set-cookie"].lower()
    assert said.startswith(f"{COOKIE}=fr;")
    assert "httponly" in said
    assert "samesite=lax" in said
    client.cookies.clear()


@pytest.mark.parametrize(
    "referer",
    ["https://elsewhere.example//evil.example/", "//evil.example", "javascript:alert(1)", "http://[", ""],
)
def test_the_switch_leads_nowhere_else(client: TestClient, referer: str):
    answer = client.post(
        "/language", data={"language": "fr"}, headers={"referer": referer}, follow_redirects=False
    )

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    client.cookies.clear()


def test_a_page_elsewhere_does_not_switch(client: TestClient):
    answer = client.post("/language", data={"language": "fr"}, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_an_unknown_language_is_refused(client: TestClient):
    assert problem_of(client.post("/language", data={"language": "xx"}), 422)["errors"]


def test_programs_are_answered_in_english(client: TestClient):
    told = client.get("/api/v1/forecasts/Nowhere", headers=FRENCH)

    assert told.json()["detail"].startswith("There is no station")


def test_a_kept_picture_is_never_in_the_language_of_somebody_else(client: TestClient):
    picture = "/charts/reliability.svg?theme=light"
    first = {tag: client.get(f"{picture}&language={tag}") for tag in ("en", "fr")}
    again = {tag: client.get(f"{picture}&language={tag}", headers=FRENCH) for tag in ("en", "fr")}

    assert "how often it came" in again["en"].text
    assert "fréquence observée" in again["fr"].text
    for tag in ("en", "fr"):
        assert again[tag].content == first[tag].content
        assert again[tag].headers["etag"] == first[tag].headers["etag"]
    assert first["en"].headers["etag"] != first["fr"].headers["etag"]

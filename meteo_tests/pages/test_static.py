"""Style, script and icon come from memory, for ever, and to everyone."""

import gzip

import pytest
from litestar.testing import TestClient

from meteo_api.pages.static import StaticFiles

NAMES = ("meteo.css", "htmx.min.js", "icon.svg")


def test_an_address_changes_with_the_content_and_is_kept_for_a_year(client: TestClient):
    for name in NAMES:
        address = StaticFiles().address(name)

        answer = client.get(address)

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content == StaticFiles().by_name[name].content


def test_text_is_sent_compressed_to_those_who_can_read_it(client: TestClient):
    address = StaticFiles().address("htmx.min.js")

    plain = client.get(address, headers={"accept-encoding": "identity"})
    short = client.get(address, headers={"accept-encoding": "gzip"})

    assert short.content == plain.content
    assert int(short.headers["content-length"]) < 0.5 * int(plain.headers["content-length"])
    assert gzip.decompress(StaticFiles().by_name["htmx.min.js"].compressed) == plain.content


def test_what_the_browser_has_is_not_sent_again(client: TestClient):
    address = StaticFiles().address("meteo.css")
    tag = client.get(address).headers["etag"]

    again = client.get(address, headers={"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.fault("path traversal to other files", "404")
def test_no_other_file_is_served(client: TestClient):
    digest = StaticFiles().by_name["meteo.css"].digest

    for path in (f"{digest}/README.md", f"{digest}/..%2fapp.py", f"{digest}/icon.svg", "0/meteo.css"):
        assert client.get(f"/static/{path}").status_code == 404


@pytest.mark.fault("inline script in a page", "none; the policy refuses any")
def test_no_page_holds_a_style_or_script_that_the_policy_would_refuse():
    from meteo_api.pages import templating

    loader = templating.templating(StaticFiles()).engine_instance.engine.loader
    assert loader is not None

    for name in loader.list_templates():
        text = loader.get_source(templating.templating(StaticFiles()).engine_instance.engine, name)[0]
        assert " style=" not in text, name
        assert "<style" not in text, name
        assert "javascript:" not in text, name
        assert text.count("<script") == text.count("<script src="), name
        assert " onclick=" not in text, name
        assert "hx-on" not in text, name

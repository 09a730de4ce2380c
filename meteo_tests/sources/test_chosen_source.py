"""The source that the settings name, and what it keeps in the state folder."""

from pathlib import Path

from meteo_assets.settings import Settings
from meteo_assets.sources import open_source
from meteo_core.sources.protocol import Delivery

from .builders import FIRST_OF_MAY, MAY_2024, MELBOURNE, month_file
from .scripted_site import Answer, ScriptedSite


def settings(home: Path, **chosen: str) -> Settings:
    return Settings(home_dir=home, **chosen)  # type: ignore[arg-type]


def fetch_may(chosen: Settings) -> Delivery:
    with open_source(chosen) as source:
        (document,) = source.fetch([MELBOURNE], MAY_2024, MAY_2024)
    assert isinstance(document, Delivery)
    return document


MAY = Answer(body=month_file(FIRST_OF_MAY), headers={"ETag": '"v1"'})


def test_the_bureau_is_not_asked_twice_for_the_same_bytes(tmp_path: Path) -> None:
    with ScriptedSite([MAY, Answer(status=304, headers={"ETag": '"v1"'})]) as site:
        of_bureau = settings(tmp_path, source="bom_dwo", source_url=site.url)

        first, second = fetch_may(of_bureau), fetch_may(of_bureau)

        assert first.content == second.content == MAY.body
        assert site.requests[1].headers["If-None-Match"] == '"v1"'


def test_the_simulator_needs_no_cache(tmp_path: Path) -> None:
    with ScriptedSite([MAY]) as site:
        fetch_may(settings(tmp_path, source="simulator", source_url=site.url))

    assert list(tmp_path.iterdir()) == []

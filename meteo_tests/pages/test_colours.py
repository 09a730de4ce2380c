"""The scale of chances reads by day and by night, also without seeing colours."""

import re
from itertools import pairwise

import pytest

from meteo_api.pages.static import StaticFiles
from meteo_api.pages.words import levels

CSS = StaticFiles().by_name["meteo.css"].content.decode()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.S)
)
STEPS = [step for step, _ in levels()]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_number_reads_on_its_colour(theme: dict[str, str]):
    for step in STEPS:
        assert contrast(theme[f"level-{step}"], theme[f"level-{step}-ink"]) >= 4.5, step


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_higher_chance_stands_out_more_from_the_page(theme: dict[str, str]):
    from_paper = [contrast(theme[f"level-{step}"], theme["surface"]) for step in STEPS]

    assert from_paper == sorted(from_paper)
    assert all(b / a > 1.1 for a, b in pairwise(from_paper)), from_paper


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_marks_read_on_paper(theme: dict[str, str]):
    for ground in ("paper", "surface", "sunken"):
        for ink in ("ink", "ink-quiet", "accent"):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
    for kind in ("good", "warn", "bad"):
        assert contrast(theme[kind], theme[f"{kind}-soft"]) >= 4.5

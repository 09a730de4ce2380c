"""The drawn map shows every station where it stands, and none covers another."""

from math import hypot

import numpy as np
import pytest

from meteo_api.pages.outline import outline
from meteo_api.pages.outline.draw import area, path, simplified
from meteo_api.pages.outline.places import COUNTRY, RADIUS, SOUTH_EAST, placed
from meteo_api.pages.outline.projection import projected
from meteo_core.stations import stations


def test_every_station_has_one_circle():
    shown = [place.station for sheet in outline().sheets.values() for place in sheet.places]

    assert sorted(shown) == sorted(stations())


def test_no_circle_covers_another_or_leaves_its_sheet():
    for sheet in outline().sheets.values():
        places = sheet.places
        for i, one in enumerate(places):
            assert RADIUS <= one.x <= sheet.width - RADIUS
            assert RADIUS <= one.y <= sheet.height - RADIUS
            for other in places[i + 1 :]:
                apart = hypot(one.x - other.x, one.y - other.y)
                assert apart >= 2 * RADIUS, (one.station, other.station)


def test_a_circle_stands_near_its_station():
    for sheet in outline().sheets.values():
        far = {p.station: hypot(p.x - p.true_x, p.y - p.true_y) for p in sheet.places}
        assert max(far.values()) < 3 * RADIUS, far


def test_what_is_drawn_is_what_the_script_would_draw():
    for sheet in (COUNTRY, SOUTH_EAST):
        stored = outline().sheets[sheet.name]
        again = placed(sheet)
        assert [place.station for place in stored.places] == [place["station"] for place in again]
        assert [place.true_x for place in stored.places] == pytest.approx(
            [place["true_x"] for place in again]
        )


def test_the_outline_is_small():
    assert len(outline().land) < 40_000


def test_the_projection_keeps_its_centre_and_its_areas():
    (centre,) = projected([134.0], [-27.0])
    assert centre == pytest.approx([0, 0])

    def spanned(south: float) -> float:
        corners = projected([140, 141, 141, 140], [south, south, south + 1, south + 1])
        return area(corners)

    # Of equal width, two boxes of one degree are as large as the bands of the globe that they lie on.
    ratio = (np.sin(np.radians(-11)) - np.sin(np.radians(-12))) / (
        np.sin(np.radians(-42)) - np.sin(np.radians(-43))
    )
    assert spanned(-12.0) / spanned(-43.0) == pytest.approx(ratio, rel=1e-3)


def test_a_straight_line_needs_its_ends_only():
    line = np.array([[0, 0], [1, 0.05], [2, 0], [3, 3]], float)

    assert simplified(line, 0.1).tolist() == [[0, 0], [2, 0], [3, 3]]


def test_a_path_goes_in_steps_of_tenths():
    square = np.array([[1, 1], [2.04, 1], [2.04, 2], [1, 2]])

    assert path([square], closed=True) == "M1 1l1+0+0+1-1+0z"

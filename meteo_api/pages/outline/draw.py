"""Draws the map: `python -m meteo_api.pages.outline.draw countries-50m.json` writes `map.json`.

Without a file of coasts it places the stations anew and keeps the coast that is drawn.

The coast is Natural Earth's (public domain), as the npm package world-atlas 2.0.2 packs it. State borders are
meridians and parallels where the law made them so, and a few points by hand along rivers and ranges: right to
some 20 km, a help for the eye and nothing more.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from meteo_api.pages.outline.places import COUNTRY, SOUTH_EAST, placed
from meteo_api.pages.outline.projection import projected

AUSTRALIA: Final = "Australia"
TOLERANCE: Final = 0.12
"""Units of the country's sheet that a simplified coast may be off: half a pixel of the enlarged part."""
SMALLEST: Final = 2.0
"""Square units of the smallest island drawn."""
BORDERS: Final = (
    ((129.0, -14.9), (129.0, -31.7)),
    ((129.0, -26.0), (141.0, -26.0)),
    ((138.0, -16.6), (138.0, -26.0)),
    ((141.0, -26.0), (141.0, -38.05)),
    # Queensland and New South Wales: the 29th parallel, the Macintyre, the Great Dividing Range.
    (
        *((141.0, -29.0), (148.96, -29.0), (149.4, -28.7), (150.3, -28.55), (150.9, -28.7), (151.2, -28.88)),
        *((151.95, -28.92), (152.05, -28.5), (152.4, -28.28), (153.1, -28.36), (153.55, -28.17)),
    ),
    # New South Wales and Victoria: the Murray, then a line to Cape Howe.
    (
        *((141.0, -34.02), (141.5, -34.15), (142.15, -34.17), (142.5, -34.75), (143.3, -35.0)),
        *((143.57, -35.34), (144.1, -35.63), (144.75, -36.12), (145.1, -35.85), (145.57, -35.82)),
        *((146.0, -36.02), (146.92, -36.09), (147.4, -35.98), (147.69, -35.94), (148.05, -36.15)),
        *((148.2, -36.79), (149.976, -37.505)),
    ),
    # Australian Capital Territory.
    (
        *((149.12, -35.13), (149.2, -35.23), (149.39, -35.33), (149.2, -35.5), (149.13, -35.7)),
        *((149.1, -35.92), (148.9, -35.87), (148.78, -35.6), (148.78, -35.4), (149.12, -35.13)),
    ),
)

Line = NDArray[np.float64]


def coast(atlas: dict[str, Any]) -> list[Line]:
    """Rings of Australia's coast, longitude and latitude, from TopoJSON."""
    scale, move = (np.array(atlas["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + move for arc in atlas["arcs"]]
    countries = atlas["objects"]["countries"]["geometries"]
    (country,) = (each for each in countries if each["properties"]["name"] == AUSTRALIA)

    def line(number: int) -> Line:
        return arcs[number] if number >= 0 else arcs[~number][::-1]

    rings = [np.concatenate([line(n) for n in ring]) for polygon in country["arcs"] for ring in polygon]
    return [ring for ring in rings if ring[:, 0].max() < 156 and ring[:, 1].min() > -45]


def simplified(line: Line, tolerance: float) -> Line:
    """Fewer points, none of those left out farther than `tolerance` from what is drawn (Douglas, Peucker)."""
    if len(line) < 3:
        return line
    start, along = line[0], line[-1] - line[0]
    length = float(np.hypot(*along))
    offset = line - start
    away = (
        np.abs(offset[:, 0] * along[1] - offset[:, 1] * along[0]) / length
        if length > 0
        else np.hypot(offset[:, 0], offset[:, 1])
    )
    farthest = int(away.argmax())
    if away[farthest] <= tolerance:
        return line[[0, -1]]
    before, after = simplified(line[: farthest + 1], tolerance), simplified(line[farthest:], tolerance)
    return np.concatenate([before[:-1], after])


def area(ring: Line) -> float:
    """Area within a ring, square units."""
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2


def path(lines: Iterable[Line], *, closed: bool) -> str:
    """SVG path of lines, in steps from point to point, tenths of a unit."""
    parts = []
    for line in lines:
        tenths = np.round(line * 10).astype(int)
        steps = np.diff(tenths, axis=0) / 10
        moved = "".join(f"{x:+g}{y:+g}" for x, y in steps if x or y)
        start = tenths[0] / 10
        parts.append(f"M{start[0]:g} {start[1]:g}l{moved.removeprefix('+')}{'z' if closed else ''}")
    return "".join(parts)


def _on_map(lonlat: Line | Sequence[tuple[float, float]]) -> Line:
    degrees = np.asarray(lonlat, float)
    return COUNTRY.at(projected(degrees[:, 0], degrees[:, 1]))


def _border(points: Sequence[tuple[float, float]]) -> Line:
    """A border with points enough that parallels bend as they should."""
    corners = np.asarray(points, float)
    fine = [np.linspace(a, b, 12, endpoint=False) for a, b in pairwise(corners)]
    return _on_map(np.concatenate([*fine, corners[-1:]]))


def land(atlas_file: str) -> str:
    """The coast in a file of countries, as a path."""
    atlas = json.loads(Path(atlas_file).read_text(encoding="utf-8"))
    rings = [simplified(_on_map(ring), TOLERANCE) for ring in coast(atlas)]
    return path([ring for ring in rings if area(ring) >= SMALLEST], closed=True)


def main(atlas_file: str | None = None) -> None:
    """Write `map.json` beside this module."""
    target = Path(__file__).with_name("map.json")
    drawn = {
        "land": land(atlas_file) if atlas_file else json.loads(target.read_text(encoding="utf-8"))["land"],
        "borders": path([simplified(_border(points), 0.1) for points in BORDERS], closed=False),
        "sheets": {
            sheet.name: {
                "width": sheet.width,
                "height": sheet.height,
                "transform": sheet.transform_from(COUNTRY),
                "places": placed(sheet),
            }
            for sheet in (COUNTRY, SOUTH_EAST)
        },
        "frame": SOUTH_EAST.frame_on(COUNTRY),
    }
    target.write_text(json.dumps(drawn, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])

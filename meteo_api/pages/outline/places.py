"""Where the circle and the name of each station stand on a sheet, so that none covers another."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from meteo_api.pages.outline.projection import Sheet, projected
from meteo_core.stations import Station, stations

COUNTRY: Final = Sheet("australia", west=112.6, east=158.5, north=-10.3, south=-44.0)
SOUTH_EAST: Final = Sheet("south-east", west=140.2, east=153.9, north=-29.0, south=-39.3)
RADIUS: Final = 23.0
"""Units of a station's circle."""
GAP: Final = 6.0
"""Units between two circles."""
LETTER: Final = 9.6
LINE: Final = 22.0
"""Width of a letter and height of a line of a name, units."""
NORFOLK_ISLAND: Final = (985.0, 540.0)
"""It lies 1,400 km to the right of the sheet: it is shown at the edge."""
_STEPS: Final = 400
_BEGINNINGS: Final = 12
_ROUNDS: Final = 8
_SIDES: Final = (
    ("start", RADIUS + 7, 6.0),
    ("end", -RADIUS - 7, 6.0),
    ("middle", 0.0, -RADIUS - 8),
    ("middle", 0.0, RADIUS + 20),
    ("start", RADIUS - 2, -RADIUS + 4),
    ("start", RADIUS - 2, RADIUS + 8),
    ("end", -RADIUS + 2, -RADIUS + 4),
    ("end", -RADIUS + 2, RADIUS + 8),
)
"""Anchor of the text and offset of its base line: right, left, above, below, and the corners."""

Array = NDArray[np.float64]


def placed(sheet: Sheet) -> list[dict[str, Any]]:
    """Places of the stations that this sheet shows with a circle, in alphabetical order."""
    shown = [place for place in stations().values() if (_is_crowded(place)) is (sheet is SOUTH_EAST)]
    degrees = np.array([(place.longitude, place.latitude) for place in shown])
    true = sheet.at(projected(degrees[:, 0], degrees[:, 1]))
    for row, place in enumerate(shown):
        if place.station == "NorfolkIsland":
            true[row] = NORFOLK_ISLAND
    centre = _apart(true, sheet)
    return [
        {
            "station": place.station,
            "x": round(float(x), 1),
            "y": round(float(y), 1),
            "true_x": round(float(true_x), 1),
            "true_y": round(float(true_y), 1),
            "anchor": side[0],
            "label_x": round(float(x) + side[1], 1),
            "label_y": round(float(y) + side[2], 1),
        }
        for place, (x, y), (true_x, true_y), side in zip(
            shown, centre, true, _sides(shown, centre, sheet), strict=True
        )
    ]


def _is_crowded(place: Station) -> bool:
    within = SOUTH_EAST
    return (
        within.west < place.longitude < within.east
        and within.south < place.latitude < within.north
        and place.state != "TAS"
    )


def _apart(true: Array, sheet: Sheet) -> Array:
    """Centres as near to the true places as circles beside one another can be."""
    centre, least = true.copy(), 2 * RADIUS + GAP
    # Two stations on one spot push each other nowhere: a little order by number helps.
    centre += np.stack([np.arange(len(true)) % 3 - 1, np.arange(len(true)) % 2 - 0.5], axis=1) * 0.1
    for step in range(_STEPS):
        centre += (true - centre) * 0.05 * (1 - step / _STEPS)
        for _ in range(3):
            apart = centre[:, None] - centre[None]
            distance = np.hypot(apart[..., 0], apart[..., 1]) + np.eye(len(true)) * 1e9
            overlap = np.clip(least - distance, 0, None)
            centre += (apart / distance[..., None] * overlap[..., None] / 2).sum(axis=1)
        centre = centre.clip(RADIUS + 2, np.array([sheet.width, sheet.height]) - RADIUS - 2)
    return centre


def _sides(shown: list[Station], centre: Array, sheet: Sheet) -> list[tuple[str, float, float]]:
    """For each name the side on which it covers least."""
    boxes = [
        [_box(place.name, at, side) for side in range(len(_SIDES))]
        for place, at in zip(shown, centre, strict=True)
    ]
    best, least = np.zeros(len(shown), int), np.inf
    # Improving one name at a time ends wherever it began: begin in many ways.
    generator = np.random.default_rng(0)
    for _ in range(_BEGINNINGS):
        chosen, cost = _improved(generator.integers(0, len(_SIDES), len(shown)), boxes, centre, sheet)
        if cost < least:
            best, least = chosen, cost
    return [_SIDES[side] for side in best]


def _improved(
    chosen: NDArray[np.int_], boxes: list[list[Array]], centre: Array, sheet: Sheet
) -> tuple[NDArray[np.int_], float]:
    """The choice once no name gains by another side, and what it costs."""
    costs = np.full(len(boxes), np.inf)
    for _ in range(_ROUNDS):
        before = chosen.copy()
        for row in range(len(boxes)):
            others = [boxes[other][chosen[other]] for other in range(len(boxes)) if other != row]
            by_side = [_cost(box, others, centre, sheet) + 5.0 * side for side, box in enumerate(boxes[row])]
            chosen[row], costs[row] = int(np.argmin(by_side)), min(by_side)
        if (chosen == before).all():
            break
    return chosen, float(costs.sum())


def _box(name: str, centre: Array, side: int) -> Array:
    """Left, top, right, bottom of a name."""
    anchor, x, y = _SIDES[side]
    width = len(name) * LETTER
    left = centre[0] + x - {"start": 0.0, "end": width, "middle": width / 2}[anchor]
    base = centre[1] + y
    return np.array([left, base - LINE + 5, left + width, base + 5])


def _cost(box: Array, names: list[Array], circles: Array, sheet: Sheet) -> float:
    """Square units that a name covers: of names, of what is beyond the sheet, and worst, of circles."""
    around = [np.array([x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]) for x, y in circles]
    beyond = max(0.0, -box[0]) + max(0.0, box[2] - sheet.width) + max(0.0, box[3] - sheet.height)
    covered = sum(_shared(box, each) for each in names) + 3 * sum(_shared(box, each) for each in around)
    return covered + beyond * LINE * 3


def _shared(one: Array, other: Array) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)

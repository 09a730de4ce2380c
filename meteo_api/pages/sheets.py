"""The drawn maps with a circle for each station."""

from dataclasses import dataclass

from meteo_api.pages.outline import DrawnSheet, Outline, Place


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station in the list."""

    key: str
    name: str
    state: str
    chance: float | None
    """None where there is no forecast of the present."""
    usual: float | None
    """Climatology of station and month."""
    other_window: str | None
    """Its window, where it is not that of most stations."""
    words: str
    """All of it in one sentence, for whoever hears the map."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A station on a sheet."""

    place: Place
    row: StationRow
    is_moved: bool
    """Whether the circle stands so far from the station that a line must lead there."""


@dataclass(frozen=True, slots=True)
class SheetView:
    """A map with its circles."""

    name: str
    words: str
    sheet: DrawnSheet
    circles: tuple[Circle, ...]


def sheet_view(name: str, said: str, drawn: Outline, rows: dict[str, StationRow]) -> SheetView:
    """A map of this name with the circles of its stations."""
    sheet = drawn.sheets[name]
    circles = tuple(
        Circle(place, rows[place.station], is_moved=_distance(place) > 6) for place in sheet.places
    )
    return SheetView(name, said, sheet, circles)


def dots_of(drawn: Outline, rows: dict[str, StationRow]) -> tuple[Circle, ...]:
    """Stations of the south-east at their true places within the frame on the sheet of the country."""
    sheet, frame = drawn.sheets["south-east"], drawn.frame
    zoom = frame.width / sheet.width
    return tuple(
        Circle(
            Place(
                station=place.station,
                x=round(frame.x + place.true_x * zoom, 1),
                y=round(frame.y + place.true_y * zoom, 1),
                true_x=0,
                true_y=0,
                anchor="",
                label_x=0,
                label_y=0,
            ),
            rows[place.station],
            is_moved=False,
        )
        for place in sheet.places
    )


def _distance(place: Place) -> float:
    return ((place.x - place.true_x) ** 2 + (place.y - place.true_y) ** 2) ** 0.5

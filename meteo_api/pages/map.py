"""The map: the chance at every station in one picture, and the same numbers in a list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.pages import words
from meteo_api.pages.newest import Newest, dates_of, newest_issue, newest_of_all
from meteo_api.pages.outline import DrawnSheet, Outline, Place, outline
from meteo_api.pages.shell import Pages
from meteo_api.predictand import Threshold
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.stations import stations

SYDNEY: Final = ZoneInfo("Australia/Sydney")
"""Clock by which the pipeline's schedules go."""
ISSUE_WORDS: Final = {
    Issue.MORNING: "Morning",
    Issue.EVENING: "Evening",
}


class Order(StrEnum):
    """What the list goes by."""

    STATE = "state"
    STATION = "station"
    CHANCE = "chance"


ORDER_WORDS: Final = {Order.STATE: "State", Order.STATION: "Name", Order.CHANCE: "Chance"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that chooses something."""

    words: str
    address: str
    current: bool
    detail: str = ""


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


@dataclass(frozen=True, slots=True)
class MapView:
    """Everything on the page, in words."""

    event: str
    """`more than 1 mm`."""
    windows: tuple[str, ...]
    issued: str | None
    issue_note: str
    thresholds: tuple[Choice, ...]
    issues: tuple[Choice, ...]
    outline: Outline
    sheets: tuple[SheetView, ...]
    dots: tuple[Circle, ...]
    """Stations of the enlarged part, on the sheet of the country."""
    orders: tuple[Choice, ...]
    sorted_by: Order
    groups: tuple[tuple[str | None, tuple[StationRow, ...]], ...]
    """Rows of the list, under a state each where it goes by state."""
    nothing: str | None
    """Why there is nothing to show, and what there is instead."""
    missing: int
    """Stations without a forecast of the present."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    threshold: Threshold
    issue: Issue
    order: Order

    def address(self, **changed: str) -> str:
        """Address of the same page with something else chosen."""
        chosen = {"threshold": self.threshold, "issue": self.issue, "sort": self.order} | changed
        return f"/?{urlencode({name: str(value) for name, value in chosen.items()})}"


def map_view(world: World, moment: datetime, asked: Asked) -> MapView:
    """What the page shows at this moment."""
    newest = newest_of_all(world, moment, issue=asked.issue)
    current = [each.forecast for each in newest if each.forecast]
    dates = dates_of(current)
    rule = THRESHOLDS[asked.threshold]
    rows = {each.station: _row(each, asked, main_date=dates[0][0] if dates else None) for each in newest}
    drawn = outline()
    return MapView(
        event=rule.words,
        windows=tuple(
            words.window_of(date) + (f" ({words.count(n, 'station')})" if len(dates) > 1 else "")
            for date, n in dates
        ),
        issued=_issued(max(each.issued_at for each in current)) if current else None,
        issue_note=_issue_note(asked.issue),
        thresholds=tuple(
            Choice(
                _rule_short(name),
                asked.address(threshold=name),
                name == asked.threshold,
                f"{rule.words} in the window",
            )
            for name, rule in THRESHOLDS.items()
        ),
        issues=tuple(
            Choice(ISSUE_WORDS[issue], asked.address(issue=issue), issue is asked.issue) for issue in Issue
        ),
        outline=drawn,
        sheets=(
            _sheet("australia", "Australia", drawn, rows),
            _sheet("south-east", "The south-east, enlarged", drawn, rows),
        ),
        dots=_dots(drawn, rows),
        orders=tuple(
            Choice(said, asked.address(sort=order), order is asked.order)
            for order, said in ORDER_WORDS.items()
        ),
        sorted_by=asked.order,
        groups=_groups(list(rows.values()), asked.order),
        nothing=None if current else _nothing(newest, asked.issue),
        missing=len(newest) - len(current),
    )


def _row(newest: Newest, asked: Asked, *, main_date: object) -> StationRow:
    place, forecast = stations()[newest.station], newest.forecast
    chance = forecast.probabilities[f"p_{asked.threshold}"] if forecast else None
    usual = forecast.probabilities[f"climatology_{asked.threshold}"] if forecast else None
    said = (
        f"{words.percent(chance)} chance of {THRESHOLDS[asked.threshold].words}"
        if chance is not None
        else "no forecast"
    )
    return StationRow(
        key=place.station,
        name=place.name,
        state=place.state,
        chance=chance,
        usual=usual,
        other_window=(
            words.window(forecast.valid_from, forecast.valid_to)
            if forecast and forecast.date != main_date
            else None
        ),
        words=f"{place.name}, {place.state}: {said}",
    )


def _sheet(name: str, said: str, drawn: Outline, rows: dict[str, StationRow]) -> SheetView:
    sheet = drawn.sheets[name]
    circles = tuple(
        Circle(place, rows[place.station], is_moved=_distance(place) > 6) for place in sheet.places
    )
    return SheetView(name, said, sheet, circles)


def _dots(drawn: Outline, rows: dict[str, StationRow]) -> tuple[Circle, ...]:
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


def _groups(rows: list[StationRow], order: Order) -> tuple[tuple[str | None, tuple[StationRow, ...]], ...]:
    if order is Order.STATION:
        return ((None, tuple(sorted(rows, key=lambda row: row.name))),)
    if order is Order.CHANCE:
        by_chance = sorted(rows, key=lambda row: (row.chance is None, -(row.chance or 0), row.name))
        return ((None, tuple(by_chance)),)
    states = sorted({row.state for row in rows}, key=list(STATES).index)
    return tuple((STATES[state], tuple(row for row in rows if row.state == state)) for state in states)


STATES: Final = {
    "WA": "Western Australia",
    "NT": "Northern Territory",
    "SA": "South Australia",
    "QLD": "Queensland",
    "NSW": "New South Wales",
    "ACT": "Australian Capital Territory",
    "VIC": "Victoria",
    "TAS": "Tasmania",
}


def _rule_short(name: str) -> str:
    rule = THRESHOLDS[name]
    return f"{'>' if rule.strict else '≥'}{words.NARROW}{rule.millimetres:g}{words.NARROW}mm"


def _issued(moment: datetime) -> str:
    return f"{words.moment(moment.astimezone(SYDNEY))}, Sydney time"


def _issue_note(issue: Issue) -> str:
    if issue is Issue.MORNING:
        return "Made from the 9 am observation and the day before: a true forecast."
    return (
        "Made from all that was observed during the day: the window had already begun, part of it is known."
    )


def _nothing(newest: tuple[Newest, ...], issue: Issue) -> str:
    issued = [each.issued for each in newest if each.issued]
    if not issued:
        return f"No {issue} forecast has been issued yet."
    last = max(issued, key=lambda forecast: (forecast.date, forecast.issued_at))
    return (
        f"There is no valid {issue} forecast. The newest was issued at {_issued(last.issued_at)}; "
        f"its window, {words.window(last.valid_from, last.valid_to)}, is over."
    )


class MapController(Controller):
    """The map."""

    path = "/"
    include_in_schema = False

    @get(sync_to_thread=False)
    def map(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
        threshold: Annotated[Threshold, QueryParameter(name="threshold")] = PREDICTAND.name,  # pyright: ignore[reportArgumentType]
        issue: Annotated[Issue | None, QueryParameter(name="issue")] = None,
        sort: Annotated[Order, QueryParameter(name="sort")] = Order.STATE,
    ) -> Template:
        """The chance of rain at every station."""
        world, moment = snapshots.require(), pages.now()
        asked = Asked(threshold, issue or newest_issue(world, moment), sort)
        view = map_view(world, moment, asked)
        return pages.show(request, "map/page.html", title="Chance of rain", section="map", view=view)

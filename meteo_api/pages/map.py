"""The map: the chance at every station in one picture, and the same numbers in a list."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.language.texts import N_, _, in_figures, ngettext
from meteo_api.pages import words
from meteo_api.pages.newest import Newest, dates_of, newest_issue, newest_of_all
from meteo_api.pages.outline import Outline, outline
from meteo_api.pages.sheets import Circle, SheetView, StationRow, dots_of, sheet_view
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
    Issue.MORNING: N_("Morning"),
    Issue.EVENING: N_("Evening"),
}


class Order(StrEnum):
    """What the list goes by."""

    STATE = "state"
    STATION = "station"
    CHANCE = "chance"


ORDER_WORDS: Final = {Order.STATE: N_("State"), Order.STATION: N_("Name"), Order.CHANCE: N_("Chance")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that chooses something."""

    words: str
    address: str
    current: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MapView:
    """Everything on the page, in words."""

    event: str
    """`more than 1 mm`."""
    windows: tuple[str, ...]
    issued: str | None
    issue_note: str
    late: str | None
    """Of forecasts that were made after their day: how many there are, in a sentence."""
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
    issued = [each.forecast for each in newest if each.forecast and not each.late]
    dates = dates_of(current)
    rule = THRESHOLDS[asked.threshold]
    rows = {each.station: _row(each, asked, main_date=dates[0][0] if dates else None) for each in newest}
    drawn = outline()
    return MapView(
        event=words.event(rule),
        windows=tuple(_window_of(date, n) if len(dates) > 1 else words.window_of(date) for date, n in dates),
        issued=_issued(max(each.issued_at for each in issued)) if issued else None,
        issue_note=_issue_note(asked.issue),
        late=_late(newest),
        thresholds=tuple(
            Choice(
                _rule_short(name),
                asked.address(threshold=name),
                name == asked.threshold,
                _("%(event)s in the window", event=words.event(rule)),
            )
            for name, rule in THRESHOLDS.items()
        ),
        issues=tuple(
            Choice(_(ISSUE_WORDS[issue]), asked.address(issue=issue), issue is asked.issue) for issue in Issue
        ),
        outline=drawn,
        sheets=(
            sheet_view("australia", _("Australia"), drawn, rows),
            sheet_view("south-east", _("The south-east, enlarged"), drawn, rows),
        ),
        dots=dots_of(drawn, rows),
        orders=tuple(
            Choice(_(said), asked.address(sort=order), order is asked.order)
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
        _("%(chance)s chance of %(event)s", chance=words.percent(chance), event=words.event(asked.threshold))
        if chance is not None
        else _("no forecast")
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
        words=_("%(place)s, %(state)s: %(said)s", place=place.name, state=place.state, said=said),
    )


def _groups(rows: list[StationRow], order: Order) -> tuple[tuple[str | None, tuple[StationRow, ...]], ...]:
    if order is Order.STATION:
        return ((None, tuple(sorted(rows, key=lambda row: row.name))),)
    if order is Order.CHANCE:
        by_chance = sorted(rows, key=lambda row: (row.chance is None, -(row.chance or 0), row.name))
        return ((None, tuple(by_chance)),)
    states = sorted({row.state for row in rows}, key=list(STATES).index)
    return tuple((_(STATES[state]), tuple(row for row in rows if row.state == state)) for state in states)


STATES: Final = {
    "WA": N_("Western Australia"),
    "NT": N_("Northern Territory"),
    "SA": N_("South Australia"),
    "QLD": N_("Queensland"),
    "NSW": N_("New South Wales"),
    "ACT": N_("Australian Capital Territory"),
    "VIC": N_("Victoria"),
    "TAS": N_("Tasmania"),
}


def _rule_short(name: str) -> str:
    rule = THRESHOLDS[name]
    amount = in_figures(f"{rule.millimetres:g}")
    return f"{'>' if rule.strict else '≥'}{words.NARROW}{amount}{words.NARROW}mm"


def _window_of(day: date, count: int) -> str:
    return ngettext(
        "%(window)s (%(num)s station)", "%(window)s (%(num)s stations)", count, window=words.window_of(day)
    )


def _issued(moment: datetime) -> str:
    return _("%(moment)s, Sydney time", moment=words.moment(moment.astimezone(SYDNEY)))


def _issue_note(issue: Issue) -> str:
    if issue is Issue.MORNING:
        return _("Made from the 9 am observation and the day before: a true forecast.")
    return _(
        "Made from all that was observed during the day: the window had already begun, part of it is known."
    )


def _late(newest: tuple[Newest, ...]) -> str | None:
    late = [each.forecast for each in newest if each.late and each.forecast]
    if not late:
        return None
    return ngettext(
        "Made late: at %(num)s station none was issued on its day. This one was made at %(moment)s and holds "
        "until its window ends.",
        "Made late: at %(num)s stations none was issued on its day. These were made at %(moment)s and hold "
        "until their window ends.",
        len(late),
        moment=_issued(max(each.issued_at for each in late)),
    )


def _nothing(newest: tuple[Newest, ...], issue: Issue) -> str:
    issued = [each.issued for each in newest if each.issued]
    if not issued:
        return _("No %(issue)s forecast has been issued yet.", issue=words.issue(issue))
    last = max(issued, key=lambda forecast: (forecast.date, forecast.issued_at))
    return _(
        "There is no valid %(issue)s forecast. The newest was issued at %(moment)s; its window, %(window)s, "
        "is over.",
        issue=words.issue(issue),
        moment=_issued(last.issued_at),
        window=words.window(last.valid_from, last.valid_to),
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
        return pages.show(request, "map/page.html", title=_("Chance of rain"), section="map", view=view)

"""The page of a station: what is forecast, on what it rests, what came of the last forecasts."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.language.texts import N_, _
from meteo_api.pages import words
from meteo_api.pages.drivers import DriversView, drivers_of_day
from meteo_api.pages.map import ISSUE_WORDS, STATES, Choice
from meteo_api.pages.newest import Newest, newest_of
from meteo_api.pages.observed import is_final, values_of, written
from meteo_api.pages.past_days import Bar, PastDay, bars, past_days
from meteo_api.pages.shell import Pages
from meteo_api.pages.station_scores import VerificationView, station_scores
from meteo_api.predictions.service import PredictionService
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.stations import Station, find_station


@dataclass(frozen=True, slots=True)
class ChanceRow:
    """The chance at one threshold beside what is usual."""

    words: str
    chance: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class ForecastView:
    """A forecast in words."""

    date: date
    chance: float
    window: str
    issued: str
    issue: Issue
    is_late: bool
    """Whether it was made after its day because none had been issued."""
    rows: tuple[ChanceRow, ...]
    markov: str
    """How often such days follow one as wet or dry as this one, in a sentence."""
    route: str
    model_version: int


@dataclass(frozen=True, slots=True)
class ObservedRow:
    """One parameter on the newest days, each value with its unit."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObservedView:
    """The newest observations."""

    days: tuple[date, ...]
    provisional: tuple[bool, ...]
    rows: tuple[ObservedRow, ...]


@dataclass(frozen=True, slots=True)
class StationView:
    """Everything on the page."""

    place: Station
    state: str
    event: str
    forecast: ForecastView | None
    drivers: DriversView | None
    nothing: str | None
    issues: tuple[Choice, ...]
    issue: Issue
    days: tuple[PastDay, ...]
    bars: tuple[Bar, ...]
    verification: VerificationView | None
    observed: ObservedView | None
    what_if: str
    local_time: str


def station_view(world: World, key: str, moment: datetime, *, issue: Issue | None = None) -> StationView:
    """What the page of a station shows at this moment; raises `UnknownStation`."""
    place = find_station(key)
    newest = newest_of(world, key, moment, issue=issue)
    shown = issue or (newest.issued.issue if newest.issued else Issue.EVENING)
    last = newest.forecast.date if newest.forecast else world.newest.get(key)
    days = past_days(world, key, shown, moment, last=last) if last else ()
    return StationView(
        place=place,
        state=_(STATES[place.state]),
        event=words.event(PREDICTAND),
        forecast=_forecast(world, newest, newest.forecast) if newest.forecast else None,
        drivers=None,
        nothing=None if newest.forecast else _nothing(place, newest, issue),
        issues=tuple(
            Choice(_(said), f"/stations/{quote(key)}?issue={each}", each is shown)
            for each, said in ISSUE_WORDS.items()
        ),
        issue=shown,
        days=days,
        bars=bars(days),
        verification=station_scores(world, key, shown),
        observed=_observed(world, key),
        what_if=f"/what-if?station={quote(key)}",
        local_time=words.moment(moment.astimezone(place.zone)),
    )


def _forecast(world: World, newest: Newest, forecast: IssuedForecast) -> ForecastView:
    chances = forecast.probabilities
    return ForecastView(
        date=forecast.date,
        chance=chances[f"p_{PREDICTAND.name}"] or 0.0,
        window=words.window(forecast.valid_from, forecast.valid_to),
        issued=_("%(moment)s, station time", moment=words.moment(forecast.issued_at)),
        issue=forecast.issue,
        is_late=newest.late,
        rows=tuple(
            ChanceRow(words.event(rule), chances[f"p_{name}"], chances[f"climatology_{name}"])
            for name, rule in THRESHOLDS.items()
        ),
        markov=_markov(world, forecast),
        route=words.made_from(forecast.route, forecast.issue),
        model_version=forecast.model_version,
    )


def _markov(world: World, forecast: IssuedForecast) -> str:
    wet = values_of(world, forecast.station, forecast.date)["rain_today"]
    if wet is None:
        said = N_(
            "After a day whose rain nobody measured %(share)s of days bring %(event)s (Markov reference)."
        )
    elif wet:
        said = N_(
            "After a wet day, as the last one was, %(share)s of days bring %(event)s (Markov reference)."
        )
    else:
        said = N_(
            "After a dry day, as the last one was, %(share)s of days bring %(event)s (Markov reference)."
        )
    share = words.percent(forecast.probabilities["markov_gt_1_0"])
    return _(said, share=share, event=words.event(PREDICTAND))


def _nothing(place: Station, newest: Newest, issue: Issue | None) -> str:
    issued, named = newest.issued, words.issue(issue) if issue else None
    if issued is None:
        if named is None:
            return _("No forecast for %(place)s has been issued.", place=place.name)
        return _("No %(issue)s forecast for %(place)s has been issued.", issue=named, place=place.name)
    over = _(
        "The newest was issued at %(moment)s; its window, %(window)s, is over.",
        moment=words.moment(issued.issued_at),
        window=words.window(issued.valid_from, issued.valid_to),
    )
    if named is None:
        none = _("There is no valid forecast for %(place)s.", place=place.name)
    else:
        none = _("There is no valid %(issue)s forecast for %(place)s.", issue=named, place=place.name)
    return f"{none} {over}"


def _observed(world: World, key: str) -> ObservedView | None:
    newest = world.newest.get(key)
    if newest is None:
        return None
    days = (newest, newest - timedelta(days=1))
    by_day = [values_of(world, key, day) for day in days]
    return ObservedView(
        days=days,
        provisional=tuple(not is_final(world, key, day) for day in days),
        rows=tuple(
            ObservedRow(words.label(name), tuple(written(parameter, values[name]) for values in by_day))
            for name, parameter in PARAMETERS.items()
        ),
    )


async def with_drivers(view: StationView, predictions: PredictionService) -> StationView:
    """The same, with what drove the forecast, where there is one."""
    forecast = view.forecast
    if forecast is None:
        return view
    drivers = await drivers_of_day(
        predictions, view.place.station, forecast.date, forecast.issue, shown=forecast.chance
    )
    return replace(view, drivers=drivers)


class StationPageController(Controller):
    """Pages of the stations."""

    path = "/stations"
    include_in_schema = False

    @get("/{key:str}")
    async def station(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
        predictions: NamedDependency[PredictionService],
        key: FromPath[str],
        issue: Annotated[Issue | None, QueryParameter(name="issue")] = None,
    ) -> Template:
        """A station's forecast, its last days, and how good its forecasts have been."""
        find_station(key)
        view = station_view(snapshots.require(), key, pages.now(), issue=issue)
        view = await with_drivers(view, predictions)
        return pages.show(request, "station/page.html", title=view.place.name, section="map", view=view)

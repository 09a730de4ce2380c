"""The page of a station: what is forecast, on what it rests, what came of the last forecasts."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from meteo_api.forecasts.issued import IssuedForecast
from meteo_api.pages import words
from meteo_api.pages.drivers import DriversView, drivers_of_day
from meteo_api.pages.map import ISSUE_WORDS, STATES, Choice
from meteo_api.pages.newest import Newest, newest_of
from meteo_api.pages.observed import is_final, values_of, written
from meteo_api.pages.past_days import Bar, PastDay, bars, past_days
from meteo_api.pages.shell import Pages
from meteo_api.predictions.service import PredictionService
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_api.verification.scores import GroupScores
from meteo_core.calendar import Issue
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.stations import Station, find_station

ROUTE_WORDS: Final = {
    "full": "the whole day at this station and at the others",
    "afternoon": "the day until 3 pm at this station and at the others; maximum temperature, sunshine and "
    "gusts are complete at midnight only",
    "local": "this station's own day alone: nothing is known of the others",
    "climatology": "the season alone: too little is known of the day",
}
FEW_DAYS: Final = 60
"""Days below which a station's scores are mostly luck."""


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
    is_upcoming: bool
    rows: tuple[ChanceRow, ...]
    markov: float | None
    today_was: str
    """Whether the day before the window was wet, which the Markov reference goes by."""
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
class VerificationView:
    """How good the station's forecasts have been, in words."""

    scores: GroupScores
    skill: str
    reliability: str
    few: bool


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
        state=STATES[place.state],
        event=PREDICTAND.words,
        forecast=_forecast(world, newest.forecast, moment) if newest.forecast else None,
        drivers=None,
        nothing=None if newest.forecast else _nothing(place, newest, issue),
        issues=tuple(
            Choice(said, f"/stations/{quote(key)}?issue={each}", each is shown)
            for each, said in ISSUE_WORDS.items()
        ),
        issue=shown,
        days=days,
        bars=bars(days),
        verification=_verification(world, key, shown),
        observed=_observed(world, key),
        what_if=f"/what-if?station={quote(key)}",
        local_time=words.moment(moment.astimezone(place.zone)),
    )


def _forecast(world: World, forecast: IssuedForecast, moment: datetime) -> ForecastView:
    chances = forecast.probabilities
    return ForecastView(
        date=forecast.date,
        chance=chances[f"p_{PREDICTAND.name}"] or 0.0,
        window=words.window(forecast.valid_from, forecast.valid_to),
        issued=f"{words.moment(forecast.issued_at)}, station time",
        issue=forecast.issue,
        is_upcoming=moment < forecast.valid_from,
        rows=tuple(
            ChanceRow(rule.words, chances[f"p_{name}"], chances[f"climatology_{name}"])
            for name, rule in THRESHOLDS.items()
        ),
        markov=chances["markov_gt_1_0"],
        today_was=_today_was(world, forecast),
        route=ROUTE_WORDS[forecast.route],
        model_version=forecast.model_version,
    )


def _today_was(world: World, forecast: IssuedForecast) -> str:
    wet = values_of(world, forecast.station, forecast.date)["rain_today"]
    if wet is None:
        return "a day whose rain nobody measured"
    return f"a {'wet' if wet else 'dry'} day, as the last one was,"


def _nothing(place: Station, newest: Newest, issue: Issue | None) -> str:
    named = f"{issue} forecast" if issue else "forecast"
    if newest.issued is None:
        return f"No {named} for {place.name} has been issued."
    return (
        f"There is no valid {named} for {place.name}. The newest was issued at "
        f"{words.moment(newest.issued.issued_at)}; its window, "
        f"{words.window(newest.issued.valid_from, newest.issued.valid_to)}, is over."
    )


def _verification(world: World, key: str, issue: Issue) -> VerificationView | None:
    scores = next(
        (
            row
            for row in world.verification
            if (row.station, row.issue, row.threshold) == (key, issue, PREDICTAND.name)
        ),
        None,
    )
    if scores is None:
        return None
    return VerificationView(scores, _skill(scores), _reliability(scores), few=scores.days < FEW_DAYS)


def _skill(scores: GroupScores) -> str:
    skill, low, high = (
        scores.skill_over_climatology,
        scores.skill_over_climatology_low,
        scores.skill_over_climatology_high,
    )
    if skill is None:
        return "Skill over climatology is not defined: outcomes were all of one kind."
    said = "better than climatology" if skill > 0 else "no better than climatology"
    if low is None or high is None:
        return f"On these days {said}; they are too few to say more."
    if low <= 0 < high:
        said = "not surely better or worse than climatology"
    return (
        f"Brier skill: {said}, 95{words.NARROW}% interval {words.number(low, 2)} to {words.number(high, 2)}."
    )


def _reliability(scores: GroupScores) -> str:
    if scores.mean_chance is None or scores.base_rate is None:
        return "Nothing is known of its reliability."
    return (
        f"On average it said {words.percent(scores.mean_chance)}, "
        f"and {words.percent(scores.base_rate)} of the days brought {PREDICTAND.words}."
    )


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
            ObservedRow(parameter.label, tuple(written(parameter, values[name]) for values in by_day))
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

"""What if the day were another: the form, and the answer beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.accounts.forms import form_of
from meteo_api.errors import InvalidRequest
from meteo_api.pages import words
from meteo_api.pages.drivers import DriversView, drivers_view
from meteo_api.pages.map import STATES
from meteo_api.pages.observed import values_of
from meteo_api.pages.shell import Pages
from meteo_api.pages.station import ROUTE_WORDS
from meteo_api.pages.what_if_form import (
    FORM_FIELDS,
    Filled,
    Group,
    as_text,
    changes,
    groups,
    last_day_of_form,
)
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.sense import DAYS_AHEAD, FIRST_DATE
from meteo_api.predictions.service import PredictionService
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue, local_date
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.parameters import PARAMETERS
from meteo_core.stations import find_station, stations

FIRST_STATION: Final = "Sydney"
ISSUES: Final = {
    Issue.EVENING: "evening",
    Issue.MORNING: "morning",
}


@dataclass(frozen=True)
class Question:
    """Which day is asked about, and what somebody made of it."""

    station: str
    day: date
    issue: Issue
    filled: Filled | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The chance at one threshold, and that of the unchanged day."""

    words: str
    chance: float
    unchanged: float
    difference: float


@dataclass(frozen=True, slots=True)
class Moved:
    """One field that was changed, and what it does by itself."""

    label: str
    was: str
    now: str
    points: float
    """Change of the chance of the predictand, 0 to 1, where only this field is changed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer in words."""

    chance: float
    difference: float | None
    """To the unchanged day; None where nothing was changed."""
    window: str
    rows: tuple[AnswerRow, ...]
    usual: float
    moved: tuple[Moved, ...]
    drivers: DriversView | None
    route: str
    missing: tuple[str, ...]
    not_used: tuple[str, ...]
    model_version: int


@dataclass(frozen=True, slots=True)
class WhatIfView:
    """Everything on the page."""

    station: str
    station_name: str
    stations: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Key and name of each, by state."""
    day: date
    first_date: date
    last_date: date
    issue: Issue
    issues: Mapping[Issue, str]
    event: str
    observed_at: str
    groups: tuple[Group, ...]
    answer: Answer | None
    errors: Mapping[str, str]
    """What is wrong with station, date or issue; that of a parameter stands beside it."""


async def what_if_view(
    world: World, predictions: PredictionService, question: Question, *, today: date, user_id: int
) -> WhatIfView:
    """The form and its answer, or what is wrong beside each field."""
    observed = values_of(world, question.station, question.day)
    changed: dict[str, Any] = {}
    errors: dict[str, str] = {}
    if question.filled:
        changed, errors = changes(observed, question.filled, question.issue)
    answer = None
    if not errors:
        try:
            answer = await _answer(predictions, question, observed, changed, user_id=user_id)
        except InvalidRequest as invalid:
            errors = {error.pointer.rpartition("/")[2]: error.detail for error in invalid.errors}
    place = find_station(question.station)
    return WhatIfView(
        station=question.station,
        station_name=place.name,
        stations=_by_state(),
        day=question.day,
        first_date=FIRST_DATE,
        last_date=today + timedelta(days=DAYS_AHEAD),
        issue=question.issue,
        issues=ISSUES,
        event=PREDICTAND.words,
        observed_at=_observed_at(question, observed),
        groups=groups(observed, question.filled, errors, question.issue),
        answer=answer,
        errors=errors,
    )


async def _answer(
    predictions: PredictionService,
    question: Question,
    observed: Mapping[str, Any],
    changed: Mapping[str, Any],
    *,
    user_id: int,
) -> Answer:
    """One batch: the day as asked, the day as it is, and the day with each changed field alone."""
    alone = [{name: value} for name, value in changed.items()] if len(changed) > 1 else []
    asked = [dict(changed), *([{}] if changed else []), *alone]
    batch = [
        PredictionRequest(station=question.station, date=question.day, issue=question.issue, **values)
        for values in asked
    ]
    # In one, so that no part of the page is from another model or snapshot than the rest.
    answers = await predictions.answer(batch, explain=True)
    if isinstance(answers, Prediction):
        raise TypeError("a list of questions was answered by one answer")
    given, unchanged = answers[0], answers[1] if changed else answers[0]
    if question.filled:
        predictions.note(batch[0], given, user_id=user_id)
    singles = answers[2:] if alone else [given][: len(changed)]
    return Answer(
        chance=given.p_gt_1_0,
        difference=given.p_gt_1_0 - unchanged.p_gt_1_0 if changed else None,
        window=words.window(given.valid_from, given.valid_to),
        rows=tuple(_row(name, given, unchanged) for name in THRESHOLDS),
        usual=given.climatology_gt_1_0,
        moved=tuple(
            sorted(
                (
                    _moved(name, observed[name], value, single.p_gt_1_0 - unchanged.p_gt_1_0)
                    for (name, value), single in zip(changed.items(), singles, strict=True)
                ),
                key=lambda moved: -abs(moved.points),
            )
        ),
        drivers=drivers_view(given, shown=given.p_gt_1_0),
        route=ROUTE_WORDS[given.route],
        missing=tuple(PARAMETERS[name].label for name in given.fields.missing),
        not_used=tuple(PARAMETERS[name].label for name in given.fields.not_used),
        model_version=given.model_version,
    )


def _row(name: str, given: Prediction, unchanged: Prediction) -> AnswerRow:
    chance, before = getattr(given, f"p_{name}"), getattr(unchanged, f"p_{name}")
    return AnswerRow(THRESHOLDS[name].words, chance, before, chance - before)


def _moved(name: str, was: Any, now: Any, points: float) -> Moved:
    parameter = PARAMETERS[name]
    said = [as_text(parameter, value).replace("-", words.MINUS) or words.UNKNOWN for value in (was, now)]
    return Moved(parameter.label, said[0], said[1], points)


def _by_state() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple(
        (
            name,
            tuple((key, place.name) for key, place in stations().items() if place.state == state),
        )
        for state, name in STATES.items()
    )


def _observed_at(question: Question, observed: Mapping[str, Any]) -> str:
    known = sum(value is not None for value in observed.values())
    where = f"{find_station(question.station).name}, {words.day_with_year(question.day)}"
    if not known:
        return (
            f"Nothing is known of {where}: every field is empty, and the service takes what it knows beside."
        )
    return f"Filled with what was observed: {where}, {known} of {len(observed)} parameters."


def question_of(
    world: World, pages: Pages, asked: Mapping[str, str], filled: Filled | None
) -> tuple[Question, date]:
    """The question that an address or a form asks, with what it leaves out; and today at the station.

    Raises `UnknownStation`.
    """
    first = FIRST_STATION if FIRST_STATION in world.newest else min(world.newest)
    place = find_station(asked.get("station") or first)
    today = local_date(pages.now(), place.zone)
    day = _date_of(asked.get("date")) or last_day_of_form(world.newest.get(place.station), today)
    issue = asked.get("issue")
    return Question(place.station, day, Issue(issue) if issue in set(Issue) else Issue.EVENING, filled), today


def _date_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


class WhatIfController(Controller):
    """What-if for people."""

    path = "/what-if"
    include_in_schema = False

    @get()
    async def ask(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        predictions: NamedDependency[PredictionService],
        station: Annotated[str | None, QueryParameter(name="station")] = None,
        date_: Annotated[str | None, QueryParameter(name="date")] = None,
        issue: Annotated[str | None, QueryParameter(name="issue")] = None,
    ) -> Template:
        """The form, filled with the day's observations, and the chances of that day."""
        asked = {"station": station or "", "date": date_ or "", "issue": issue or ""}
        return await self._shown(request, pages, predictions, asked, None)

    @post(status_code=200)
    async def answer(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        predictions: NamedDependency[PredictionService],
    ) -> Template:
        """The same form, and the chances of the day as it might have been."""
        text = await form_of(request, *FORM_FIELDS)
        return await self._shown(request, pages, predictions, text, Filled.of(text))

    async def _shown(
        self,
        request: Request[Any, Any, Any],
        pages: Pages,
        predictions: PredictionService,
        asked: Mapping[str, str],
        filled: Filled | None,
    ) -> Template:
        world = predictions.require().world
        question, today = question_of(world, pages, asked, filled)
        view = await what_if_view(world, predictions, question, today=today, user_id=request.user.id)
        status = 422 if view.errors else 200
        return pages.show(
            request, "what_if/page.html", title="What if", section="what-if", view=view, status=status
        )

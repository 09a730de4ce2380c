"""What if the day were another: the form, and the answer beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.accounts.forms import form_of
from meteo_api.errors import InvalidRequest
from meteo_api.language.texts import N_, _, told
from meteo_api.pages import words
from meteo_api.pages.map import STATES
from meteo_api.pages.observed import values_of
from meteo_api.pages.shell import Pages
from meteo_api.pages.what_if_answer import Answer, Question, answer_view
from meteo_api.pages.what_if_form import (
    FORM_FIELDS,
    Filled,
    Group,
    changes,
    groups,
    last_day_of_form,
)
from meteo_api.predictions.sense import DAYS_AHEAD, FIRST_DATE
from meteo_api.predictions.service import PredictionService
from meteo_api.snapshot.world import World
from meteo_core.calendar import Issue, local_date
from meteo_core.labels import PREDICTAND
from meteo_core.parameters import PARAMETERS
from meteo_core.stations import find_station, stations

FIRST_STATION: Final = "Sydney"
ISSUES: Final = {
    Issue.EVENING: N_("evening"),
    Issue.MORNING: N_("morning"),
}


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
    field_names: Mapping[str, str]
    """What people call the fields at fault."""


async def what_if_view(
    world: World, predictions: PredictionService, question: Question, *, moment: datetime, user_id: int
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
            answer = await answer_view(
                predictions, question, observed, changed, moment=moment, user_id=user_id
            )
        except InvalidRequest as invalid:
            errors = {error.pointer.rpartition("/")[2]: told(error.detail) for error in invalid.errors}
    place = find_station(question.station)
    today = local_date(moment, place.zone)
    return WhatIfView(
        station=question.station,
        station_name=place.name,
        stations=_by_state(),
        day=question.day,
        first_date=FIRST_DATE,
        last_date=today + timedelta(days=DAYS_AHEAD),
        issue=question.issue,
        issues={issue: _(said) for issue, said in ISSUES.items()},
        event=words.event(PREDICTAND),
        observed_at=_observed_at(question, observed),
        groups=groups(observed, question.filled, errors, question.issue),
        answer=answer,
        errors=errors,
        field_names={name: words.label(name) if name in PARAMETERS else name for name in errors},
    )


def _by_state() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return tuple(
        (
            _(name),
            tuple((key, place.name) for key, place in stations().items() if place.state == state),
        )
        for state, name in STATES.items()
    )


def _observed_at(question: Question, observed: Mapping[str, Any]) -> str:
    known = sum(value is not None for value in observed.values())
    where = f"{find_station(question.station).name}, {words.day_with_year(question.day)}"
    if not known:
        return _(
            "Nothing is known of %(where)s: every field is empty, and the service takes what it knows "
            "beside.",
            where=where,
        )
    return _(
        "Filled with what was observed: %(where)s, %(known)s of %(all)s parameters.",
        where=where,
        known=known,
        all=len(observed),
    )


def question_of(world: World, asked: Mapping[str, str], filled: Filled | None, moment: datetime) -> Question:
    """The question that an address or a form asks, with what it leaves out; raises `UnknownStation`."""
    first = FIRST_STATION if FIRST_STATION in world.newest else min(world.newest)
    place = find_station(asked.get("station") or first)
    today = local_date(moment, place.zone)
    day = _date_of(asked.get("date")) or last_day_of_form(world.newest.get(place.station), today)
    issue = asked.get("issue")
    return Question(place.station, day, Issue(issue) if issue in set(Issue) else Issue.EVENING, filled)


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
        world, moment = predictions.require().world, pages.now()
        question = question_of(world, asked, filled, moment)
        view = await what_if_view(world, predictions, question, moment=moment, user_id=request.user.id)
        status = 422 if view.errors else 200
        return pages.show(
            request, "what_if/page.html", title=_("What if"), section="what-if", view=view, status=status
        )

"""The answer to a what-if, in words: beside that of the unchanged day, and what moved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from meteo_api.pages import words
from meteo_api.pages.drivers import DriversView, drivers_view
from meteo_api.pages.what_if_form import Filled, as_said
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.service import PredictionService
from meteo_core.calendar import Issue
from meteo_core.labels import THRESHOLDS
from meteo_core.parameters import PARAMETERS


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
    is_over: bool
    """Whether the window is over: a look back, no forecast."""
    rows: tuple[AnswerRow, ...]
    usual: float
    moved: tuple[Moved, ...]
    drivers: DriversView | None
    route: str
    missing: tuple[str, ...]
    not_used: tuple[str, ...]
    model_version: int


async def answer_view(
    predictions: PredictionService,
    question: Question,
    observed: Mapping[str, Any],
    changed: Mapping[str, Any],
    *,
    moment: datetime,
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
        window=_window(given, moment),
        is_over=given.valid_to <= moment,
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
        route=words.made_from(given.route, given.issue),
        missing=tuple(words.label(name) for name in given.fields.missing),
        not_used=tuple(words.label(name) for name in given.fields.not_used),
        model_version=given.model_version,
    )


def _window(given: Prediction, moment: datetime) -> str:
    """The window, with its year where that is not this one."""
    this_year = moment.astimezone(given.valid_from.tzinfo).year
    another = {given.valid_from.year, given.valid_to.year} != {this_year}
    return words.window(given.valid_from, given.valid_to, with_year=another)


def _row(name: str, given: Prediction, unchanged: Prediction) -> AnswerRow:
    chance, before = getattr(given, f"p_{name}"), getattr(unchanged, f"p_{name}")
    return AnswerRow(words.event(name), chance, before, chance - before)


def _moved(name: str, was: Any, now: Any, points: float) -> Moved:
    parameter = PARAMETERS[name]
    said = [as_said(parameter, value) or words.unknown() for value in (was, now)]
    return Moved(words.label(name), said[0], said[1], points)

"""The what-if form: a field for each parameter, filled as observed, and what somebody made of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from meteo_api.language.texts import N_, _, in_figures, plain
from meteo_api.pages import words
from meteo_core.calendar import Issue, allowed_parameters
from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, Kind, KnownAt, Parameter

UNKNOWN: Final = "unknown"
"""What a select says for it; numbers and times have a box to tick."""
TICKED: Final = "unknown-"
GROUPS: Final = {
    KnownAt.NINE_AM: N_("Known at 9 am"),
    KnownAt.THREE_PM: N_("Known at 3 pm"),
    KnownAt.MIDNIGHT: N_("Of the whole day"),
}
FORM_FIELDS: Final = ("station", "date", "issue", *PARAMETERS, *(f"{TICKED}{name}" for name in PARAMETERS))
_NUMBER: Final = re.compile(r"[+-]?\d{1,6}([.,]\d{1,6})?")
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SAID: Final = {N_("yes"): True, N_("no"): False}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter in the form."""

    name: str
    label: str
    unit: str
    kind: Kind
    value: str
    """As it stands in the form."""
    observed: str
    """As the form was filled; empty where nothing was observed."""
    is_unknown: bool
    """Whether the box "unknown" is ticked."""
    hint: str
    minimum: str
    maximum: str
    step: str
    options: tuple[Option, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that are known at the same time."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Filled:
    """What somebody sent: text by parameter, and the parameters that are to be unknown."""

    text: Mapping[str, str]
    unknown: frozenset[str]

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "Filled":
        """What a form holds; a box that is ticked comes as a field of its own."""
        return cls(form, frozenset(name for name in PARAMETERS if f"{TICKED}{name}" in form))


def as_text(parameter: Parameter, value: Any) -> str:
    """An observed value as the form is filled with it."""
    if value is None:
        return ""
    match parameter.kind:
        case Kind.NUMBER:
            return f"{value:.{parameter.decimals}f}"
        case Kind.FLAG:
            return "yes" if value else "no"
        case _:
            return str(value)


def changes(
    observed: Mapping[str, Any], filled: Filled, issue: Issue
) -> tuple[dict[str, Any], dict[str, str]]:
    """What differs from what was observed, by parameter, None for unknown; and what cannot be read, with why.

    A field that is empty, or as it was filled, is no change: the service takes what it knows.
    """
    changed: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, parameter in PARAMETERS.items():
        if name not in allowed_parameters(issue):
            continue
        text, was = filled.text.get(name, "").strip(), as_text(parameter, observed[name])
        if name in filled.unknown or text == UNKNOWN:
            if observed[name] is not None:
                changed[name] = None
        elif text not in ("", was):
            try:
                value = _read(parameter, text)
            except ValueError as error:
                errors[name] = str(error)
            else:
                if value != observed[name]:
                    changed[name] = value
    return changed, errors


def _read(parameter: Parameter, text: str) -> Any:
    """The value that a text means; raises ValueError that says what is expected."""
    match parameter.kind:
        case Kind.NUMBER:
            if not _NUMBER.fullmatch(text):
                raise ValueError(_("a number is needed, %(limits)s", limits=limits(parameter)))
            value = float(text.replace(",", "."))
            if not parameter.minimum <= value <= parameter.maximum:
                raise ValueError(_("must be %(limits)s", limits=limits(parameter)))
            return value
        case Kind.COMPASS:
            if text not in COMPASS_POINTS:
                raise ValueError(_("must be one of %(known)s", known=", ".join(COMPASS_POINTS)))
            return text
        case Kind.CLOCK:
            if not _CLOCK.fullmatch(text):
                raise ValueError(_("must be a time of day, such as 14:30"))
            return text
        case Kind.FLAG:
            if text not in _SAID:
                raise ValueError(_("must be yes or no"))
            return _SAID[text]


def limits(parameter: Parameter) -> str:
    """The limits of a number in words, with the unit."""
    low, high = words.number(parameter.minimum), words.number(parameter.maximum)
    return _("from %(low)s to %(high)s\u202f%(unit)s", low=low, high=high, unit=plain(parameter.unit))


def groups(
    observed: Mapping[str, Any], filled: Filled | None, errors: Mapping[str, str], issue: Issue
) -> tuple[Group, ...]:
    """The fields that a forecast of this issue time can use, as filled or as observed."""
    allowed = allowed_parameters(issue)
    return tuple(
        Group(_(title), fields)
        for known_at, title in GROUPS.items()
        if (
            fields := tuple(
                _field(parameter, observed[name], filled, errors.get(name))
                for name, parameter in PARAMETERS.items()
                if name in allowed and parameter.known_at is known_at
            )
        )
    )


def _field(parameter: Parameter, observed: Any, filled: Filled | None, error: str | None) -> Field:
    was = as_text(parameter, observed)
    is_number = parameter.kind is Kind.NUMBER
    return Field(
        name=parameter.name,
        label=plain(parameter.label),
        unit=plain(parameter.unit),
        kind=parameter.kind,
        value=filled.text.get(parameter.name, was) if filled else was,
        observed=was,
        is_unknown=filled is not None and parameter.name in filled.unknown,
        hint=_hint(parameter, observed),
        minimum=f"{parameter.minimum:g}" if is_number else "",
        maximum=f"{parameter.maximum:g}" if is_number else "",
        step=f"{10.0**-parameter.decimals:g}" if is_number else "",
        options=_options(parameter, was),
        error=error,
    )


def _hint(parameter: Parameter, observed: Any) -> str:
    was = as_said(parameter, observed)
    said = _("observed %(value)s", value=was) if was else _("not observed")
    if parameter.kind is not Kind.NUMBER:
        return said
    return _("%(observed)s; %(limits)s", observed=said, limits=limits(parameter))


def as_said(parameter: Parameter, value: Any) -> str:
    """An observed value as people read it, without its unit; empty where it is unknown."""
    text = as_text(parameter, value)
    match parameter.kind:
        case Kind.NUMBER:
            return in_figures(text).replace("-", words.MINUS)
        case Kind.COMPASS:
            return words.compass(text) if text else ""
        case Kind.FLAG:
            return _(text) if text else ""
        case _:
            return text


def _options(parameter: Parameter, was: str) -> tuple[Option, ...]:
    choices: Sequence[str]
    match parameter.kind:
        case Kind.COMPASS:
            choices = COMPASS_POINTS
        case Kind.FLAG:
            choices = tuple(_SAID)
        case _:
            return ()
    first = () if was else (Option("", words.DASH),)
    say = words.compass if parameter.kind is Kind.COMPASS else _
    return (*first, *(Option(each, say(each)) for each in choices), Option(UNKNOWN, words.unknown()))


def last_day_of_form(newest: date | None, today: date) -> date:
    """The day that the form begins with: the newest observed, or today where there is none."""
    return newest if newest is not None and newest <= today else today

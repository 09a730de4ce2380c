"""What is asked in a what-if and what is answered. Fields, units and limits come from the parameter table."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Union

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from meteo_api.predictand import CLIMATOLOGY, ISSUE, MARKOV, ROUTE, Chance, Route
from meteo_api.snapshot.schemas import SnapshotAge
from meteo_core.calendar import Issue
from meteo_core.parameters import COMPASS_POINTS, PARAMETERS, Kind, Parameter


class StationDay(Struct, frozen=True, kw_only=True):
    """The station, the day and the time of day that a question is about."""

    station: Annotated[
        str,
        Meta(min_length=1, max_length=60, description="Key of the station: `Sydney`", examples=["Sydney"]),
    ]
    date: Annotated[date, Meta(description="Day on the station's calendar, on which the forecast is issued")]
    issue: Annotated[Issue, Meta(description=ISSUE)] = Issue.EVENING


def _values(parameter: Parameter) -> Any:
    """Type of the values that a parameter can take. Limits outside the union would answer 500."""
    documented: dict[str, Any] = {
        "title": parameter.label,
        "description": f"{parameter.description}; null for unknown",
    }
    match parameter.kind:
        case Kind.NUMBER:
            # Litestar leaves a limit of zero out of its document: limits are said once more in its own way.
            documented["extra"] = {"minimum": parameter.minimum, "maximum": parameter.maximum}
            kind, rule = float, Meta(ge=parameter.minimum, le=parameter.maximum, extra_json_schema=documented)
        case Kind.COMPASS:
            kind, rule = Literal[COMPASS_POINTS], Meta(extra_json_schema=documented)
        case Kind.CLOCK:
            kind = str
            rule = Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", max_length=5, extra_json_schema=documented)
        case Kind.FLAG:
            kind, rule = bool, Meta(extra_json_schema=documented)
    return Union[Annotated[kind, rule], None, UnsetType]  # noqa: UP007 (an operator that pyright cannot follow)


_Observed: type[StationDay] = defstruct(  # pyright: ignore[reportAssignmentType]
    "_Observed",
    [(name, _values(parameter), UNSET) for name, parameter in PARAMETERS.items()],
    bases=(StationDay,),
    module=__name__,
    kw_only=True,
    frozen=True,
)


class PredictionRequest(_Observed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station, a day, and whatever of the day's 21 parameters is known or supposed.

    A parameter that is given replaces what was observed; null replaces it by "unknown"; a parameter that is
    left out is taken from the station's own observation of the day where the service has one.
    """


# Answers wait by the thousand to be logged: the collector is spared them, for nothing in one leads to it.
class Fields(Struct, frozen=True, kw_only=True, gc=False):
    """Where the day's own values came from, by parameter."""

    from_request: Annotated[list[str], Meta(description="Given in the request, or derived from what was")]
    from_snapshot: Annotated[list[str], Meta(description="Observed at the station, and not in the request")]
    missing: Annotated[
        list[str], Meta(description="Usable at this issue time and on this route, and unknown")
    ]
    not_used: Annotated[
        list[str],
        Meta(description="Given, but not used: no predictor, or not at this issue time or on this route"),
    ]


class DriverOfChance(Struct, frozen=True, kw_only=True):
    """One kind of evidence behind the chance of more than 1.0 mm."""

    about: Annotated[str, Meta(description="What it is and where it was seen, in words")]
    log_odds: Annotated[float, Meta(description="What it added to the log odds (tree SHAP)")]
    points: Annotated[
        float, Meta(description="The chance less what it would be without this evidence, -1 to 1")
    ]


class Prediction(Struct, frozen=True, kw_only=True, gc=False):
    """The chances of rain at one station in one window."""

    station: Annotated[str, Meta(description="Key of the station")]
    date: Annotated[date, Meta(description="Day on the station's calendar, on which the forecast is issued")]
    issue: Annotated[Issue, Meta(description=ISSUE)]
    valid_from: Annotated[datetime, Meta(description="Start of the window, station time")]
    valid_to: Annotated[datetime, Meta(description="End of the window, station time")]
    predictand: Annotated[str, Meta(description="The event whose chance `p_gt_1_0` is")]
    p_ge_0_2: Annotated[Chance, Meta(description="Chance of at least 0.2 mm in the window, 0 to 1")]
    p_gt_1_0: Annotated[Chance, Meta(description="Chance of more than 1.0 mm in the window, 0 to 1")]
    p_ge_5_0: Annotated[Chance, Meta(description="Chance of at least 5 mm in the window, 0 to 1")]
    p_ge_10_0: Annotated[Chance, Meta(description="Chance of at least 10 mm in the window, 0 to 1")]
    p_ge_25_0: Annotated[Chance, Meta(description="Chance of at least 25 mm in the window, 0 to 1")]
    climatology_ge_0_2: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    climatology_gt_1_0: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    climatology_ge_5_0: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    climatology_ge_10_0: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    climatology_ge_25_0: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    markov_gt_1_0: Annotated[Chance, Meta(description=MARKOV)]
    route: Annotated[Route, Meta(description=ROUTE)]
    fields: Fields
    model_version: Annotated[int, Meta(description="Version of meteo-rain that answered")]
    snapshot: SnapshotAge
    drivers: Annotated[
        list[DriverOfChance] | None,
        Meta(description="What drove `p_gt_1_0`, largest first, where `explain` was asked for; else null"),
    ] = None

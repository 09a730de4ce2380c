"""Observations as clients see them. Fields and units come from the parameter table."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, defstruct

from meteo_api.snapshot.schemas import SnapshotInService
from meteo_core.parameters import PARAMETERS, Kind, Parameter


class _Day(Struct, frozen=True, kw_only=True):
    date: Annotated[date, Meta(description="Day on the station's calendar")]
    source: Annotated[str, Meta(description="Where it is from: bom_dwo, simulator, drop_folder, archive ...")]
    status: Annotated[
        Literal["final", "provisional"],
        Meta(description="provisional: the day was not over when it was read"),
    ]
    fetched_at: Annotated[datetime, Meta(description="When it was read, UTC")]


def _value(parameter: Parameter) -> Any:
    kind = {Kind.NUMBER: float, Kind.FLAG: bool}.get(parameter.kind, str)
    return Annotated[kind | None, Meta(description=f"{parameter.description}; null for not observed")]


ObservedDay: type[_Day] = defstruct(  # pyright: ignore[reportAssignmentType]
    "ObservedDay",
    [(name, _value(parameter)) for name, parameter in PARAMETERS.items()],
    bases=(_Day,),
    namespace={"__doc__": "What one station observed on one day."},
    module=__name__,
    kw_only=True,
    frozen=True,
)


class StationObservations(Struct, frozen=True, kw_only=True):
    """What a station observed."""

    station: Annotated[str, Meta(description="Key of the station")]
    snapshot: SnapshotInService
    first_day: Annotated[date | None, Meta(description="Oldest day of the station in the snapshot")]
    last_day: Annotated[date | None, Meta(description="Newest day of it")]
    observations: Annotated[
        list[ObservedDay],  # pyright: ignore[reportInvalidTypeForm] (made from the table)
        Meta(description="Newest first, of the dates asked for; days without a row are left out"),
    ]

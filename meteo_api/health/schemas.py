"""State of the service, as whoever watches it sees it."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from meteo_api.model.store import Source
from meteo_api.snapshot.schemas import SnapshotAge


class Alive(Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["alive"] = "alive"
    version: Annotated[str, Meta(description="Version of Meteo")]


class ModelInService(Struct, frozen=True, kw_only=True):
    """The model that answers."""

    version: Annotated[int, Meta(description="Version of meteo-rain")]
    source: Annotated[Source, Meta(description="Registry, or the service's own copy")]
    loaded_at: Annotated[datetime, Meta(description="UTC")]
    age_seconds: Annotated[int, Meta(description="Seconds since it was registered")]
    trained_until: Annotated[date, Meta(description="Last day of training")]


class Readiness(Struct, frozen=True, kw_only=True):
    """The service can answer, perhaps not with the newest."""

    status: Annotated[
        Literal["ready", "degraded"], Meta(description="degraded: it answers, and a person should look")
    ]
    reasons: Annotated[list[str], Meta(description="Why it is degraded")]
    version: Annotated[str, Meta(description="Version of Meteo")]
    model: ModelInService
    snapshot: SnapshotAge

"""A station as clients see it."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct


class StationPlace(Struct, frozen=True, kw_only=True):
    """A place where weather is observed."""

    station: Annotated[str, Meta(description="Key, as other addresses take it: `CoffsHarbour`")]
    name: Annotated[str, Meta(description="Name for people: `Coffs Harbour`")]
    state: Annotated[str, Meta(description="State or territory")]
    latitude: Annotated[float, Meta(description="Degrees north", ge=-90.0, le=90.0)]
    longitude: Annotated[float, Meta(description="Degrees east", ge=-180.0, le=180.0)]
    elevation_m: Annotated[float, Meta(description="Metres above sea level")]
    timezone: Annotated[str, Meta(description="Clock that the station keeps: `Australia/Sydney`")]
    newest_observation: Annotated[
        date | None, Meta(description="Newest day observed, null where the service knows of none")
    ]

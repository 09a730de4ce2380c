"""Forecasts as clients see them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from meteo_api.predictand import CLIMATOLOGY, ISSUE, MARKOV, ROUTE, Chance, Route
from meteo_api.snapshot.schemas import SnapshotInService
from meteo_core.calendar import Issue


class Status(StrEnum):
    """Where the window of a forecast lies at the moment of asking."""

    UPCOMING = "upcoming"
    VALID = "valid"
    EXPIRED = "expired"


class Forecast(Struct, frozen=True, kw_only=True):
    """The chances of rain at one station in one window, as the pipeline made them."""

    station: Annotated[str, Meta(description="Key of the station")]
    date: Annotated[date, Meta(description="Day on the station's calendar, on which it was to be issued")]
    issue: Annotated[Issue, Meta(description=ISSUE)]
    kind: Annotated[
        Literal["issued", "hindcast"], Meta(description="Made on its day, or afterwards for comparison")
    ]
    issued_at: Annotated[datetime, Meta(description="When it was made, station time")]
    valid_from: Annotated[datetime, Meta(description="Start of the window, station time")]
    valid_to: Annotated[datetime, Meta(description="End of the window, station time")]
    status: Annotated[Status, Meta(description="Whether its window is now, over, or still to come")]
    predictand: Annotated[str, Meta(description="The event whose chance `p_gt_1_0` is")]
    p_ge_0_2: Annotated[
        Chance | None,
        Meta(description="Chance of at least 0.2 mm in the window, 0 to 1; null where it was not forecast"),
    ]
    p_gt_1_0: Annotated[Chance, Meta(description="Chance of more than 1.0 mm in the window, 0 to 1")]
    p_ge_5_0: Annotated[
        Chance | None,
        Meta(description="Chance of at least 5 mm in the window, 0 to 1; null where it was not forecast"),
    ]
    p_ge_10_0: Annotated[
        Chance | None,
        Meta(description="Chance of at least 10 mm in the window, 0 to 1; null where it was not forecast"),
    ]
    p_ge_25_0: Annotated[
        Chance | None,
        Meta(description="Chance of at least 25 mm in the window, 0 to 1; null where it was not forecast"),
    ]
    climatology_ge_0_2: Annotated[Chance | None, Meta(description=CLIMATOLOGY)]
    climatology_gt_1_0: Annotated[Chance, Meta(description=CLIMATOLOGY)]
    climatology_ge_5_0: Annotated[Chance | None, Meta(description=CLIMATOLOGY)]
    climatology_ge_10_0: Annotated[Chance | None, Meta(description=CLIMATOLOGY)]
    climatology_ge_25_0: Annotated[Chance | None, Meta(description=CLIMATOLOGY)]
    markov_gt_1_0: Annotated[Chance, Meta(description=MARKOV)]
    route: Annotated[Route, Meta(description=ROUTE)]
    model_version: Annotated[int, Meta(description="Version of meteo-rain that made it")]
    in_sample: Annotated[
        bool, Meta(description="Whether that version was trained on the outcome: then it proves nothing")
    ]


class NewestForecast(Struct, frozen=True, kw_only=True):
    """The newest forecast of a station, and whether it still speaks of the present."""

    station: Annotated[str, Meta(description="Key of the station")]
    stale: Annotated[
        bool, Meta(description="Whether its window is over, or it is a hindcast: no forecast of now")
    ]
    words: Annotated[str, Meta(description="The same for a person to read")]
    newest_observation: Annotated[date | None, Meta(description="Newest day observed at the station")]
    newest: Annotated[
        Forecast | None,
        Meta(description="Newest that was issued on its day, a hindcast where none was, null without either"),
    ]


class NewestForecasts(Struct, frozen=True, kw_only=True):
    """The newest forecast of every station."""

    snapshot: SnapshotInService
    forecasts: list[NewestForecast]


class StationForecasts(NewestForecast, frozen=True, kw_only=True):
    """Newest and past forecasts of a station."""

    snapshot: SnapshotInService
    forecasts: Annotated[list[Forecast], Meta(description="Newest first, of the dates asked for")]

"""Addresses of observations."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter

from meteo_api.observations.schemas import StationObservations
from meteo_api.observations.service import ObservationService
from meteo_api.problems import documented


class ObservationController(Controller):
    """Observations."""

    path = "/observations"
    tags = ("observations",)

    @get(
        "/{station:str}",
        operation_id="list_observations_of_station",
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
            kept=True,
        ),
        sync_to_thread=False,
    )
    def list_of_station(
        self,
        observations: NamedDependency[ObservationService],
        station: Annotated[
            str, PathParameter(description="Key of the station", examples=[Example(value="Sydney")])
        ],
        from_: Annotated[date | None, QueryParameter(name="from", description="First date, included")] = None,
        to: Annotated[date | None, QueryParameter(name="to", description="Last date, included")] = None,
    ) -> StationObservations:
        """What a station observed, newest first, with source and status of each day.

        The last 14 days; with `from` or `to` as many as the snapshot holds.
        """
        return observations.of_station(station, first=from_, last=to)

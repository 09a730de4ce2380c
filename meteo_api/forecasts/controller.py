"""Addresses of issued forecasts."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from meteo_api.forecasts.schemas import NewestForecasts, StationForecasts
from meteo_api.forecasts.service import ForecastService
from meteo_api.problems import documented
from meteo_core.calendar import Issue

IssueAsked = Annotated[Issue | None, QueryParameter(name="issue", description="Issue time, both if left out")]


class ForecastController(Controller):
    """Issued forecasts."""

    path = "/forecasts"
    tags = ("forecasts",)

    @get(
        operation_id="list_newest_forecasts",
        responses=documented(
            HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE, kept=True
        ),
        sync_to_thread=False,
    )
    def list_newest(
        self, forecasts: NamedDependency[ForecastService], issue: IssueAsked = None
    ) -> NewestForecasts:
        """The newest forecast of every station, each with whether it is valid now.

        One that was issued on its day, wherever there is any; else the newest hindcast, marked, and stale.
        """
        return forecasts.newest(issue=issue)

    @get(
        "/{station:str}",
        operation_id="list_forecasts_of_station",
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
        forecasts: NamedDependency[ForecastService],
        station: Annotated[str, PathParameter(description="Key of the station: `Sydney`")],
        from_: Annotated[date | None, QueryParameter(name="from", description="First date, included")] = None,
        to: Annotated[date | None, QueryParameter(name="to", description="Last date, included")] = None,
        issue: IssueAsked = None,
    ) -> StationForecasts:
        """Newest and past forecasts of a station, newest first.

        Those of the last 14 days; with `from` or `to` as many as the snapshot holds, which are 60 days. The
        newest is given whatever dates are asked for.
        """
        return forecasts.of_station(station, first=from_, last=to, issue=issue)

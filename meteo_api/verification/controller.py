"""Addresses of verification."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from meteo_api.predictand import Threshold
from meteo_api.problems import documented
from meteo_api.verification.schemas import Verification
from meteo_api.verification.scores import Group
from meteo_api.verification.service import VerificationService
from meteo_core.calendar import Issue


class VerificationController(Controller):
    """How good forecasts have been."""

    path = "/verification"
    tags = ("verification",)

    @get(
        operation_id="list_verification",
        responses=documented(
            HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE, kept=True
        ),
        sync_to_thread=False,
    )
    def list_verification(
        self,
        verification: NamedDependency[VerificationService],
        station: Annotated[
            str | None, QueryParameter(name="station", description="Key of a station: its rows alone")
        ] = None,
        issue: Annotated[Issue | None, QueryParameter(name="issue", description="Issue time")] = None,
        threshold: Annotated[
            Threshold | None, QueryParameter(name="threshold", description="Rule for calling a day wet")
        ] = None,
        group: Annotated[
            Group | None, QueryParameter(name="group", description="What the rows are to tell apart")
        ] = None,
    ) -> Verification:
        """Scores of forecasts against what came: overall, by kind, station, season and month.

        Only forecasts are scored that were issued on their day, or made by a model that had not seen it.
        """
        return verification.scores(station=station, issue=issue, threshold=threshold, group=group)

"""Address of drift."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from meteo_api.drift.schemas import Drift
from meteo_api.drift.service import DriftService
from meteo_api.problems import documented


class DriftController(Controller):
    """Drift."""

    path = "/drift"
    tags = ("drift",)

    @get(
        operation_id="get_drift",
        responses=documented(
            HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE, kept=True
        ),
        sync_to_thread=False,
    )
    def get_drift(
        self,
        drift: NamedDependency[DriftService],
        week: Annotated[
            date | None,
            QueryParameter(
                name="week", description="Sunday that begins a week with a report; the newest if left out"
            ),
        ] = None,
    ) -> Drift:
        """Whether the weather of 30 days looks like its season: score, threshold and verdict by parameter."""
        return drift.of_week(week)

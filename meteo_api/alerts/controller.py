"""Address of alerts."""

from http import HTTPStatus

from litestar import Controller, get
from litestar.di import NamedDependency

from meteo_api.accounts.guards import SignedInRequest
from meteo_api.alerts.schemas import AlertsTold
from meteo_api.alerts.service import AlertService
from meteo_api.problems import documented


class AlertController(Controller):
    """Alerts."""

    path = "/alerts"
    tags = ("alerts",)

    @get(
        operation_id="list_alerts",
        responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
        sync_to_thread=True,
    )
    def list_alerts(self, request: SignedInRequest, alerts: NamedDependency[AlertService]) -> AlertsTold:
        """What is wrong with pipeline, source, forecasts or weather, and what was in the last 30 days.

        Administrators also see which messages about it are sent, and which wait.
        """
        return alerts.listed(request.user)

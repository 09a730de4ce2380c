"""Address that a gateway asks."""

from http import HTTPStatus

from litestar import Controller, get

from meteo_api.accounts.guards import requires_admin


class GateController(Controller):
    """Who asks, for a gateway (`forward_auth`) that guards Dagster, MLflow and Grafana."""

    path = "/gate"
    include_in_schema = False

    @get("/administrator", status_code=HTTPStatus.NO_CONTENT, guards=[requires_admin], sync_to_thread=False)
    def administrator(self) -> None:
        """204 for an administrator; the sign-in page for a stranger, and back from there; 403 for others."""

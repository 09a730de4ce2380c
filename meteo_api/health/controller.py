"""Addresses that watchers ask."""

from http import HTTPStatus

from litestar import Controller, get
from litestar.di import NamedDependency

from meteo_api.health.schemas import Alive, Readiness
from meteo_api.health.service import HealthService
from meteo_api.problems import documented


class HealthController(Controller):
    """Health. Open to everyone who reaches the port."""

    path = "/health"
    tags = ("health",)
    opt = {"open": True}  # noqa: RUF012 (Litestar's own name)
    security = ({},)

    @get("/live", operation_id="get_liveness", sync_to_thread=False)
    def live(self, health: NamedDependency[HealthService]) -> Alive:
        """The process answers. Restart it when this fails."""
        return health.alive()

    @get(
        "/ready",
        operation_id="get_readiness",
        responses=documented(HTTPStatus.SERVICE_UNAVAILABLE, open=True),
        sync_to_thread=False,
    )
    def ready(self, health: NamedDependency[HealthService]) -> Readiness:
        """The service can answer: with what, how old it is, and what is not as it should be."""
        return health.readiness()

"""Address that Prometheus asks."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


class MetricsController(Controller):
    """Metrics. Open to everyone who reaches the port; a gateway lets nobody through to it."""

    path = "/metrics"

    @get(operation_id="get_metrics", include_in_schema=False, sync_to_thread=False, open=True)
    def metrics(self, metrics: NamedDependency[CollectorRegistry]) -> Response[bytes]:
        """All series, in Prometheus' text format."""
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

"""The process that Prometheus asks about the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, start_http_server
from prometheus_client.registry import Collector

from meteo_assets.exporter.alerts import AlertState
from meteo_assets.exporter.collector import PipelineState
from meteo_assets.exporter.graph import read_graph
from meteo_assets.instance import opened_instance
from meteo_assets.settings import Settings
from meteo_core.errors import MeteoError


class CannotListen(MeteoError):
    """The exporter's address is taken, or none of this machine's."""


@contextmanager
def exporting(settings: Settings, *, host: str | None = None, port: int | None = None) -> Iterator[str]:
    """Answer at `/metrics` within the `with` block, by default where the settings say; gives the address.

    Raises `CannotListen`, `UnusableDatabase`.
    """
    host = settings.exporter_host if host is None else host
    port = settings.exporter_port if port is None else port
    with opened_instance(settings) as instance:
        alerts = AlertState(settings.service_database_url)
        registry = registry_of(PipelineState(instance, read_graph(settings)), alerts)
        try:
            server, thread = start_http_server(port, addr=host, registry=registry)
        except OSError as error:
            raise CannotListen(f"the exporter cannot listen on {host}, port {port}: {error}") from error
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def registry_of(*collectors: Collector) -> CollectorRegistry:
    """The pipeline's series, and those of the exporter's own process."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry

"""How often clients ask for a station that there is not."""

from collections.abc import Iterator

from litestar.types import Scope
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from meteo_api.errors import InvalidRequest, NoSuchStation
from meteo_core.errors import UnknownStation


class UnknownStations(Collector):
    """One number, whatever they are called: a name that a stranger gives is no label."""

    def __init__(self) -> None:
        self._asked = 0

    async def note(self, error: Exception, scope: Scope) -> None:  # noqa: ARG002 (Litestar's signature)
        """Called with every error that becomes an answer; in a batch each such row that it names counts."""
        if isinstance(error, UnknownStation):
            self._asked += 1
        elif isinstance(error, InvalidRequest):
            self._asked += sum(isinstance(field, NoSuchStation) for field in error.errors)

    def collect(self) -> Iterator[Metric]:
        """The number so far."""
        yield CounterMetricFamily(
            "meteo_unknown_stations", "Stations that were asked for and do not exist", value=self._asked
        )

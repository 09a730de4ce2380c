"""What can go wrong between the service and Dagster."""

from meteo_api.errors import NotReady
from meteo_core.errors import MeteoError


class DagsterAway(NotReady):
    """Dagster does not answer, or cannot do now what it was asked for."""

    def __init__(self, reason: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(reason, retry_after_seconds=retry_after_seconds)


class UnknownRun(MeteoError):
    """A run that Dagster does not have."""


class RunHasEnded(MeteoError):
    """A run that cannot be cancelled any more."""

"""Where the state lives: one folder, one name for each thing in it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """Layout of the state folder (`METEO_HOME`)."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """The DuckDB file with all tables."""
        return self.root / "meteo.duckdb"

    @property
    def lake(self) -> Path:
        """Files of the tables where they are a lake and no other place is named."""
        return self.root / "lake"

    @property
    def landing(self) -> Path:
        """Documents exactly as received, compressed, named by their SHA-256; what a source said of itself."""
        return self.root / "landing"

    @property
    def serving(self) -> Path:
        """What the pipeline publishes for the service."""
        return self.root / "serving"

    @property
    def model_cache(self) -> Path:
        """The service's own copy of the champion, for days when the registry is away."""
        return self.root / "model-cache"

    @property
    def mlflow(self) -> Path:
        """Experiment tracking database and model artifacts."""
        return self.root / "mlflow"

    @property
    def dagster(self) -> Path:
        """Runs, events, schedules and logs of the orchestrator."""
        return self.root / "dagster"

    @property
    def drift(self) -> Path:
        """Drift reports for people to read."""
        return self.root / "drift"

    @property
    def service_database(self) -> Path:
        """Users, sign-ins, audit and what was asked: the service's own, an SQLite file."""
        return self.root / "service.db"

    @property
    def secret(self) -> Path:
        """The secret that sign-ins rest on, where no other is given."""
        return self.root / "secret"

"""Settings of the pipeline: environment variables `METEO_*`, read when asked for, never at import."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from meteo_core.home import Home


class SourceName(StrEnum):
    """Where observations come from."""

    SIMULATOR = "simulator"
    BUREAU = "bom_dwo"
    DROP_FOLDER = "drop_folder"


class Settings(BaseSettings):
    """What an operator may set. Each name is an environment variable with the prefix `METEO_`."""

    model_config = SettingsConfigDict(
        env_prefix="METEO_", env_file=".env", extra="ignore", populate_by_name=True
    )

    home_dir: Annotated[Path, Field(alias="METEO_HOME")] = Path("data")
    """State folder."""
    mlflow_uri: str | None = None
    """Tracking server or database; default: a SQLite file in the state folder."""
    source: SourceName = SourceName.SIMULATOR
    source_url: str | None = None
    """Site to fetch from. The simulator needs none: it serves on a free loopback port while it is asked."""
    simulator_seed: int = 2007
    """Another seed is another Australia."""
    drop_folder: Path | None = None
    """Folder of monthly files saved by hand."""
    accept_bureau_terms: bool = False
    """The Bureau's terms forbid scraping; its site is asked only where an operator says that they may."""
    contact: str | None = None
    """E-mail address or page named in requests to the Bureau."""
    database_url: Annotated[str | None, Field(repr=False)] = None
    """Database of the service, whose log of predictions is collected; by default an SQLite file."""
    prediction_log_days: Annotated[int, Field(ge=1)] = 60
    """Days that the service keeps predictions which the warehouse has too."""

    git_sha: str | None = None
    """Commit of the code, for images without git."""

    @property
    def home(self) -> Home:
        """Layout of the state folder, as an absolute path."""
        return Home(self.home_dir.resolve())

    @property
    def registry_uri(self) -> str:
        """Where MLflow keeps runs and models."""
        return self.mlflow_uri or f"sqlite:///{self.home.mlflow / 'mlflow.db'}"

    @property
    def service_database_url(self) -> str:
        """Where the service keeps its log of predictions."""
        return self.database_url or f"sqlite:///{self.home.service_database}"

"""Settings of the pipeline: environment variables `METEO_*`, read when asked for, never at import."""

from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from meteo_assets.broker_settings import BrokerSettings
from meteo_assets.warehouse_settings import WarehouseSettings
from meteo_core.alerts.channels import Tls
from meteo_core.alerts.notice import Form
from meteo_core.home import Home
from meteo_core.warehouse import Warehouse


class SourceName(StrEnum):
    """Where observations come from."""

    SIMULATOR = "simulator"
    BUREAU = "bom_dwo"
    DROP_FOLDER = "drop_folder"


class Settings(WarehouseSettings, BrokerSettings):
    """What an operator may set. Each name is an environment variable with the prefix `METEO_`."""

    model_config = SettingsConfigDict(
        env_prefix="METEO_",
        env_file=".env",
        # As Compose gives what is not set.
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
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

    alert_email_to: Annotated[tuple[str, ...], NoDecode] = ()
    """Mailboxes that alerts go to, with commas between; none: no e-mail."""
    alert_email_from: str | None = None
    """Address that alerts come from; by default the first of `alert_email_to`."""
    smtp_host: str | None = None
    """Mail server. Needed where there is a mailbox."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Its port; by default 587 with STARTTLS, 465 with TLS, 25 without."""
    smtp_tls: Tls = Tls.STARTTLS
    """How the connection to it is kept private: starttls, tls or none."""
    smtp_user: str | None = None
    """Name to sign in with at the mail server, where it asks for one."""
    smtp_password: SecretStr | None = None
    """Its password."""
    smtp_password_file: Path | None = None
    """File that holds the password, instead."""
    alert_webhook_url: SecretStr | None = None
    """Address that alerts are posted to. Whoever knows it can post there too, so it is a secret."""
    alert_webhook_url_file: Path | None = None
    """File that holds that address, instead."""
    alert_webhook_format: Form = Form.JSON
    """json: all there is to know; slack: what Slack, Mattermost and others take."""
    public_url: str = "http://127.0.0.1:8000"
    """The service's pages as people reach them, for links in alerts."""
    dagster_url: str = "http://127.0.0.1:3000"
    """Dagster's webserver."""
    dagster_link: str | None = None
    """Dagster's pages as an administrator's browser reaches them, for links in alerts; by default those."""
    morning_deadline: time = time(13, 30)
    """Clock time in Sydney by which the day's morning forecast must be there, or there is an alert."""
    evening_deadline: time = time(21, 0)
    """The same of the evening forecast."""
    exporter_host: str = "127.0.0.1"
    """Address on which the pipeline's metrics are told. They name nobody, and whoever reaches it may read."""
    exporter_port: Annotated[int, Field(ge=0, le=65535)] = 8011
    """Its port; 0 takes a free one."""

    dask_scheduler: str | None = None
    """Address of a Dask scheduler, such as tcp://host:8786, whose workers take the heavy steps; none: they
    are done in the process of the run."""
    dagster_home: Path | None = None
    """Folder of a `dagster.yaml` that is used as it is; by default runs are kept in the state folder."""
    git_sha: str | None = None
    """Commit of the code, for images without git."""

    @field_validator("alert_email_to", mode="before")
    @classmethod
    def _split_at_commas(cls, value: Any) -> Any:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @property
    def home(self) -> Home:
        """Layout of the state folder, as an absolute path."""
        return Home(self.home_dir.resolve())

    def tables(self) -> Warehouse:
        """All tables, wherever they are kept; raises as `warehouse_at`."""
        return self.warehouse_in(self.home)

    @property
    def registry_uri(self) -> str:
        """Where MLflow keeps runs and models."""
        return self.mlflow_uri or f"sqlite:///{self.home.mlflow / 'mlflow.db'}"

    @property
    def service_database_url(self) -> str:
        """Where the service keeps its log of predictions."""
        return self.database_url or f"sqlite:///{self.home.service_database}"

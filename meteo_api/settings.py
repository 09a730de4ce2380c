"""Settings of the service: environment variables `METEO_*`, read when asked for, never at import."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from meteo_core.home import Home


class Settings(BaseSettings):
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
    """Model registry; by default the SQLite file in the state folder."""
    api_host: str = "127.0.0.1"
    """Address to listen on. Others than loopback only with `allowed_hosts`."""
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names that clients use, with commas between; those of this machine are always answered."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses of gateways whose word on the client's address and scheme is taken."""
    database_url: Annotated[str | None, Field(repr=False)] = None
    """Service database; by default an SQLite file in the state folder."""
    secret_key: SecretStr | None = None
    """Secret that tokens are signed with, at least 32 bytes."""
    secret_file: Path | None = None
    """File that holds the secret; by default one in the state folder, made at the first start."""
    token_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 30
    """How long a bearer token is good for."""
    session_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12
    """How long a browser stays signed in at most."""
    session_idle_minutes: Annotated[float, Field(gt=1, le=24 * 60)] = 60
    """How long a browser stays signed in without a request."""
    model_cache_dir: Path | None = None
    """Folder of this process's own copy of the champion; by default one in the state folder."""
    model_poll_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often the registry is asked for the champion."""
    snapshot_poll_seconds: Annotated[float, Field(gt=0)] = 2.0
    """How often the serving folder is looked at."""
    alerts_poll_seconds: Annotated[float, Field(gt=0)] = 15.0
    """How often open alerts are counted, for the notice on administrators' pages."""
    dagster_url: str = "http://127.0.0.1:3000"
    """Dagster's webserver, which runs are asked of."""
    dagster_link: str | None = None
    """Dagster's pages as an administrator's browser reaches them; by default the same."""
    mlflow_link: str | None = None
    """MLflow's pages as an administrator's browser reaches them; by default `mlflow_uri` of a server."""
    grafana_url: str | None = None
    """Grafana's pages, where there are any."""
    security_contact: Annotated[str, Field(pattern=r"^(mailto:|https://)\S+$")] | None = None
    """Whom to tell of a weakness, at `/.well-known/security.txt`: an address with `mailto:` or `https:`."""
    max_batch: Annotated[int, Field(ge=1)] = 10_000
    """Most prediction requests in one body."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 16_000_000
    """Largest request body; a batch of `max_batch` with every parameter takes about a third of it."""
    prediction_log_waiting: Annotated[int, Field(ge=1)] = 100_000
    """Most predictions that wait for the service database while it is away, about 2 kB each."""

    @field_validator("allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split_at_commas(cls, value: Any) -> Any:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @property
    def home(self) -> Home:
        """Layout of the state folder, as an absolute path."""
        return Home(self.home_dir.resolve())

    @property
    def registry_uri(self) -> str:
        """Address of the model registry."""
        return self.mlflow_uri or f"sqlite:///{self.home.mlflow / 'mlflow.db'}"

    @property
    def service_database_url(self) -> str:
        """Address of the service database."""
        return self.database_url or f"sqlite:///{self.home.service_database}"

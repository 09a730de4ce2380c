"""Settings of the broker, through which runs reach the runners; see `meteo_assets/runners`."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from meteo_assets.secret_settings import secret_of
from meteo_core.errors import MeteoError


class BrokerNotNamed(MeteoError):
    """Runs are for runners, and nothing says where their broker is."""


class BrokerSettings(BaseSettings):
    """What an operator may set about the broker. Part of `Settings`; read alone where that is enough."""

    model_config = SettingsConfigDict(
        env_prefix="METEO_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    broker: Annotated[str | None, Field(repr=False)] = None
    """Redis that hands runs to runners, such as redis://host:6379/0; none: runs stay with the code server."""
    broker_password: SecretStr | None = None
    """Its password."""
    broker_password_file: Path | None = None
    """File that holds that password, instead."""

    def broker_address(self) -> str:
        """Address with the password in it: for Celery, never to be shown.

        Raises `BrokerNotNamed` and `UnreadableSecret`.
        """
        if self.broker is None:
            raise BrokerNotNamed(
                "runs are for runners here (run_launcher in dagster.yaml), and METEO_BROKER does not say "
                "where their broker is: set it, such as redis://broker:6379/0"
            )
        password = secret_of(
            self.broker_password, self.broker_password_file, setting="METEO_BROKER_PASSWORD_FILE"
        )
        scheme, _, place = self.broker.partition("://")
        return self.broker if password is None else f"{scheme}://:{quote(password, safe='')}@{place}"

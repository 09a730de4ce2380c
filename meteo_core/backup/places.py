"""Where the parts of a state are, and how each is called in a backup."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from meteo_core.errors import MeteoError
from meteo_core.home import Home

SERVICE: Final = "service"
"""Name of the service database where it is PostgreSQL."""
MLFLOW: Final = "mlflow"
"""Name of MLflow's database where it is PostgreSQL and the settings name it."""


@dataclass(frozen=True)
class Places:
    """A state: one folder, and the PostgreSQL databases that hold what is not in it."""

    home: Home
    postgresql: dict[str, str]
    """Addresses by name, such as `SERVICE`; empty on one machine."""

    @classmethod
    def named(
        cls, home: Home, *, service_database_url: str, registry_uri: str, others: dict[str, str] | None = None
    ) -> "Places":
        """Places that settings name; `others` are further PostgreSQL databases, such as Dagster's.

        Raises `OutsideTheFolder` for an SQLite file that does not lie in the state folder.
        """
        addresses = {SERVICE: service_database_url, MLFLOW: registry_uri, **(others or {})}
        servers = {}
        for name, address in addresses.items():
            if address.startswith(("http://", "https://")):
                continue  # a tracking server: its database is one of the others, or kept by whoever runs it
            url = make_url(address)
            if url.get_backend_name() == "postgresql":
                servers[name] = address
            elif not _is_in(Path(url.database or ""), home.root):
                raise OutsideTheFolder(
                    f"the database of {name}, {url.database}, is not in the state folder {home.root}: "
                    "move it there, or keep it in PostgreSQL"
                )
        return cls(home, servers)


class OutsideTheFolder(MeteoError):
    """A file that belongs to the state and lies elsewhere."""


def _is_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())

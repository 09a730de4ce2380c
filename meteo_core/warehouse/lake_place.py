"""Where a lake is: a catalog that knows which files make up each table, and the files themselves."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from meteo_core.warehouse.errors import WarehouseError

SCHEME: Final = "ducklake:"
"""What the address of a lake begins with."""
CONNECT_SECONDS: Final = 10
"""How long a catalog's server is waited for."""


@dataclass(frozen=True)
class ObjectStore:
    """A store that speaks S3. Without a key, what the machine itself is allowed."""

    endpoint: str | None = None
    """Such as `https://s3.example.org` or `http://127.0.0.1:8333`; None: Amazon's."""
    region: str = "us-east-1"
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class LakePlace:
    """A lake as settings name it: `ducklake:postgresql://user@host/database`, or `ducklake:FILE`."""

    address: str = field(repr=False)
    """May hold a password."""
    data: str | None = None
    """Folder, or `s3://bucket/prefix`, of the Parquet files; None: where the catalog says that they are."""
    password: str | None = field(default=None, repr=False)
    """Of the catalog's server, where the address holds none; else libpq looks for one itself."""
    objects: ObjectStore = ObjectStore()

    @cached_property
    def server(self) -> URL | None:
        """The catalog in PostgreSQL; None where it is a file. Raises `WarehouseError`."""
        named = self.address.removeprefix(SCHEME)
        if not self.address.startswith(SCHEME) or not named:
            raise WarehouseError(
                "METEO_WAREHOUSE names no place of a warehouse: leave it empty for the file in the state "
                "folder, or give ducklake:postgresql://USER@HOST/DATABASE or ducklake:FILE"
            )
        if "://" not in named:
            return None
        try:
            url = make_url(named)
        except (ArgumentError, ValueError):  # its words would repeat the address, password and all
            raise WarehouseError("METEO_WAREHOUSE: what follows ducklake: is no address") from None
        if url.get_backend_name() not in ("postgresql", "postgres"):
            raise WarehouseError(f"METEO_WAREHOUSE: a catalog is in PostgreSQL or a file, not in {url!r}")
        url = url.set(drivername="postgresql+psycopg2")
        return url.set(password=self.password) if self.password else url

    @property
    def file(self) -> Path:
        """The catalog where it is a file."""
        return Path(self.address.removeprefix(SCHEME)).absolute()

    @property
    def words(self) -> str:
        """The address without a password."""
        if self.server is None:
            return f"{SCHEME}{self.file}"
        return f"{SCHEME}{self.server.set(drivername='postgresql')!r}"

    @property
    def is_remote(self) -> bool:
        """Whether the files are in an object store."""
        return self.data is not None and self.data.startswith("s3://")

    def secrets(self, prefix: str) -> dict[str, str]:
        """DuckDB's statements that make known who we are, by the secret's name."""
        made = {}
        if self.server is not None:
            url = self.server
            host = url.host or url.query.get("host")
            made[f"{prefix}_catalog"] = _secret(
                f"{prefix}_catalog",
                "postgres",
                HOST=str(host) if host else None,
                PORT=str(url.port) if url.port else None,
                DATABASE=url.database,
                USER=url.username,
                PASSWORD=str(url.password) if url.password else None,
            )
        parts = urlsplit(self.objects.endpoint or "")
        if self.objects.key_id or self.objects.endpoint:
            made[f"{prefix}_objects"] = _secret(
                f"{prefix}_objects",
                "s3",
                SCOPE=self.data if self.is_remote else "s3://",
                REGION=self.objects.region,
                KEY_ID=self.objects.key_id,
                SECRET=self.objects.secret,
                ENDPOINT=parts.netloc or None,
                URL_STYLE="path" if parts.netloc else None,
                USE_SSL="false" if parts.scheme == "http" else None,
            )
        return made

    def attach(self, name: str, *, secrets_prefix: str, options: list[str]) -> str:
        """DuckDB's statement that opens the lake under a name."""
        if self.data is not None:
            options = [*options, f"DATA_PATH {quoted(self._data_path)}"]
        if self.server is None:
            return f"ATTACH {quoted(f'ducklake:{self.file}')} AS {name} ({', '.join(options)})"
        # What PostgreSQL's library may be told besides, such as sslmode.
        besides = {k: v for k, v in self.server.query.items() if k != "host" or self.server.host}
        told = " ".join(f"{k}='{v}'" for k, v in {"connect_timeout": CONNECT_SECONDS, **besides}.items())
        options = [f"META_SECRET '{secrets_prefix}_catalog'", *options]
        return f"ATTACH {quoted(f'ducklake:postgres:{told}')} AS {name} ({', '.join(options)})"

    @property
    def _data_path(self) -> str:
        data = self.data or ""
        return data if self.is_remote else f"{Path(data).absolute()}/"


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _secret(name: str, kind: str, **said: str | None) -> str:
    told = ", ".join(f"{key} {quoted(value)}" for key, value in said.items() if value is not None)
    return f"CREATE OR REPLACE SECRET {name} (TYPE {kind}, {told})"

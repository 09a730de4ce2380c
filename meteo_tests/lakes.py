"""Lakes for tests: catalogs in a real PostgreSQL, each a copy of one that was made once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2

from meteo_core.warehouse import Lake, LakePlace, ObjectStore, Warehouse
from meteo_tests.postgresql import postgresql

_MADE = "made_once"


@dataclass
class Lakes:
    """A PostgreSQL in which catalogs are made."""

    server: str
    """Address of its empty database, for libpq."""
    made: Path
    """Folder of the files of the lake that all others are copies of."""
    _numbers: count = field(default_factory=count)

    def address(self, folder: Path) -> str:
        """Address of a new lake that has its tables already, its files in the folder `lake`."""
        name = f"lake_{next(self._numbers)}"
        self._run(self.server, f"CREATE DATABASE {name} TEMPLATE {_MADE}")
        shutil.copytree(self.made / "lake", folder / "lake")
        address = self.database(name)
        self._run(address, f"UPDATE ducklake_metadata SET value = '{folder}/lake/' WHERE key = 'data_path'")
        return f"ducklake:{address}"

    def empty(self) -> str:
        """Address of a lake that nobody has made yet."""
        name = f"lake_{next(self._numbers)}"
        self._run(self.server, f"CREATE DATABASE {name}")
        return f"ducklake:{self.database(name)}"

    def database(self, name: str) -> str:
        """Address of a database on the server."""
        parts = urlsplit(self.server)
        host = parse_qs(parts.query)["host"][0]
        return f"postgresql://{parts.username}@/{name}?host={host}"

    def prepare(self) -> None:
        """Make the lake that all others are copies of."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._run(self.server, f"ALTER SYSTEM SET {setting} = off")  # nobody keeps what is tested
        self._run(self.server, "SELECT pg_reload_conf()")
        self._run(self.server, f"CREATE DATABASE {_MADE}")
        lake_at(f"ducklake:{self.database(_MADE)}", self.made).query("SELECT 1")

    def _run(self, address: str, sql: str) -> None:
        connection = psycopg2.connect(address)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()


def lake_at(address: str, folder: Path, *, data: str | None = None, **objects: str) -> Warehouse:
    """The warehouse in a lake."""
    place = LakePlace(address, data=data or str(folder / "lake"), objects=ObjectStore(**objects))
    return Warehouse(Lake(place))


def opened_warehouse(address: str | None, folder: Path) -> Warehouse:
    """The warehouse at an address, as a process of its own would open it."""
    return Warehouse(folder / "meteo.duckdb") if address is None else lake_at(address, folder)


@contextmanager
def running_lakes(folder: Path) -> Iterator[Lakes]:
    """A server for the time of the `with` block."""
    with postgresql() as url:
        lakes = Lakes(url.replace("+psycopg2", ""), made=folder)
        lakes.prepare()
        yield lakes

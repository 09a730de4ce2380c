"""DuckDB with what it takes to read a lake, loaded from installed wheels: no network is asked."""

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Final

import duckdb

from meteo_core.warehouse.errors import WarehouseError

EXTENSIONS: Final = ("ducklake", "httpfs", "postgres_scanner")


@lru_cache(maxsize=1)
def engine(process: int) -> duckdb.DuckDBPyConnection:  # noqa: ARG001
    """The one DuckDB of a process, by the process's number: a copy made by fork must not use it.

    It holds nothing; each piece of work attaches the lake to it and lets go. Loading takes 0.3 s, so it is
    done once. Raises `WarehouseError` where the extensions are not installed.
    """
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    for name in EXTENSIONS:
        connection.execute(f"LOAD '{_file(name)}'")
    return connection


def _file(extension: str) -> Path:
    found = importlib.util.find_spec(f"duckdb_extension_{extension}")
    files = [] if found is None or found.origin is None else Path(found.origin).parent.glob("extensions/*/*")
    for file in files:
        if file.parent.name == f"v{duckdb.__version__}":
            return file
    raise WarehouseError(
        f"a lake takes DuckDB's extension {extension} for DuckDB {duckdb.__version__}, which is not "
        "installed: pip install 'meteo[scale]'"
    )

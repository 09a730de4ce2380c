"""How measurements are shown."""

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

ARCHIVE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "weatherAUS.csv.gz"
"""The real archive; METEO_BENCH_ARCHIVE names another place."""


def archive() -> Path:
    """Where the real archive is; raises FileNotFoundError that says how to name it."""
    path = Path(os.environ.get("METEO_BENCH_ARCHIVE", ARCHIVE))
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there: set METEO_BENCH_ARCHIVE to a weatherAUS.csv, plain or gzipped"
        )
    return path


def machine() -> str:
    """The machine and the code that are measured."""
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"commit {commit()[:7]}"
    )


def commit() -> str:
    """Commit of the code that is measured, marked where files differ from it."""
    sha = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"], capture_output=True, text=True, check=False
    )
    return sha.stdout.strip() or "unknown"


def show(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table of measurements."""
    table = Table()
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(width=110).print(table)

"""The option that names the state folder."""

import os
from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="State folder. Default: METEO_HOME, or ./data.", show_default=False),
]


def use(home: Path | None) -> None:
    """Make the state folder known to everything in this process and its children."""
    if home is not None:
        os.environ["METEO_HOME"] = str(home.resolve())

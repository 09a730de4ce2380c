"""`python -m meteo_api`: the service with settings from the environment."""

import sys

from meteo_api.server import serve
from meteo_api.settings import Settings
from meteo_core.errors import MeteoError


def main() -> None:
    """Serve, or say in one line why not."""
    try:
        serve(Settings())
    except MeteoError as error:
        sys.exit(f"meteo_api: {error}")


if __name__ == "__main__":
    main()

"""`python -m meteo_api`: the service with settings from the environment."""

import sys

from pydantic import ValidationError
from pydantic_settings import SettingsError

from meteo_api.server import serve
from meteo_api.settings import Settings
from meteo_api.wrong_settings import wrong_settings
from meteo_core.errors import MeteoError


def main() -> None:
    """Serve, or say why not: in a line, or one for each setting that is wrong."""
    try:
        serve(Settings())
    except (ValidationError, SettingsError) as error:
        sys.exit("\n".join(f"meteo_api: {name}: {why}" for name, why in wrong_settings(error).items()))
    except (MeteoError, OSError) as error:
        sys.exit(f"meteo_api: {error}")


if __name__ == "__main__":
    main()

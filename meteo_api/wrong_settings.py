"""Settings that cannot be, by the names that an operator knows them by."""

import re
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_settings import SettingsError

PREFIX: Final = "METEO_"
_FIELD: Final = re.compile(r'field "(\w+)"')


def wrong_settings(error: ValidationError | SettingsError) -> Mapping[str, str]:
    """What is wrong, by environment variable. The values themselves, which may be secrets, are not told."""
    if isinstance(error, SettingsError):  # no JSON where it has to be
        field = _FIELD.search(str(error))
        return {variable(field[1] if field else "*"): "cannot be read: JSON is expected"}
    return {
        variable(str(fault["loc"][0])) if fault["loc"] else f"{PREFIX}*": fault["msg"]
        for fault in error.errors(include_input=False, include_url=False)
    }


def variable(field: str) -> str:
    """Environment variable of a field of settings."""
    return field if field.startswith(PREFIX) else f"{PREFIX}{field.upper()}"

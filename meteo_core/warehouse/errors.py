"""What goes wrong with the warehouse."""

from meteo_core.errors import MeteoError


class WarehouseError(MeteoError):
    """The warehouse cannot be used as it is."""

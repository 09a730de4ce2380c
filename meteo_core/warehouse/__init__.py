"""The tables, and the only code that opens them."""

from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.warehouse import Warehouse

__all__ = ["Warehouse", "WarehouseError"]

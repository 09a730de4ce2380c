"""The tables, and the only code that opens them."""

from meteo_core.warehouse.warehouse import Warehouse, WarehouseError

__all__ = ["Warehouse", "WarehouseError"]

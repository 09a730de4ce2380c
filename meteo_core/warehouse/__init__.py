"""The tables, and the only code that opens them."""

from meteo_core.warehouse.errors import WarehouseError
from meteo_core.warehouse.lake import Lake
from meteo_core.warehouse.lake_place import SCHEME, LakePlace, ObjectStore
from meteo_core.warehouse.store import Upkeep, Window
from meteo_core.warehouse.warehouse import Warehouse

__all__ = ["SCHEME", "Lake", "LakePlace", "ObjectStore", "Upkeep", "Warehouse", "WarehouseError", "Window"]

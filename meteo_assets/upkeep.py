"""Beside the stages: looking after the place of the tables."""

import dagster as dg

from meteo_assets.settings import Settings
from meteo_core.warehouse import Warehouse


@dg.asset(group_name="upkeep", kinds={"duckdb"}, owners=["team:meteo"], pool="duckdb")
def warehouse_upkeep(
    warehouse: dg.ResourceParam[Warehouse], settings: dg.ResourceParam[Settings]
) -> dg.MaterializeResult:
    """Many small files of a lake made few, and snapshots older than `METEO_LAKE_KEEP_DAYS` days dropped.

    What was observed stays readable as of any moment: its revisions are rows, not snapshots. A warehouse
    that is a single file has its log written into it, and that is all.
    """
    done = warehouse.tend(keep=settings.lake_keep)
    return dg.MaterializeResult(
        metadata={
            "what": done.says,
            "place": warehouse.place,
            "files_before": done.files_before,
            "files_after": done.files_after,
            "files_removed": done.files_removed,
            "snapshots_dropped": done.snapshots_dropped,
            "snapshots_kept": done.snapshots_kept,
        }
    )

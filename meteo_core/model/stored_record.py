"""The record in the warehouse, as a training reads it."""

from datetime import date

import pandas as pd

from meteo_core.model.record import Record
from meteo_core.warehouse import Warehouse


def stored_record(warehouse: Warehouse, last: date, *, days_at_once: int) -> Record:
    """All days up to `last`: held in memory where one window holds them, else read window by window.

    Raises `WarehouseError` where there are no features or labels yet.
    """
    days = warehouse.read("features.daily", None, last, columns=["date"])["date"]
    first = days.min()
    if pd.isna(first) or (pd.Timestamp(last) - first).days < days_at_once:
        features = warehouse.read("features.daily", None, last)
        return Record.of(features, warehouse.read("labels.daily", None, last))

    def stations_of(first: pd.Timestamp, last: pd.Timestamp) -> list[str]:
        asked = "SELECT DISTINCT station FROM features.daily WHERE date BETWEEN ? AND ? ORDER BY station"
        return list(warehouse.query(asked, [first.date(), last.date()])["station"])

    return Record(
        features=lambda first, last: warehouse.read("features.daily", first.date(), last.date()),
        labels=lambda first, last: warehouse.read("labels.daily", first.date(), last.date()),
        stations_of=stations_of,
        first=first,
        last=days.max(),
        days_at_once=days_at_once,
    )

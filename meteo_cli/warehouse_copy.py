"""A copy of the warehouse as the command line shows it: tables as they are copied, then side by side."""

import time
from collections.abc import Sequence

from rich.table import Table

from meteo_assets.settings import Settings
from meteo_cli.console import console
from meteo_core.warehouse import Warehouse
from meteo_core.warehouse.copying import CopiedTable, copy_tables


def copy_and_show(source: str, target: str, *, data: str | None, replace: bool, dry_run: bool) -> bool:
    """Copy, and show what is in either place; gives whether it is the same (true of a dry run)."""
    settings, began = Settings(), time.monotonic()
    here, there = settings.warehouse_at(source, data=None), _target(settings, target, data)
    console.print(f"From {here.place}\nto   {there.place}", markup=False)
    copied = copy_tables(here, there, replace=replace, dry_run=dry_run, report=_say)
    _show(copied)
    if dry_run:
        console.print("Nothing was written.")
        return True
    different = [table.name for table in copied if not table.is_same]
    if different:
        console.print(f"NOT THE SAME: {', '.join(different)}. Do not use the copy.", style="red")
        return False
    rows = sum(table.source.rows for table in copied)
    console.print(
        f"The same: {rows:,} rows of {len(copied)} tables, in {time.monotonic() - began:.1f} s. "
        f"To use it: METEO_WAREHOUSE={there.place}"
        if target.startswith("ducklake:")
        else f"The same: {rows:,} rows of {len(copied)} tables, in {time.monotonic() - began:.1f} s.",
        markup=False,
    )
    return True


def _target(settings: Settings, address: str, data: str | None) -> Warehouse:
    """A lake that is there knows where its files are; a new one has to be told."""
    if data is None:
        known = settings.warehouse_at(address, data=None)
        if known.is_there():
            return known
    return settings.warehouse_at(address, data=data or settings.lake_data or str(settings.home.lake))


def _say(table: str, rows: int) -> None:
    console.print(f"  {table:<32} {rows:>12,} rows", style="dim", markup=False)


def _show(copied: Sequence[CopiedTable]) -> None:
    table = Table()
    for column in ("table", "rows", "rows there", "hash", "hash there", ""):
        table.add_column(column, justify="right" if column.startswith("rows") else "left")
    for each in copied:
        there = each.target
        table.add_row(
            each.name,
            f"{each.source.rows:,}",
            f"{there.rows:,}" if there else "",
            each.source.hash[:16],
            there.hash[:16] if there else "",
            "" if there is None else "same" if each.is_same else "DIFFERS",
        )
    console.print(table)

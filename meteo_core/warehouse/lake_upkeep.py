"""Looking after a lake: many small files become few, and old snapshots make room."""

from datetime import UTC, datetime, timedelta
from typing import Final

import duckdb

from meteo_core.warehouse.store import Upkeep

GRACE: Final = timedelta(days=1)
"""How long a file stays that no snapshot needs any more: a reader that began before may still be at it."""


def tend(connection: duckdb.DuckDBPyConnection, *, keep: timedelta) -> Upkeep:
    """Merge, drop and remove, each in a transaction of its own; what is current stays as it is.

    A table can be read as of any moment of the last `keep`. What was observed can be read as of any moment
    at all: its revisions are rows of what is current, and never removed.
    """
    lake = _name(connection)
    now = datetime.now(UTC)
    before = _files(connection, lake)
    # First files of which most rows were replaced, then small neighbours.
    connection.execute(f"CALL ducklake_rewrite_data_files('{lake}')")
    connection.execute(f"CALL ducklake_merge_adjacent_files('{lake}')")
    dropped = connection.execute(
        f"CALL ducklake_expire_snapshots('{lake}', older_than => ?)", [now - keep]
    ).fetchall()
    removed = connection.execute(
        f"CALL ducklake_cleanup_old_files('{lake}', older_than => ?)", [now - min(keep, GRACE)]
    ).fetchall()
    after = _files(connection, lake)
    kept = len(connection.execute(f"FROM ducklake_snapshots('{lake}')").fetchall())
    return Upkeep(
        says=f"{before} files became {after}; {len(dropped)} snapshots older than {keep.days} days were "
        f"dropped, {kept} are kept; {len(removed)} files that none needs were removed. Revisions of "
        "observations are rows of what is current: none was touched.",
        files_before=before,
        files_after=after,
        files_removed=len(removed),
        snapshots_dropped=len(dropped),
        snapshots_kept=kept,
    )


def _name(connection: duckdb.DuckDBPyConnection) -> str:
    found = connection.execute("SELECT current_database()").fetchone()
    return str(found[0]) if found else ""


def _files(connection: duckdb.DuckDBPyConnection, lake: str) -> int:
    found = connection.execute(f"SELECT sum(file_count) FROM ducklake_table_info('{lake}')").fetchone()
    return int(found[0] or 0) if found else 0

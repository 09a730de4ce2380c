"""Which tables there are."""

import duckdb


def exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is a table or view of this name, with its schema, where the connection works.

    Asked by its name: DuckDB's lists of tables look into every lake that the process has open, and fail where
    another thread is just closing one.
    """
    try:
        connection.execute(f"FROM {table} LIMIT 0")
    except duckdb.CatalogException:
        return False
    return True

"""What operators read beside a materialization."""

from collections.abc import Iterable, Mapping

import dagster as dg
import pandas as pd

from meteo_core.markdown import table
from meteo_core.parameters import PARAMETERS

KEY_COLUMNS = (
    dg.TableColumn("station", "string", description="Station key"),
    dg.TableColumn("date", "date", description="Day on the station's calendar"),
)


def parameter_schema() -> dg.TableSchema:
    """Columns of the raw table, from the parameter table."""
    return dg.TableSchema(
        [
            *KEY_COLUMNS,
            *(
                dg.TableColumn(p.name, p.sql_type.lower(), description=p.description)
                for p in PARAMETERS.values()
            ),
            dg.TableColumn("source", "string", description="Where the row came from"),
            dg.TableColumn("status", "string", description="final, or provisional while the day goes on"),
            dg.TableColumn("fetched_at", "timestamp", description="When it was fetched, UTC"),
            dg.TableColumn(
                "content_sha256", "string", description="Hash of the document, kept under landing/"
            ),
        ]
    )


def schema(columns: Mapping[str, tuple[str, str]]) -> dg.TableSchema:
    """Key columns and these: name, then type and description."""
    return dg.TableSchema(
        [
            *KEY_COLUMNS,
            *(dg.TableColumn(name, type_, description=text) for name, (type_, text) in columns.items()),
        ]
    )


def counts(row: pd.Series) -> dict[str, int]:
    """Named counts of a one-row query, as metadata."""
    return {str(name): int(count) for name, count in row.items()}


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> dg.MarkdownMetadataValue:
    """A small table for the UI."""
    return dg.MetadataValue.md(table(header, rows))

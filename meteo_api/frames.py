"""Tables of a snapshot as plain rows, with None where a value is not known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def records(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by column name. NaN, NaT and NA become None, timestamps become datetimes."""
    rows = table[list(columns)].astype(object)
    values = np.where(rows.notna().to_numpy(), rows.to_numpy(object), np.array(None, dtype=object))
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in values.tolist()]


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value

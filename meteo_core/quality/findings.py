"""What quality rules report: a row of `raw.quarantine` for each value that was rejected or flagged."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

COLUMNS = (
    *("station", "date", "parameter", "value", "verdict", "reason"),
    *("source", "content_sha256", "found_at"),
)


def finding(rows: pd.DataFrame, parameter: str, verdict: str, reason: str | Sequence[str]) -> pd.DataFrame:
    """A finding for each of these rows, which carry their provenance; one reason for all or one for each.

    A reason begins with its kind, up to the first colon. It says nothing that changes while more of the same
    month comes in: the same finding made again tomorrow must be known as the same.
    """
    return pd.DataFrame(
        {
            "station": rows["station"].astype(str),
            "date": rows["date"],
            "parameter": parameter,
            "value": rows[parameter].astype(str),
            "verdict": verdict,
            # As objects: no reason at all is not a column of numbers.
            "reason": reason if isinstance(reason, str) else np.array(reason, dtype=object),
            "source": rows["source"],
            "content_sha256": rows["content_sha256"],
            "found_at": rows["fetched_at"],
        },
        columns=pd.Index(COLUMNS),
    )


def count_kinds(*findings: pd.DataFrame) -> pd.DataFrame:
    """How many values were found: columns `parameter`, `verdict`, `kind` of reason and `values`."""
    found = pd.concat([each[["parameter", "verdict", "reason"]] for each in findings])
    kinds = found.assign(kind=found["reason"].str.split(":", n=1).str[0])
    counted = kinds.groupby(["parameter", "verdict", "kind"], as_index=False).size()
    return counted.rename(columns={"size": "values"})

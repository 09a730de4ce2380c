"""The data card: where the observations come from, what is missing, and what was done to them."""

import math
from datetime import date
from typing import Final

import pandas as pd

from meteo_core.markdown import table
from meteo_core.parameters import PARAMETERS
from meteo_core.warehouse import Warehouse

_CARD: Final = """\
# Data card: daily observations

{rows:,} station days of {stations} stations, {first:%Y-%m-%d} to {last:%Y-%m-%d}. Sources: {sources}.

**Origin.** Daily Weather Observations of the Bureau of Meteorology (Commonwealth of Australia), as published,
as collected in the public weatherAUS table, or simulated in their form where the source is `simulator`. One
source for each row; the documents are kept as received.

**The day.** Rain is that of the 24 hours to 9 am local time, so that the rain of a forecast's window is read
the next morning. The minimum is read at 9 am, the maximum at 9 am of the next day; gust and sunshine are
complete at midnight.

**What was done.** Values outside the limits below are rejected, each with its reason; rarer ones are flagged
and kept. Compass points become degrees. Nothing is converted between units by guess, and nothing is filled in
here. A reading after a gap in a gauge's record is a total of several days: how much of it fell on the last of
them is unknown, and so is that outcome.

{missing}

**Gaps.** {gaps}

**Rejected and flagged.**

{findings}
"""


def data_card(warehouse: Warehouse, last: date) -> str:
    """Markdown text of what was observed up to this day, and of what was rejected or flagged of it."""
    missing = ", ".join(f"1 - count({name}) / count(*) AS {name}" for name in PARAMETERS)
    observed = warehouse.query(
        "SELECT count(*) AS rows, count(DISTINCT station) AS stations, min(date) AS first, "
        f"max(date) AS last, {missing} FROM raw.observations WHERE date <= ?",
        [last],
    ).iloc[0]
    sources = warehouse.query(
        "SELECT source, count(*) AS rows FROM raw.observations WHERE date <= ? "
        "GROUP BY source ORDER BY rows DESC, source",
        [last],
    )
    findings = warehouse.query(
        "SELECT parameter, verdict, regexp_replace(reason, '[0-9]{4}-[0-9]{2}-[0-9]{2}.*', '...') AS reason, "
        "count(*) AS count FROM raw.quarantine WHERE date <= ? GROUP BY ALL ORDER BY count DESC LIMIT 40",
        [last],
    )
    return _CARD.format(
        rows=observed["rows"],
        stations=observed["stations"],
        first=observed["first"],
        last=observed["last"],
        sources=", ".join(f"{row.source} ({row.rows:,})" for row in sources.itertuples()),
        missing=table(
            ["parameter", "unit", "missing", "limits"],
            [(p.label, p.unit, f"{observed[name]:.1%}", _limits(name)) for name, p in PARAMETERS.items()],
        ),
        gaps=_gaps(warehouse, last),
        findings=table(["parameter", "verdict", "reason", "values"], findings.itertuples(index=False))
        if len(findings)
        else "Nothing.",
    )


def _limits(name: str) -> str:
    parameter = PARAMETERS[name]
    return "" if math.isinf(parameter.minimum) else f"{parameter.minimum:g} to {parameter.maximum:g}"


def _gaps(warehouse: Warehouse, last: date) -> str:
    """Calendar months of the record in which hardly any station has a day."""
    counts = warehouse.query(
        "SELECT date_trunc('month', date) AS month, count(*) AS rows FROM raw.observations WHERE date <= ? "
        "GROUP BY month",
        [last],
    )
    counts = pd.Series(counts["rows"].to_numpy(), index=pd.PeriodIndex(counts["month"], freq="M"))
    counts = counts.reindex(pd.period_range(counts.index.min(), counts.index.max(), freq="M"), fill_value=0)
    empty = [str(month) for month, count in counts.items() if count < counts.median() / 10]
    return f"Months that are all but missing: {', '.join(empty)}." if empty else "No month is missing."

"""The data card: where the observations come from, what is missing, and what was done to them."""

import math
from typing import Final

import pandas as pd

from meteo_core.markdown import table
from meteo_core.parameters import PARAMETERS

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


def data_card(observations: pd.DataFrame, findings: pd.DataFrame) -> str:
    """Markdown text from `raw.observations` and the counts of `raw.quarantine`.

    `findings` has `parameter`, `verdict`, `reason` and `count`.
    """
    missing = [
        (p.label, p.unit, f"{observations[name].isna().mean():.1%}", _limits(name))
        for name, p in PARAMETERS.items()
    ]
    return _CARD.format(
        rows=len(observations),
        stations=observations["station"].nunique(),
        first=observations["date"].min(),
        last=observations["date"].max(),
        sources=", ".join(
            f"{name} ({count:,})" for name, count in observations["source"].value_counts().items()
        ),
        missing=table(["parameter", "unit", "missing", "limits"], missing),
        gaps=_gaps(observations),
        findings=table(["parameter", "verdict", "reason", "values"], findings.itertuples(index=False))
        if len(findings)
        else "Nothing.",
    )


def _limits(name: str) -> str:
    parameter = PARAMETERS[name]
    return "" if math.isinf(parameter.minimum) else f"{parameter.minimum:g} to {parameter.maximum:g}"


def _gaps(observations: pd.DataFrame) -> str:
    """Calendar months of the record in which hardly any station has a day."""
    months = observations["date"].dt.to_period("M")
    span = pd.period_range(months.min(), months.max(), freq="M")
    counts = months.value_counts().reindex(span, fill_value=0)
    empty = [str(month) for month, count in counts.items() if count < counts.median() / 10]
    return f"Months that are all but missing: {', '.join(empty)}." if empty else "No month is missing."

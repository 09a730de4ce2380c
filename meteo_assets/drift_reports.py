"""What people read of drift: Evidently's report as HTML and JSON, and the distributions behind the scores."""

import base64
import json
import os
import warnings
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg
import pandas as pd

from meteo_assets.metadata import markdown_table
from meteo_core.drift.diagrams import distribution_diagram
from meteo_core.drift.distributions import Distribution, distributions, to_json
from meteo_core.drift.files import Subject, distributions_file, report_data, report_page
from meteo_core.drift.pooled import DRIFT, INSUFFICIENT, LEAST_ROWS, PooledDrift
from meteo_core.parameters import NUMBERS, PARAMETERS

REPORT_ROWS: Final = 5_000
"""Rows of either side in Evidently's report: more cost seconds and megabytes, and show no more."""
PICTURES: Final = 3
"""Distributions shown beside a materialization, of what drifts furthest."""
LINK: Final = "{site}/drift/report/{week}?subject={subject}"


def write_report(
    drift: PooledDrift, record: pd.DataFrame, subject: Subject, folder: Path, week: date, *, site: str
) -> dict[str, Any]:
    """Write report and distributions of a week; give what an operator reads beside the materialization.

    `record` is what was observed on all days, `site` is where people reach the service's pages. Of too few
    rows there is no report, and none is left.
    """
    page, data = report_page(folder, week, subject), report_data(folder, week, subject)
    page.parent.mkdir(parents=True, exist_ok=True)
    found = distributions(drift, record)
    distributions_file(folder, week, subject).write_text(to_json(found), encoding="utf-8")
    names = [name for name in NUMBERS if _least_known(drift, name) >= LEAST_ROWS]
    if names:
        _write_evidently(drift.current[names], drift.reference[names], page, data)
    else:
        # What an earlier run wrote of other rows.
        page.unlink(missing_ok=True)
        data.unlink(missing_ok=True)
    return {
        "rows": len(drift.current),
        "verdict": _verdict(drift),
        "report": dg.MetadataValue.url(LINK.format(site=site, week=week, subject=subject))
        if names
        else dg.MetadataValue.text(f"{INSUFFICIENT}: no parameter has {LEAST_ROWS} values"),
        "report_file": dg.MetadataValue.path(str(page)) if names else dg.MetadataValue.text("none"),
        "scores": _score_table(drift.scores),
        **_pictures(drift, found),
    }


def _least_known(drift: PooledDrift, name: str) -> int:
    """Values of the side that has fewer."""
    return min(int(rows[name].notna().sum()) for rows in (drift.current, drift.reference))


def _write_evidently(current: pd.DataFrame, reference: pd.DataFrame, page: Path, data: Path) -> None:
    os.environ.setdefault("DO_NOT_TRACK", "true")
    recent, earlier = (
        _labelled(rows.sample(min(REPORT_ROWS, len(rows)), random_state=0)) for rows in (current, reference)
    )
    # A column that the sample of a side left empty cannot be compared.
    usable = [name for name in recent if recent[name].notna().any() and earlier[name].notna().any()]
    with warnings.catch_warnings():
        # Evidently and what it imports warn of their own ageing; nothing that an operator could mend.
        warnings.simplefilter("ignore")
        # It takes five seconds to import: only where a report is written.
        from evidently import Report
        from evidently.presets import DataDriftPreset

        snapshot = Report([DataDriftPreset()]).run(recent[usable], earlier[usable])
    snapshot.save_html(str(page))
    data.write_text(json.dumps(snapshot.dict(), default=str), encoding="utf-8")


def _labelled(values: pd.DataFrame) -> pd.DataFrame:
    """Column names that a person reads, with units."""
    return values.rename(columns={n: f"{PARAMETERS[n].label}, {PARAMETERS[n].unit}" for n in values.columns})


def _verdict(drift: PooledDrift) -> str:
    verdicts = drift.scores["verdict"]
    drifting = drift.scores.loc[verdicts == DRIFT, "parameter"]
    unjudged = int((verdicts == INSUFFICIENT).sum())
    if unjudged == len(verdicts):
        return INSUFFICIENT
    said = f"drift: {', '.join(drifting)}" if len(drifting) else "steady"
    return f"{said} ({INSUFFICIENT} for {unjudged} parameters)" if unjudged else said


def _score_table(scores: pd.DataFrame) -> dg.MarkdownMetadataValue:
    return markdown_table(
        ["parameter", "score", "threshold", "rows", "verdict"],
        [
            (row.parameter, f"{row.score:.3f}", f"{row.threshold:.3f}", row.rows, row.verdict)
            for row in scores.itertuples()
        ],
    )


def _pictures(drift: PooledDrift, found: dict[str, Distribution]) -> dict[str, dg.MarkdownMetadataValue]:
    """Distributions of what drifts, the furthest first."""
    drifting = drift.scores[drift.scores["verdict"] == DRIFT]
    furthest = drifting.assign(share=drifting["score"] / drifting["threshold"]).nlargest(PICTURES, "share")
    pictures = {}
    for row in furthest.itertuples():
        parameter = PARAMETERS[str(row.parameter)]
        png = distribution_diagram(
            found[parameter.name],
            label=parameter.label,
            unit=parameter.unit,
            title=f"{row.score:.2f} standard deviations, threshold {row.threshold:.2f}",
        )
        encoded = base64.b64encode(png).decode()
        pictures[f"distribution_{parameter.name}"] = dg.MetadataValue.md(
            f"![{parameter.label}](data:image/png;base64,{encoded})"
        )
    return pictures

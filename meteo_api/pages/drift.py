"""The drift page: whether the weather still looks like its season, and what it costs where it does not."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from meteo_api.drift.reports import DriftReports
from meteo_api.drift.schemas import Drift, ParameterDrift
from meteo_api.drift.service import DriftService
from meteo_api.pages import words
from meteo_api.pages.map import Choice
from meteo_api.pages.shell import Pages
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_api.verification.rolling import SkillWindow
from meteo_core.calendar import Issue
from meteo_core.drift.pooled import LEAST_ROWS, LEAST_YEARS
from meteo_core.labels import PREDICTAND

PAGE: Final = "/drift"
WEEKS_SHOWN: Final = 8
REPORT_POLICY: Final = "; ".join(
    (
        # The report is a page of Evidently's with its scripts inside. Sandboxed, it has an origin of its own:
        # it reads no cookie, sends no form, opens nothing, and may load nothing from anywhere.
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline' 'unsafe-eval'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class DriftView:
    """Everything on the page."""

    drift: Drift
    verdict: tuple[str, ...]
    """In sentences."""
    tone: str
    """Class of the notice: good, warn or none."""
    judged: tuple[ParameterDrift, ...]
    unjudged: tuple[ParameterDrift, ...]
    chart: str
    chart_rows: int
    weeks: tuple[Choice, ...]
    report: str | None
    skill: tuple[SkillWindow, ...]
    """Newest windows of each length, evening forecasts at the predictand."""
    event: str


def drift_view(world: World, drift: Drift, *, has_report: bool) -> DriftView:
    """What the page shows of a week."""
    judged = tuple(each for each in drift.parameters if each.threshold is not None)
    newest = {
        window.window_days: window
        for window in world.rolling
        if (window.issue, window.threshold) == (Issue.EVENING, PREDICTAND.name)
    }
    return DriftView(
        drift=drift,
        verdict=_verdict(drift, judged),
        tone={"drift": "warn", "steady": "good"}.get(drift.verdict, ""),
        judged=judged,
        unjudged=tuple(each for each in drift.parameters if each.threshold is None),
        chart=f"/charts/drift.svg?week={drift.week}",
        chart_rows=len(judged),
        weeks=tuple(
            Choice(f"{words.day_short(week)} {week.year}", f"{PAGE}?week={week}", week == drift.week)
            for week in drift.weeks[:WEEKS_SHOWN]
        ),
        report=f"{PAGE}/report/{drift.week}" if has_report else None,
        skill=tuple(newest[days] for days in sorted(newest)),
        event=PREDICTAND.words,
    )


def _verdict(drift: Drift, judged: tuple[ParameterDrift, ...]) -> tuple[str, ...]:
    if drift.week is None:
        return ("No drift report has been made yet. The pipeline makes one each week.",)
    drifting = [each.label for each in judged if each.verdict == "drift"]
    unjudged = len(drift.parameters) - len(judged)
    sentences = []
    if drifting:
        named = ", ".join(drifting)
        sentences.append(
            f"Drift: {named}. {'These are' if len(drifting) > 1 else 'This is'} further from the season than "
            "any earlier year was. Look for a changed unit or file before you believe the weather."
        )
    elif judged:
        sentences.append("Steady: no parameter is further from its season than earlier years were.")
    if unjudged:
        every = "Insufficient data" if not judged else f"Insufficient data for {unjudged} of the parameters"
        sentences.append(
            f"{every}: a verdict needs {LEAST_ROWS} values in the 30 days and the same season of at least "
            f"{LEAST_YEARS} earlier years."
        )
    return tuple(sentences)


class DriftPageController(Controller):
    """The drift page and the reports that it leads to."""

    path = PAGE
    include_in_schema = False

    @get(sync_to_thread=False)
    def drift(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
        drift: NamedDependency[DriftService],
        reports: NamedDependency[DriftReports],
        week: Annotated[date | None, QueryParameter(name="week")] = None,
    ) -> Template:
        """Drift of a week."""
        told = drift.of_week(week)
        has_report = told.week is not None and reports.has(told.week)
        view = drift_view(snapshots.require(), told, has_report=has_report)
        return pages.show(request, "drift/page.html", title="Drift", section="drift", view=view)

    @get("/report/{week:date}", media_type=MediaType.HTML, sync_to_thread=True)
    def report(
        self, reports: NamedDependency[DriftReports], week: Annotated[date, PathParameter()]
    ) -> Response[bytes]:
        """Evidently's report of a week, behind a policy that keeps it to itself."""
        return Response(
            reports.read(week),
            media_type=MediaType.HTML,
            headers={
                "Content-Security-Policy": REPORT_POLICY,
                # Browsers show no sandboxed page that also asks for a window of its own.
                "Cross-Origin-Opener-Policy": "unsafe-none",
                "Cache-Control": "private, no-cache",
            },
        )

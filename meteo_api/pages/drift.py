"""The drift page: whether the weather still looks like its season, and what it costs where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from litestar import Controller, MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from meteo_api.drift.reports import DriftReports
from meteo_api.drift.schemas import Alarm, Drift, ParameterDrift, Verdict
from meteo_api.drift.service import DriftService
from meteo_api.language.texts import N_, _
from meteo_api.pages import words
from meteo_api.pages.map import Choice
from meteo_api.pages.shell import Pages
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_api.verification.rolling import SkillWindow
from meteo_core.calendar import Issue
from meteo_core.drift.files import Subject
from meteo_core.drift.pooled import LEAST_ROWS, LEAST_YEARS
from meteo_core.labels import PREDICTAND

PAGE: Final = "/drift"
CHART: Final = "/charts/distribution.svg"
WEEKS_SHOWN: Final = 8
PICTURES_SHOWN: Final = 4
"""Distributions of what drifts, the furthest first."""
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
class Picture:
    """A distribution that is shown."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class SubjectView:
    """What was compared with its season: observations, or what the service was asked."""

    verdict: tuple[str, ...]
    """In sentences."""
    tone: str
    """Class of the notice: good, warn or none."""
    parameters: tuple[ParameterDrift, ...]
    judged: tuple[ParameterDrift, ...]
    pictures: tuple[Picture, ...]
    report: str | None


@dataclass(frozen=True, slots=True)
class DriftView:
    """Everything on the page."""

    drift: Drift
    observed: SubjectView
    asked: SubjectView
    chart: str
    weeks: tuple[Choice, ...]
    active: tuple[Alarm, ...]
    over: tuple[Alarm, ...]
    """Alarms of the last weeks that are over."""
    skill: tuple[SkillWindow, ...]
    """Newest windows of each length, evening forecasts at the predictand."""
    event: str


def drift_view(world: World, drift: Drift, reports: DriftReports) -> DriftView:
    """What the page shows of a week."""
    newest = {
        window.window_days: window
        for window in world.rolling
        if (window.issue, window.threshold) == (Issue.EVENING, PREDICTAND.name)
    }
    return DriftView(
        drift=drift,
        observed=_subject(drift.week, Subject.OBSERVATIONS, drift.verdict, drift.parameters, reports),
        asked=_subject(
            drift.week, Subject.REQUESTS, drift.requests.verdict, drift.requests.parameters, reports
        ),
        chart=f"/charts/drift.svg?week={drift.week}",
        weeks=tuple(
            Choice(words.day_short_with_year(week), f"{PAGE}?week={week}", week == drift.week)
            for week in drift.weeks[:WEEKS_SHOWN]
        ),
        active=tuple(alarm for alarm in drift.alarms if alarm.active),
        over=tuple(alarm for alarm in drift.alarms if not alarm.active),
        skill=tuple(newest[days] for days in sorted(newest)),
        event=words.event(PREDICTAND),
    )


def _subject(
    week: date | None,
    subject: Subject,
    verdict: Verdict,
    parameters: Sequence[ParameterDrift],
    reports: DriftReports,
) -> SubjectView:
    judged = tuple(each for each in parameters if each.threshold is not None)
    kept = reports.distributions(week, subject) if week else {}
    return SubjectView(
        verdict=_verdict(week, subject, parameters, judged),
        tone={"drift": "warn", "steady": "good"}.get(verdict, ""),
        parameters=tuple(parameters),
        judged=judged,
        pictures=tuple(
            Picture(
                f"{CHART}?week={week}&subject={subject}&parameter={each.parameter}",
                words.label(each.parameter),
            )
            for each in judged
            if each.verdict == "drift" and each.parameter in kept
        )[:PICTURES_SHOWN],
        report=f"{PAGE}/report/{week}?subject={subject}" if week and reports.has(week, subject) else None,
    )


def _verdict(
    week: date | None,
    subject: Subject,
    parameters: Sequence[ParameterDrift],
    judged: Sequence[ParameterDrift],
) -> tuple[str, ...]:
    if week is None:
        return (_("No drift report has been made yet. The pipeline makes one each week."),)
    is_asked = subject is Subject.REQUESTS
    drifting = [words.label(each.parameter) for each in judged if each.verdict == "drift"]
    unjudged = len(parameters) - len(judged)
    sentences = []
    if drifting:
        those = (
            _("These are further from the season than any earlier year was.")
            if len(drifting) > 1
            else _("This is further from the season than any earlier year was.")
        )
        advice = (
            _("The model answers, but has seen little like it.")
            if is_asked
            else _("Look for a changed unit or file before you believe the weather.")
        )
        drift = _("Drift: %(parameters)s.", parameters=", ".join(drifting))
        sentences.append(f"{drift} {those} {advice}")
    elif judged:
        sentences.append(
            _("Steady: nothing that was asked is further from its season than earlier years were.")
            if is_asked
            else _("Steady: no parameter is further from its season than earlier years were.")
        )
    if unjudged or not parameters:
        every = (
            _("Insufficient data for %(number)s of the parameters", number=unjudged)
            if judged
            else _("Insufficient data")
        )
        needs = (
            N_(
                "%(every)s: a verdict needs %(rows)s questions that give the parameter and the same season "
                "of at least %(years)s earlier years."
            )
            if is_asked
            else N_(
                "%(every)s: a verdict needs %(rows)s values in the 30 days and the same season of at least "
                "%(years)s earlier years."
            )
        )
        sentences.append(_(needs, every=every, rows=LEAST_ROWS, years=LEAST_YEARS))
    return tuple(sentences)


class DriftPageController(Controller):
    """The drift page and the reports that it leads to."""

    path = PAGE
    include_in_schema = False

    @get(sync_to_thread=True)
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
        view = drift_view(snapshots.require(), told, reports)
        return pages.show(request, "drift/page.html", title=_("Drift"), section="drift", view=view)

    @get("/report/{week:date}", media_type=MediaType.HTML, sync_to_thread=True)
    def report(
        self,
        reports: NamedDependency[DriftReports],
        week: Annotated[date, PathParameter()],
        subject: Annotated[Subject, QueryParameter(name="subject")] = Subject.OBSERVATIONS,
    ) -> Response[bytes]:
        """Evidently's report of a week, behind a policy that keeps it to itself."""
        return Response(
            reports.read(week, subject),
            media_type=MediaType.HTML,
            headers={
                "Content-Security-Policy": REPORT_POLICY,
                # Browsers show no sandboxed page that also asks for a window of its own.
                "Cross-Origin-Opener-Policy": "unsafe-none",
                "Cache-Control": "private, no-cache",
            },
        )

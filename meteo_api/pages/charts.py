"""Pictures of the pages, drawn from the same numbers as the tables beside them."""

from datetime import date
from typing import Annotated, Any, Final

import pandas as pd
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from meteo_api.drift.reports import DriftReports
from meteo_api.drift.schemas import ParameterDrift
from meteo_api.drift.service import DriftService
from meteo_api.language.spoken import Language, speaking
from meteo_api.language.texts import in_figures, plain, told
from meteo_api.pages import words
from meteo_api.predictand import Threshold
from meteo_api.verification.reliability import ReliabilityBin
from meteo_api.verification.rolling import SkillWindow, WindowDays
from meteo_api.verification.service import VerificationService
from meteo_core.calendar import Issue
from meteo_core.drift.files import Subject
from meteo_core.parameters import PARAMETERS

# The library that draws takes half a second to import: only where something is drawn.
SVG = "image/svg+xml"
ThemeAsked = Annotated[str, QueryParameter(name="theme", pattern="^(light|dark)$")]
WidthAsked = Annotated[str, QueryParameter(name="width", pattern="^(wide|narrow)$")]
IssueAsked = Annotated[Issue, QueryParameter(name="issue")]
ThresholdAsked = Annotated[Threshold, QueryParameter(name="threshold")]


LanguageAsked = Annotated[Language, QueryParameter(name="language")]
"""Of the words in a picture: in its address, so that no cache gives it to whoever reads another."""


SPOKEN: Final = (told, in_figures, words.day_short)
"""How pictures say what stands in them, in the language of the page."""


class ChartController(Controller):
    """Charts as SVG."""

    path = "/charts"
    include_in_schema = False

    @get("/reliability.svg", media_type=SVG, sync_to_thread=True)
    def reliability(
        self,
        verification: NamedDependency[VerificationService],
        station: Annotated[str | None, QueryParameter(name="station")] = None,
        issue: IssueAsked = Issue.EVENING,
        threshold: ThresholdAsked = "gt_1_0",
        theme: ThemeAsked = "light",
        width: WidthAsked = "wide",
        language: LanguageAsked = Language.ENGLISH,
    ) -> Response[bytes]:
        """Reliability diagram."""
        from meteo_core.charts import Speech, Theme, Width, reliability_chart

        table = verification.reliability(station=station, issue=issue, threshold=threshold)
        bins = _frame(table.bins, ReliabilityBin)
        with speaking(language):
            return _svg(
                reliability_chart(bins, theme=Theme(theme), width=Width(width), speech=Speech(*SPOKEN))
            )

    @get("/skill.svg", media_type=SVG, sync_to_thread=True)
    def skill(
        self,
        verification: NamedDependency[VerificationService],
        issue: IssueAsked = Issue.EVENING,
        threshold: ThresholdAsked = "gt_1_0",
        days: Annotated[WindowDays, QueryParameter(name="days")] = 30,
        theme: ThemeAsked = "light",
        width: WidthAsked = "wide",
        language: LanguageAsked = Language.ENGLISH,
    ) -> Response[bytes]:
        """Skill over time."""
        from meteo_core.charts import Speech, Theme, Width, skill_chart

        told_of = verification.over_time(issue=issue, threshold=threshold, window_days=days)
        windows = _frame(told_of.windows, SkillWindow)
        with speaking(language):
            return _svg(skill_chart(windows, theme=Theme(theme), width=Width(width), speech=Speech(*SPOKEN)))

    @get("/drift.svg", media_type=SVG, sync_to_thread=True)
    def drift(
        self,
        drift: NamedDependency[DriftService],
        week: Annotated[date | None, QueryParameter(name="week")] = None,
        theme: ThemeAsked = "light",
        width: WidthAsked = "wide",
        language: LanguageAsked = Language.ENGLISH,
    ) -> Response[bytes]:
        """Scores of a week against their thresholds."""
        from meteo_core.charts import Speech, Theme, Width, drift_chart

        scores = _frame(drift.of_week(week).parameters, ParameterDrift)
        with speaking(language):
            scores = scores.assign(label=[words.label(each) for each in scores["parameter"]])
            return _svg(drift_chart(scores, theme=Theme(theme), width=Width(width), speech=Speech(*SPOKEN)))

    @get("/distribution.svg", media_type=SVG, sync_to_thread=True)
    def distribution(
        self,
        reports: NamedDependency[DriftReports],
        week: Annotated[date, QueryParameter(name="week")],
        parameter: Annotated[str, QueryParameter(name="parameter", max_length=40)],
        subject: Annotated[Subject, QueryParameter(name="subject")] = Subject.OBSERVATIONS,
        theme: ThemeAsked = "light",
        width: WidthAsked = "wide",
        language: LanguageAsked = Language.ENGLISH,
    ) -> Response[bytes]:
        """How a parameter was distributed in the days of a report, and in its season."""
        from meteo_core.charts import Speech, Theme, Width, distribution_chart

        found = reports.distribution(week, subject, parameter)
        about = PARAMETERS[parameter]
        with speaking(language):
            return _svg(
                distribution_chart(
                    found,
                    label=words.label(parameter),
                    unit=plain(about.unit),
                    theme=Theme(theme),
                    width=Width(width),
                    speech=Speech(*SPOKEN),
                )
            )


def _frame(rows: list[Any], kind: type[Any]) -> pd.DataFrame:
    names = kind.__struct_fields__
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in names})


def _svg(picture: bytes) -> Response[bytes]:
    return Response(picture, media_type=SVG)

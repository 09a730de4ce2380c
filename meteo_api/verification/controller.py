"""Addresses of verification."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from meteo_api.predictand import ISSUE, Threshold
from meteo_api.problems import documented
from meteo_api.verification.rolling import WindowDays
from meteo_api.verification.schemas import Reliability, SkillOverTime, Verification
from meteo_api.verification.scores import Group
from meteo_api.verification.service import VerificationService
from meteo_core.calendar import Issue

_PROBLEMS = documented(
    HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE, kept=True
)
_STATION = QueryParameter(
    name="station", description="Key of a station: its rows alone", examples=[Example(value="Sydney")]
)
_ISSUE = QueryParameter(name="issue", description=ISSUE, examples=[Example(value="evening")])
_THRESHOLD = QueryParameter(
    name="threshold", description="Rule for calling a day wet", examples=[Example(value="gt_1_0")]
)


class VerificationController(Controller):
    """How good forecasts have been."""

    path = "/verification"
    tags = ("verification",)

    @get(operation_id="list_verification", responses=_PROBLEMS, sync_to_thread=False)
    def list_verification(
        self,
        verification: NamedDependency[VerificationService],
        station: Annotated[str | None, _STATION] = None,
        issue: Annotated[Issue | None, _ISSUE] = None,
        threshold: Annotated[Threshold | None, _THRESHOLD] = None,
        group: Annotated[
            Group | None,
            QueryParameter(
                name="group",
                description="What the rows are to tell apart",
                examples=[Example(value="station")],
            ),
        ] = None,
    ) -> Verification:
        """Scores of forecasts against what came: overall, by kind, station, season and month.

        Only forecasts are scored that were issued on their day, or made by a model that had not seen it.
        """
        return verification.scores(station=station, issue=issue, threshold=threshold, group=group)

    @get("/reliability", operation_id="get_reliability", responses=_PROBLEMS, sync_to_thread=False)
    def get_reliability(
        self,
        verification: NamedDependency[VerificationService],
        station: Annotated[str | None, _STATION] = None,
        issue: Annotated[Issue, _ISSUE] = Issue.EVENING,
        threshold: Annotated[Threshold, _THRESHOLD] = "gt_1_0",
    ) -> Reliability:
        """Whether chances are frequencies: what was said and what came, in ten bins of chance.

        Of all stations together unless one is named.
        """
        return verification.reliability(station=station, issue=issue, threshold=threshold)

    @get("/rolling", operation_id="list_skill_over_time", responses=_PROBLEMS, sync_to_thread=False)
    def list_skill_over_time(
        self,
        verification: NamedDependency[VerificationService],
        issue: Annotated[Issue | None, _ISSUE] = None,
        threshold: Annotated[Threshold | None, _THRESHOLD] = None,
        window_days: Annotated[
            WindowDays | None,
            QueryParameter(
                name="window_days",
                description="Length of the windows, days; both if left out",
                examples=[Example(value=30)],
            ),
        ] = None,
    ) -> SkillOverTime:
        """Skill over climatology and persistence in windows of 30 and 90 days, intervals and coverage."""
        return verification.over_time(issue=issue, threshold=threshold, window_days=window_days)

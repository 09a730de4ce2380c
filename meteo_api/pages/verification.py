"""The verification page: whether chances are frequencies, and how much they know that the season does not."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.language.texts import _, plain
from meteo_api.pages import words
from meteo_api.pages.map import ISSUE_WORDS, Choice
from meteo_api.pages.scored import ScoreRow, expectation_said, hindcasts_said, meaning, score_rows, skill_said
from meteo_api.pages.shell import Pages
from meteo_api.predictand import Threshold
from meteo_api.snapshot.store import SnapshotStore
from meteo_api.snapshot.world import World
from meteo_api.verification.reliability import ReliabilityBin
from meteo_api.verification.rolling import SkillWindow, WindowDays
from meteo_api.verification.scores import GroupScores
from meteo_api.verification.service import VerificationService
from meteo_core.calendar import Issue
from meteo_core.labels import THRESHOLDS
from meteo_core.stations import find_station, stations

PAGE: Final = "/verification"
LENGTHS: Final[tuple[WindowDays, ...]] = (30, 90)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is about."""

    issue: Issue
    threshold: Threshold
    station: str | None
    days: WindowDays

    def address(self, **other: Any) -> str:
        """The page with some of it exchanged."""
        query = {"issue": self.issue, "threshold": self.threshold, "station": self.station, "days": self.days}
        return f"{PAGE}?{urlencode({k: str(v) for k, v in (query | other).items() if v is not None})}"

    @property
    def reliability_chart(self) -> str:
        """Address of its reliability diagram, to be followed by theme and width."""
        query = {"issue": self.issue, "threshold": self.threshold, "station": self.station}
        return f"/charts/reliability.svg?{urlencode({k: str(v) for k, v in query.items() if v is not None})}"

    @property
    def skill_chart(self) -> str:
        """Address of its chart of skill over time, likewise."""
        query = {"issue": self.issue.value, "threshold": self.threshold, "days": self.days}
        return f"/charts/skill.svg?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class VerificationView:
    """Everything on the page."""

    asked: Asked
    event: str
    place: str
    """Name of the station, or "all stations"."""
    issues: tuple[Choice, ...]
    thresholds: tuple[Choice, ...]
    lengths: tuple[Choice, ...]
    stations: tuple[tuple[str, str], ...]
    """Key and name of each."""
    period: str | None
    counted: str
    """How many forecasts, on how many days."""
    hindcasts: str | None
    meaning: tuple[str, ...]
    """What 62 % has meant, in sentences."""
    skill: tuple[str, ...]
    scores: GroupScores | None
    bins: tuple[ReliabilityBin, ...]
    windows: tuple[SkillWindow, ...]
    """Newest first."""
    expected: tuple[str, ...]
    """Whether the newest window is as good as expected, in sentences."""
    by_station: tuple[ScoreRow, ...]
    by_season: tuple[ScoreRow, ...]
    by_threshold: tuple[ScoreRow, ...]


def verification_view(world: World, verification: VerificationService, asked: Asked) -> VerificationView:
    """What the page shows; raises `InvalidRequest` for an unknown station."""
    table = verification.reliability(station=asked.station, issue=asked.issue, threshold=asked.threshold)
    told = verification.over_time(issue=asked.issue, threshold=asked.threshold, window_days=asked.days)
    of_issue = [row for row in world.verification if row.issue == asked.issue]
    rows = [row for row in of_issue if row.threshold == asked.threshold]
    group = "station" if asked.station else "overall"
    scores = next((row for row in rows if row.group == group and row.station == asked.station), None)
    return VerificationView(
        asked=asked,
        event=words.event(asked.threshold),
        place=find_station(asked.station).name if asked.station else _("all stations"),
        issues=_choices({each: _(said) for each, said in ISSUE_WORDS.items()}, asked.issue, asked, "issue"),
        thresholds=_choices(
            {name: words.event(rule) for name, rule in THRESHOLDS.items()},
            asked.threshold,
            asked,
            "threshold",
        ),
        lengths=_choices(
            {days: _("%(number)s days", number=days) for days in LENGTHS}, asked.days, asked, "days"
        ),
        stations=tuple((key, place.name) for key, place in stations().items()),
        period=None if table.first is None or table.last is None else words.span(table.first, table.last),
        counted=words.forecasts_on_days(scores.rows, scores.days) if scores else "",
        hindcasts=hindcasts_said([row for row in rows if row.group == "kind"]),
        meaning=meaning(table),
        skill=skill_said(scores) if scores else (),
        scores=scores,
        bins=tuple(table.bins),
        windows=tuple(reversed(told.windows)),
        expected=expectation_said(told.windows[-1] if told.windows else None, told.expectation),
        by_station=score_rows(
            [row for row in rows if row.group == "station"],
            name=lambda row: find_station(row.station or "").name,
            address=lambda row: asked.address(station=row.station),
            best_first=True,
        ),
        by_season=score_rows(
            [row for row in rows if row.group == "season"],
            name=lambda row: words.capitalize_first(plain(row.season or "")),
        ),
        by_threshold=score_rows(
            sorted(
                (row for row in of_issue if row.group == "overall"),
                key=lambda row: list(THRESHOLDS).index(row.threshold),
            ),
            name=lambda row: words.event(row.threshold),
            address=lambda row: asked.address(threshold=row.threshold),
        ),
    )


def _choices(said: Any, current: object, asked: Asked, name: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(each_said, asked.address(**{name: each}), each == current) for each, each_said in said.items()
    )


class VerificationPageController(Controller):
    """The verification page."""

    path = PAGE
    include_in_schema = False

    @get(sync_to_thread=False)
    def verification(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
        verification: NamedDependency[VerificationService],
        issue: Annotated[Issue, QueryParameter(name="issue")] = Issue.EVENING,
        threshold: Annotated[Threshold, QueryParameter(name="threshold")] = "gt_1_0",
        station: Annotated[str | None, QueryParameter(name="station")] = None,
        days: Annotated[WindowDays, QueryParameter(name="days")] = 30,
    ) -> Template:
        """How good the forecasts have been."""
        asked = Asked(issue, threshold, station or None, days)
        view = verification_view(snapshots.require(), verification, asked)
        return pages.show(
            request, "verification/page.html", title=_("Verification"), section="verification", view=view
        )

"""Administration: runs started, watched and cancelled; the way to the other tools."""

import json
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Final

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template

from meteo_api.accounts.forms import form_of
from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.errors import InvalidRequest
from meteo_api.language.texts import _, told
from meteo_api.pages import words
from meteo_api.pages.runs_in_words import RunRow, RunView, run_row, run_view
from meteo_api.pages.shell import Pages
from meteo_api.runs.errors import DagsterAway, RunHasEnded
from meteo_api.runs.service import RunService
from meteo_api.runs.wanted import RunAsked
from meteo_api.settings import Settings
from meteo_api.strict_json import decode
from meteo_core import jobs

RUNS_LISTED: Final = 12
FIELDS: Final = ("job", "partition", "from", "to")


@dataclass(frozen=True, slots=True)
class Links:
    """Where an administrator's browser finds the other tools."""

    dagster: str
    mlflow: str | None
    grafana: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        """As set; MLflow has pages only where it is a server."""
        uri = settings.mlflow_uri or ""
        return cls(
            dagster=(settings.dagster_link or settings.dagster_url).rstrip("/"),
            mlflow=settings.mlflow_link or (uri if uri.startswith("http") else None),
            grafana=settings.grafana_url,
        )


@dataclass(frozen=True, slots=True)
class RunsView:
    """What can be started, and what was."""

    first_day: date
    today: date
    newest_week: date
    asked: dict[str, str]
    """The form as it was sent, where something is wrong with it."""
    faults: dict[str, str]
    away: str | None
    runs: tuple[RunRow, ...]
    under_way: bool
    links: Links


@dataclass(frozen=True, slots=True)
class OneRunView:
    """A run by itself."""

    told: RunView
    notice: str | None


class RunsPage(Controller):
    """Runs of the pipeline, for administrators."""

    path = "/administration"
    include_in_schema = False
    guards = (requires_admin,)

    @get()
    async def show(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        runs: NamedDependency[RunService],
        links: NamedDependency[Links],
    ) -> Template:
        """What can be started, and what was."""
        return _page(request, pages, await _view(runs, links))

    @post("/runs")
    async def start(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        runs: NamedDependency[RunService],
        links: NamedDependency[Links],
    ) -> Template | Redirect:
        """Start a run and show it."""
        fields = await form_of(request, *FIELDS)
        try:
            wanted = runs.read(_asked(fields))
        except InvalidRequest as error:
            faults = {each.pointer.removeprefix("/"): _sentence(each.detail) for each in error.errors}
            view = await _view(runs, links, asked=fields, faults=faults)
            return _page(request, pages, view, HTTPStatus.UNPROCESSABLE_ENTITY)
        started = await runs.start(wanted, by=request.user)
        again = "" if started.is_new else "?again=true"
        return Redirect(f"/administration/runs/{started.run.id}{again}", status_code=303)

    @get("/runs/{run_id:str}")
    async def show_run(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        runs: NamedDependency[RunService],
        run_id: FromPath[str],
        again: Annotated[bool, QueryParameter(name="again")] = False,
    ) -> Template:
        """How a run goes."""
        notice = _("It was under way already: this is the same run.") if again else None
        return await _run_page(request, pages, runs, run_id, notice=notice)

    @post("/runs/{run_id:str}/cancel")
    async def cancel(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        runs: NamedDependency[RunService],
        run_id: FromPath[str],
    ) -> Template | Redirect:
        """Ask a run to stop."""
        try:
            await runs.cancel(run_id, by=request.user)
        except RunHasEnded:
            notice, status = _("It had ended before it could be canceled."), HTTPStatus.CONFLICT
            return await _run_page(request, pages, runs, run_id, notice=notice, status=status)
        return Redirect(f"/administration/runs/{run_id}", status_code=303)


async def _view(
    runs: RunService,
    links: Links,
    *,
    asked: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> RunsView:
    listed, away = [], None
    try:
        listed = await runs.newest(limit=RUNS_LISTED)
    except DagsterAway as error:
        away = told(error)
    week = date.fromisoformat(jobs.last_complete_week(runs.today()))
    return RunsView(
        first_day=jobs.FIRST_DAY,
        today=runs.today(),
        newest_week=week + jobs.WEEK_LESS_A_DAY,
        asked=asked or {},
        faults=faults or {},
        away=away,
        runs=tuple(run_row(run) for run in listed),
        under_way=any(not run.status.has_ended for run in listed),
        links=links,
    )


def _sentence(fault: str) -> str:
    return _("%(why)s.", why=words.capitalize_first(told(fault)))


def _asked(fields: dict[str, str]) -> RunAsked:
    """The run that a form asks for; what is left empty is as if it were not there."""
    stated = {name: fields[name] for name in FIELDS if fields.get(name, "").strip()}
    return decode(json.dumps(stated).encode(), RunAsked)


def _page(
    request: SignedInRequest, pages: Pages, view: RunsView, status: HTTPStatus = HTTPStatus.OK
) -> Template:
    return pages.show(
        request,
        "administration/runs.html",
        title=_("Administration"),
        section="administration",
        view=view,
        status=status,
    )


async def _run_page(
    request: SignedInRequest,
    pages: Pages,
    runs: RunService,
    run_id: str,
    *,
    notice: str | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Template:
    view = OneRunView(run_view(await runs.find(run_id)), notice)
    return pages.show(
        request,
        "administration/run.html",
        title=view.told.run.name,
        section="administration",
        view=view,
        status=status,
    )

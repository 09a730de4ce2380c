"""Addresses of runs."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.problems import documented
from meteo_api.runs.schemas import Run, RunInDetail
from meteo_api.runs.service import RunService
from meteo_api.runs.wanted import RunAsked

_RunId = Annotated[str, PathParameter(description="Dagster's id of the run")]


class RunController(Controller):
    """Runs of the pipeline. For administrators."""

    path = "/runs"
    tags = ("runs",)
    guards = (requires_admin,)

    @post(
        operation_id="start_run",
        status_code=HTTPStatus.ACCEPTED,
        responses={
            HTTPStatus.OK.value: ResponseSpec(
                Run, description="Under way already: the same run", generate_examples=False
            ),
            **documented(
                HTTPStatus.FORBIDDEN,
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.UNPROCESSABLE_ENTITY,
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
        },
    )
    async def start(
        self, request: SignedInRequest, runs: NamedDependency[RunService], data: JSONBody[RunAsked]
    ) -> Response[Run]:
        """Start ingestion, training or a backfill. Asked twice, it is the same run until that ends."""
        started = await runs.start(runs.read(data), by=request.user)
        return Response(
            started.run,
            status_code=HTTPStatus.ACCEPTED if started.is_new else HTTPStatus.OK,
            headers={"Location": f"/api/v1/runs/{started.run.id}"},
        )

    @get(
        operation_id="list_runs",
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    )
    async def newest(
        self,
        runs: NamedDependency[RunService],
        limit: Annotated[
            int, QueryParameter(name="limit", description="Most runs to list", ge=1, le=100)
        ] = 20,
        before: Annotated[
            str | None, QueryParameter(name="before", description="Id of a run: those before it")
        ] = None,
    ) -> list[Run]:
        """Runs of every job, asked for by people or by schedules, newest first."""
        return await runs.newest(limit=limit, before=before)

    @get(
        "/{run_id:str}",
        operation_id="get_run",
        responses=documented(
            HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE
        ),
    )
    async def find(self, runs: NamedDependency[RunService], run_id: _RunId) -> RunInDetail:
        """How a run goes: status, step, time, the end of its log, and the outcome in words."""
        return await runs.find(run_id)

    @post(
        "/{run_id:str}/cancel",
        operation_id="cancel_run",
        status_code=HTTPStatus.ACCEPTED,
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    )
    async def cancel(
        self, request: SignedInRequest, runs: NamedDependency[RunService], run_id: _RunId
    ) -> Run:
        """Ask a run to stop. What it has finished stays."""
        return await runs.cancel(run_id, by=request.user)

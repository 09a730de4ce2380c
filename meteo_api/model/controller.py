"""Addresses of the model in service, and of all versions in the registry."""

from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.model.compared import Comparison
from meteo_api.model.held_out import ThresholdScores
from meteo_api.model.life import Changed, Decision, ModelLife, Promotion
from meteo_api.model.schemas import Champion
from meteo_api.model.store import ModelStore
from meteo_api.model.versions import Version
from meteo_api.problems import documented

_Version = Annotated[int, PathParameter(description="Version of meteo-rain")]
_CHANGES = documented(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


class ModelController(Controller):
    """The model in service."""

    path = "/model"
    tags = ("model",)

    @get(
        operation_id="get_model",
        responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
        sync_to_thread=False,
    )
    def get_model(self, models: NamedDependency[ModelStore]) -> Champion:
        """The champion that answers: what it was trained on, how good it is, since when it serves."""
        return Champion.of(models.require())

    @post(
        "/reload",
        operation_id="reload_model",
        status_code=HTTPStatus.OK,
        responses=documented(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE),
        guards=[requires_admin],
    )
    async def reload(self, request: SignedInRequest, life: NamedDependency[ModelLife]) -> Champion:
        """Ask the registry for its champion now, also for one that was refused before."""
        return Champion.of(await life.reload(by=request.user))


class VersionController(Controller):
    """Versions of the model. Administrators change which of them is champion."""

    path = "/models"
    tags = ("model",)

    @get(operation_id="list_models", responses=documented(HTTPStatus.SERVICE_UNAVAILABLE))
    async def list_versions(self, life: NamedDependency[ModelLife]) -> list[Version]:
        """Every version: scores, checks, training window, aliases, what was done with it. Newest first."""
        return await life.versions()

    @get(
        "/{version:int}",
        operation_id="get_model_version",
        responses=documented(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def find(self, life: NamedDependency[ModelLife], version: _Version) -> Version:
        """One version."""
        return await life.version(version)

    @get(
        "/{version:int}/scores",
        operation_id="list_model_scores",
        responses=documented(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def scores(self, life: NamedDependency[ModelLife], version: _Version) -> list[ThresholdScores]:
        """Scores at every threshold and issue time on days that its twin had not seen, with intervals."""
        return await life.scores(version)

    @get(
        "/compare",
        operation_id="compare_models",
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    )
    async def compare(
        self,
        life: NamedDependency[ModelLife],
        a: Annotated[int, QueryParameter(name="a", description="A version")],
        b: Annotated[int, QueryParameter(name="b", description="Another version")],
    ) -> Comparison:
        """Two versions score by score, with what the pipeline found where it compared them."""
        return await life.compare(a, b)

    @post(
        "/{version:int}/promote",
        operation_id="promote_model",
        status_code=HTTPStatus.OK,
        responses=_CHANGES,
        guards=[requires_admin],
    )
    async def promote(
        self,
        request: SignedInRequest,
        life: NamedDependency[ModelLife],
        version: _Version,
        data: JSONBody[Promotion],
    ) -> Changed:
        """Make a version champion, if its checks passed and this service can use it."""
        return await life.promote(version, data, by=request.user)

    @post(
        "/rollback",
        operation_id="roll_back_model",
        status_code=HTTPStatus.OK,
        responses=_CHANGES,
        guards=[requires_admin],
    )
    async def roll_back(
        self, request: SignedInRequest, life: NamedDependency[ModelLife], data: JSONBody[Decision]
    ) -> Changed:
        """Make the version champion again that the present one replaced."""
        return await life.roll_back(data, by=request.user)

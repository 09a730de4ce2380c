"""Addresses of the model in service."""

from http import HTTPStatus

from litestar import Controller, get
from litestar.di import NamedDependency

from meteo_api.model.schemas import Champion
from meteo_api.model.store import ModelStore
from meteo_api.problems import documented


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

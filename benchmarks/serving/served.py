"""Our own server as it is run, with one more address that does everything but predict; and a bare one.

`python -m benchmarks.serving.served`: `meteo_api.server.serve` on METEO_API_PORT.
"""

from http import HTTPStatus
from typing import Annotated

from litestar import Litestar, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from meteo_api import server
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.service import PredictionService
from meteo_api.settings import Settings

NO_OP = "/api/v1/no-op"
_ready: list[Prediction | list[Prediction]] = []


@post(NO_OP, status_code=HTTPStatus.OK)
async def answer_what_is_ready(
    data: JSONBody[PredictionRequest | Annotated[list[PredictionRequest], Meta(min_length=1)]],
    predictions: NamedDependency[PredictionService],
) -> Prediction | list[Prediction]:
    """Decode as `predict` does, and answer the first prediction that was made, again and again."""
    if not _ready:
        _ready.append(await predictions.answer(data))
    return _ready[0]


@get("/", sync_to_thread=False)
def hello() -> str:
    """Litestar's hello world."""
    return "Hello, world!"


def bare() -> Litestar:
    """An application with nothing in it."""
    return Litestar([hello])


def with_no_op(settings: Settings) -> Litestar:
    """The service and the address that predicts nothing."""
    app = _create_app(settings)
    app.register(answer_what_is_ready)
    return app


_create_app = server.create_app

if __name__ == "__main__":
    server.create_app = with_no_op
    server.serve(Settings())

"""Addresses of what-if questions."""

from http import HTTPStatus
from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from meteo_api.accounts.account import Account, SignIn
from meteo_api.predictions.schemas import Prediction, PredictionRequest
from meteo_api.predictions.service import PredictionService
from meteo_api.problems import documented


class PredictionController(Controller):
    """What-if."""

    path = "/predictions"
    tags = ("predictions",)

    @post(
        operation_id="predict",
        status_code=HTTPStatus.OK,
        responses=documented(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    )
    async def predict(
        self,
        request: Request[Account, SignIn, Any],
        data: JSONBody[PredictionRequest | Annotated[list[PredictionRequest], Meta(min_length=1)]],
        predictions: NamedDependency[PredictionService],
        explain: Annotated[
            bool, QueryParameter(description="Say what drove each chance; for 100 requests at most")
        ] = False,
    ) -> Prediction | list[Prediction]:
        """Chance of rain, given what was observed or is supposed.

        Send one request or a list of them. The service looks up the station's history and the other stations
        of the day itself; what you give replaces what it knows of the station's day, null makes it unknown.
        Requests of a list are independent of one another, even of the same station and day.
        """
        return await predictions.answer_to(request.user.id, data, explain=explain)

"""Choosing the language of the pages."""

from http import HTTPStatus
from typing import Any

from litestar import Controller, Request, Response, post

from meteo_api.accounts.forgery import require_same_origin
from meteo_api.accounts.forms import LARGEST_FORM, form_of
from meteo_api.addresses import path_of
from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.language.spoken import Language, language_cookie
from meteo_api.sign_in_redirect import is_local
from meteo_core.sentence import Sentence


class LanguageController(Controller):
    """What the switch on every page is sent to; open, for it stands on the sign-in page too."""

    path = "/language"
    include_in_schema = False

    @post(status_code=HTTPStatus.SEE_OTHER, open=True, request_max_body_size=LARGEST_FORM)
    async def choose(self, request: Request[Any, Any, Any]) -> Response[None]:
        """Remember a language and go back to the page that the browser comes from."""
        require_same_origin(request)
        chosen = (await form_of(request, "language")).get("language", "")
        if chosen not in set(Language):
            known = ", ".join(Language)
            raise InvalidRequest(
                [FieldError(pointer="/language", detail=Sentence("must be one of %(known)s", known=known))]
            )
        return Response(
            None,
            status_code=HTTPStatus.SEE_OTHER,
            headers={"Location": _back(request.headers.get("referer", "")), "Cache-Control": "no-store"},
            cookies=[language_cookie(Language(chosen), scheme=request.scope["scheme"])],
        )


def _back(referer: str) -> str:
    """Path of the page that the browser comes from; a Referer of elsewhere leads nowhere but here."""
    path = path_of(referer)
    return path if is_local(path) else "/"

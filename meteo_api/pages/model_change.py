"""Another champion: why, then whether that is really meant, then done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from meteo_api.accounts.forms import form_of
from meteo_api.accounts.guards import SignedInRequest, requires_admin
from meteo_api.errors import InvalidRequest
from meteo_api.language.texts import _, told
from meteo_api.model.life import Decision, ModelLife, Promotion, sound_reason
from meteo_api.pages.shell import Pages
from meteo_api.problems import CHAMPION_STAYS
from meteo_core.model.registry import PASSED, NothingToRollBackTo
from meteo_core.sentence import Sentence

DONE: Final = "/model?changed=true"
YES: Final = "yes"
FIELDS: Final = ("reason", "expected_champion", "despite_checks", "confirmed")


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of the champion on its way."""

    title: str
    sentence: str
    action: str
    version: int
    champion: int | None
    """The champion that whoever decides is shown."""
    confirm: str | None
    """The question before it is done; None while the reason is asked for."""
    button: str
    warning: str | None = None
    may_ignore_checks: bool = False
    despite_checks: bool = False
    reason: str = ""
    fault: str | None = None
    refused: str | None = None


class ModelChangePage(Controller):
    """Promotion and rollback, for administrators."""

    path = "/model"
    include_in_schema = False
    guards = (requires_admin,)

    @get("/promote/{version:int}")
    async def ask_promotion(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        life: NamedDependency[ModelLife],
        version: FromPath[int],
    ) -> Template:
        """Why this version."""
        return _shown(request, pages, await _promotion(life, version))

    @post("/promote/{version:int}")
    async def promote(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        life: NamedDependency[ModelLife],
        version: FromPath[int],
    ) -> Template | Redirect:
        """Asked whether it is meant, then done."""
        fields, view = await form_of(request, *FIELDS), await _promotion(life, version)
        view = replace(view, despite_checks=fields.get("despite_checks") == YES)

        async def act(reason: str, expected: int | None) -> None:
            decision = Promotion(
                reason=reason, expected_champion=expected, despite_checks=view.despite_checks
            )
            await life.promote(version, decision, by=request.user)

        return await _step(request, pages, fields, view, act)

    @get("/rollback")
    async def ask_rollback(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        life: NamedDependency[ModelLife],
    ) -> Template:
        """Why roll back."""
        return _shown(request, pages, await _rollback(life))

    @post("/rollback")
    async def roll_back(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        life: NamedDependency[ModelLife],
    ) -> Template | Redirect:
        """Asked whether it is meant, then done."""
        fields, view = await form_of(request, *FIELDS), await _rollback(life)

        async def act(reason: str, expected: int | None) -> None:
            await life.roll_back(Decision(reason=reason, expected_champion=expected), by=request.user)

        return await _step(request, pages, fields, view, act)

    @post("/reload")
    async def reload(self, request: SignedInRequest, life: NamedDependency[ModelLife]) -> Redirect:
        """Ask the registry for its champion now."""
        await life.reload(by=request.user)
        return Redirect("/model", status_code=303)


async def _promotion(life: ModelLife, number: int) -> ChangeView:
    version, champion = await life.version(number), await life.champion()
    failed = ", ".join(
        f"{name.replace('_', ' ')}: {ended}" for name, ended in version.checks.items() if ended != PASSED
    )
    sentence = (
        _(
            "Version %(version)s would make the forecasts from then on, in place of version %(champion)s.",
            version=number,
            champion=champion,
        )
        if champion
        else _("Version %(version)s would make the forecasts from then on.", version=number)
    )
    return ChangeView(
        title=_("Promote version %(version)s", version=number),
        sentence=sentence,
        action=f"/model/promote/{number}",
        version=number,
        champion=champion,
        confirm=None,
        button=_("Promote version %(version)s", version=number),
        warning=None
        if version.may_be_promoted
        else _("It has not passed its checks (%(checks)s).", checks=failed),
        may_ignore_checks=not version.may_be_promoted,
    )


async def _rollback(life: ModelLife) -> ChangeView:
    target, champion = await life.rollback_target(), await life.champion()
    if target is None:
        raise NothingToRollBackTo(
            Sentence("no version was champion before this one: promote one by its number")
        )
    return ChangeView(
        title=_("Roll back to version %(version)s", version=target),
        sentence=_(
            "Version %(version)s would make the forecasts again, as before version %(champion)s.",
            version=target,
            champion=champion,
        ),
        action="/model/rollback",
        version=target,
        champion=champion,
        confirm=None,
        button=_("Roll back to version %(version)s", version=target),
    )


async def _step(
    request: SignedInRequest,
    pages: Pages,
    fields: Mapping[str, str],
    view: ChangeView,
    act: Any,
) -> Template | Redirect:
    """The next step: the reason again where it says nothing, the question, or the deed."""
    view = replace(view, reason=fields.get("reason", "")[:1000])
    try:
        reason, expected = sound_reason(view.reason), _number(fields.get("expected_champion"))
    except InvalidRequest as error:
        return _shown(
            request, pages, replace(view, fault=told(error.errors[0].detail)), HTTPStatus.UNPROCESSABLE_ENTITY
        )
    if fields.get("confirmed") != YES:
        return _shown(request, pages, replace(view, reason=reason, confirm=_("Is that what you mean?")))
    try:
        await act(reason, expected)
    except CHAMPION_STAYS as error:
        return _shown(request, pages, replace(view, reason=reason, refused=told(error)), HTTPStatus.CONFLICT)
    return Redirect(DONE, status_code=303)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None


def _shown(
    request: SignedInRequest, pages: Pages, view: ChangeView, status: HTTPStatus = HTTPStatus.OK
) -> Template:
    return pages.show(
        request, "model/change.html", title=view.title, section="model", view=view, status=status
    )

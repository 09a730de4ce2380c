"""The model: which version forecasts, how good it is, what came before it, two versions side by side."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from meteo_api.accounts.guards import SignedInRequest
from meteo_api.language.texts import _, ngettext, told
from meteo_api.model.asking import RegistryAway
from meteo_api.model.life import ModelLife
from meteo_api.model.store import ModelStore, ServedModel, Source
from meteo_api.pages.model_compared import ComparedView, compared_view
from meteo_api.pages.model_versions import (
    ChangeRow,
    ScoreTable,
    VersionRow,
    change_row,
    score_tables,
    version_row,
)
from meteo_api.pages.shell import Pages
from meteo_api.pages.words import day_with_year, moment_utc
from meteo_core.model.registry import CHAMPION, UnknownVersion


@dataclass(frozen=True, slots=True)
class ModelView:
    """The page."""

    champion: int | None
    sentences: tuple[str, ...]
    trouble: str | None
    away: str | None
    """Why the registry's part of the page is missing."""
    scores: tuple[ScoreTable, ...]
    versions: tuple[VersionRow, ...]
    changes: tuple[ChangeRow, ...]
    changed: ChangeRow | None
    """The change that whoever looks has just made."""
    compared: ComparedView | None
    chosen: tuple[int | None, int | None]
    not_there: str | None
    rollback_to: int | None
    may_change: bool


class ModelPage(Controller):
    """The model, for everyone."""

    path = "/model"
    include_in_schema = False

    @get()
    async def show(
        self,
        request: SignedInRequest,
        pages: NamedDependency[Pages],
        models: NamedDependency[ModelStore],
        life: NamedDependency[ModelLife],
        a: Annotated[int | None, QueryParameter(name="a")] = None,
        b: Annotated[int | None, QueryParameter(name="b")] = None,
        changed: Annotated[bool, QueryParameter(name="changed")] = False,
    ) -> Template:
        """The page; with two versions also what tells them apart."""
        view = await model_view(
            models, life, chosen=(a, b), changed=changed, may_change=request.user.is_admin
        )
        status = HTTPStatus.NOT_FOUND if view.not_there else HTTPStatus.OK
        return pages.show(
            request, "model/page.html", title=_("Model"), section="model", view=view, status=status
        )


async def model_view(
    models: ModelStore,
    life: ModelLife,
    *,
    chosen: tuple[int | None, int | None],
    changed: bool,
    may_change: bool,
) -> ModelView:
    """What the page shows; without the registry, what the service knows by itself."""
    served, away, not_there = models.current, None, None
    versions, changes, scores, compared, rollback_to = [], [], [], None, None
    try:
        versions, changes = await life.versions(), await life.history()
        champion = next((each for each in versions if CHAMPION in each.aliases), None)
        if champion is not None:
            scores = await life.scores(champion.version)
        if chosen[0] is not None and chosen[1] is not None:
            compared = compared_view(await life.compare(chosen[0], chosen[1]))
        if champion is not None and may_change:
            rollback_to = await life.rollback_target()
    except RegistryAway as error:
        away = told(error)
    except UnknownVersion as error:
        not_there = told(error)
    champion_now = next((each.version for each in versions if CHAMPION in each.aliases), None)
    rows = tuple(change_row(change) for change in changes)
    return ModelView(
        champion=champion_now or (served.version.version if served else None),
        sentences=_sentences(served, models.trouble),
        trouble=models.trouble if served else None,
        away=away,
        scores=score_tables(scores),
        versions=tuple(version_row(each, champion_now) for each in versions),
        changes=rows,
        changed=rows[0] if changed and rows else None,
        compared=compared,
        chosen=chosen,
        not_there=not_there,
        rollback_to=rollback_to,
        may_change=may_change,
    )


def _sentences(served: ServedModel | None, trouble: str | None) -> tuple[str, ...]:
    """The champion in words."""
    if served is None:
        return (_("There is no model in service: %(why)s.", why=told(trouble)),)
    card, tags = served.models.card, served.version.tags
    from_, until = (date.fromisoformat(card[name]) for name in ("trained_from", "trained_until"))
    first = _(
        "Version %(version)s makes the forecasts. It was trained on %(days)s of %(stations)s, from %(first)s "
        "to %(last)s.",
        version=served.version.version,
        days=ngettext("%(num)s station day", "%(num)s station days", card["rows"]),
        stations=ngettext("%(num)s station", "%(num)s stations", len(served.models.stations)),
        first=day_with_year(from_),
        last=day_with_year(until),
    )
    by, why = tags.get("promoted_by"), tags.get("promotion_reason")
    second = _("It was made champion by %(who)s: %(why)s.", who=by, why=why) if by and why else ""
    since = moment_utc(served.loaded_at)
    third = (
        _("It has been in service since %(moment)s, from the service's own copy.", moment=since)
        if served.source is Source.CACHE
        else _("It has been in service since %(moment)s.", moment=since)
    )
    return tuple(filter(None, (first, second, third)))

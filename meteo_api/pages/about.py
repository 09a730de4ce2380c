"""What these forecasts are, in plain words, and the two cards that the pipeline publishes with the model."""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template
from markdown_it import MarkdownIt

from meteo_api.cards.controller import card
from meteo_api.language.texts import _
from meteo_api.pages import words
from meteo_api.pages.shell import Pages
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.labels import PREDICTAND, THRESHOLDS
from meteo_core.serving import DATA_CARD, MODEL_CARD

# Cards are the pipeline's, but raw HTML in them would still be somebody's text: it is shown, not obeyed.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class AboutView:
    """Words for the rules of the thresholds."""

    predictand: str
    thresholds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardView:
    """A card made of Markdown, as HTML with its own h1."""

    html: str


def about() -> AboutView:
    """What is forecast, from the table of thresholds."""
    return AboutView(words.event(PREDICTAND), tuple(map(words.event, THRESHOLDS)))


def card_as_html(markdown: str) -> CardView:
    """The card, its tables in boxes that scroll by themselves and that the keyboard reaches."""
    html = _MARKDOWN.render(markdown)
    return CardView(
        html.replace(
            "<table>", '<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>'
        ).replace("</table>", "</table></div>")
    )


class AboutController(Controller):
    """Pages about the forecasts themselves."""

    path = "/about"
    include_in_schema = False

    @get(sync_to_thread=False)
    def about(self, request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Template:
        """What a chance of 62 % means, and where it comes from."""
        return pages.show(request, "about/page.html", title=_("About these forecasts"), view=about())

    @get("/model", sync_to_thread=False)
    def model(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
    ) -> Template:
        """The model card."""
        view = card_as_html(card(snapshots, MODEL_CARD))
        return pages.show(request, "about/card.html", title=_("Model card"), section="model", view=view)

    @get("/data", sync_to_thread=False)
    def data(
        self,
        request: Request[Any, Any, Any],
        pages: NamedDependency[Pages],
        snapshots: NamedDependency[SnapshotStore],
    ) -> Template:
        """The data card."""
        return pages.show(
            request, "about/card.html", title=_("Data card"), view=card_as_html(card(snapshots, DATA_CARD))
        )

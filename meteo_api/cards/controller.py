"""Addresses of the cards."""

from http import HTTPStatus

from litestar import Controller, get
from litestar.di import NamedDependency

from meteo_api.errors import NoCard
from meteo_api.problems import documented
from meteo_api.snapshot.store import SnapshotStore
from meteo_core.sentence import Sentence
from meteo_core.serving import DATA_CARD, MODEL_CARD

MARKDOWN = "text/markdown"
_PROBLEMS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE, kept=True)


class CardController(Controller):
    """Model card and data card, as the snapshot holds them."""

    path = "/cards"
    tags = ("cards",)

    @get(
        "/model",
        operation_id="get_model_card",
        media_type=MARKDOWN,
        responses=_PROBLEMS,
        sync_to_thread=False,
    )
    def model_card(self, snapshots: NamedDependency[SnapshotStore]) -> str:
        """What the published champion is for, what it was made of, how good it was. Markdown."""
        return card(snapshots, MODEL_CARD)

    @get(
        "/data", operation_id="get_data_card", media_type=MARKDOWN, responses=_PROBLEMS, sync_to_thread=False
    )
    def data_card(self, snapshots: NamedDependency[SnapshotStore]) -> str:
        """What the published champion was trained on: stations, days, what is missing. Markdown."""
        return card(snapshots, DATA_CARD)


def card(snapshots: SnapshotStore, file: str) -> str:
    """Text of a card; raises `NoCard`, or `NotReady` while there is no snapshot."""
    world = snapshots.require()
    try:
        return world.cards[file]
    except KeyError as error:
        raise NoCard(
            Sentence(
                "snapshot %(name)s holds no %(file)s: its champion was registered without one",
                name=world.name,
                file=file,
            )
        ) from error

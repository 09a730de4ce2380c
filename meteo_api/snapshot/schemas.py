"""How old what the service knows is, as clients see it."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct


class SnapshotInService(Struct, frozen=True, kw_only=True):
    """The serving snapshot that an answer was made from."""

    name: Annotated[str, Meta(description="Name that the pipeline gave it")]
    created_at: Annotated[datetime, Meta(description="When the pipeline published it, UTC")]
    newest_observation: Annotated[date, Meta(description="Newest station day observed anywhere")]


class SnapshotAge(SnapshotInService, frozen=True, kw_only=True):
    """The same, with its age at the moment of asking."""

    age_seconds: Annotated[int, Meta(description="Seconds since it was published")]

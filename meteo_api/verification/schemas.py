"""Verification as clients see it."""

from typing import Annotated

from msgspec import Meta, Struct

from meteo_api.snapshot.schemas import SnapshotInService
from meteo_api.verification.scores import GroupScores


class Verification(Struct, frozen=True, kw_only=True):
    """How good forecasts of about the last year have been, against what came."""

    snapshot: SnapshotInService
    scores: Annotated[list[GroupScores], Meta(description="A row for each group; empty before any outcome")]

"""The champion as clients see it."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from meteo_api.model.store import ServedModel, Source
from meteo_core.calendar import Issue

SCORE_TAG = "score."
"""Beginning of the version tags that hold scores."""


class Champion(Struct, frozen=True, kw_only=True):
    """The model in service."""

    version: Annotated[int, Meta(description="Version of meteo-rain in the registry")]
    issue: Annotated[Issue, Meta(description="Issue time of the main part, which training facts are of")]
    issues: Annotated[list[Issue], Meta(description="Issue times that it forecasts for")]
    predictand: Annotated[str, Meta(description="The main event whose chance it gives")]
    thresholds: Annotated[
        dict[str, str], Meta(description="All events whose chances it gives: name of the rule, and its words")
    ]
    trained_from: Annotated[date, Meta(description="First day of training")]
    trained_until: Annotated[date, Meta(description="Last day of training")]
    rows: Annotated[int, Meta(description="Station days that it was trained on")]
    stations: Annotated[list[str], Meta(description="Stations that it was trained on")]
    scores: Annotated[
        dict[str, float], Meta(description="Scores on held-out days of a twin that had not seen them")
    ]
    skill_by_threshold: Annotated[
        dict[Issue, dict[str, float | None]],
        Meta(
            description="Brier skill over climatology on those days by issue time and threshold: perfect 1, "
            "0 no better; null where outcomes were of one kind"
        ),
    ]
    scores_by_route: Annotated[
        dict[Issue, dict[str, dict[str, float]]],
        Meta(description="Scores on those days by issue time and route"),
    ]
    fingerprint: Annotated[str, Meta(description="Hash of what its predictors are")]
    registered_at: Annotated[datetime, Meta(description="When it was registered, UTC")]
    promotion: Annotated[dict[str, str], Meta(description="When, by whom and why it was made champion")]
    loaded_at: Annotated[datetime, Meta(description="When the service began to use it, UTC")]
    source: Annotated[
        Source, Meta(description="Whether the service read it from the registry or its own copy")
    ]

    @classmethod
    def of(cls, served: ServedModel) -> "Champion":
        """Card and tags of the model in service."""
        models, tags = served.models, served.version.tags
        card = models.card
        return cls(
            version=served.version.version,
            issue=models.main.issue,
            issues=[model.issue for model in models],
            predictand=card["predictand"],
            thresholds=card["thresholds"],
            trained_from=date.fromisoformat(card["trained_from"]),
            trained_until=date.fromisoformat(card["trained_until"]),
            rows=card["rows"],
            stations=list(models.stations),
            scores={
                name.removeprefix(SCORE_TAG): float(value)
                for name, value in tags.items()
                if name.startswith(SCORE_TAG)
            },
            skill_by_threshold={model.issue: model.card["skill_by_threshold"] for model in models},
            scores_by_route={model.issue: model.card["scores"] for model in models},
            fingerprint=models.fingerprint(),
            registered_at=served.version.created_at,
            promotion={
                name: tags[name]
                for name in ("promoted_at", "promoted_by", "promotion_reason")
                if name in tags
            },
            loaded_at=served.loaded_at,
            source=served.source,
        )

"""Versions of the model as clients see them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from meteo_api.model.schemas import SCORE_TAG
from meteo_core.calendar import Issue
from meteo_core.model.promotion import checks_of, has_passed
from meteo_core.model.registry import DECISION, STATUS, Action, ChampionChange, ModelVersion

_OF_THE_MORNING: Final = f"{Issue.MORNING.value}_"


class Change(Struct, frozen=True, kw_only=True):
    """A change of the champion, from the registry's audit."""

    at: Annotated[datetime, Meta(description="UTC")]
    action: Action
    version: Annotated[int, Meta(description="Champion from then on")]
    replaced: Annotated[int | None, Meta(description="Champion until then")]
    reason: str
    who: str

    @classmethod
    def of(cls, change: ChampionChange) -> "Change":
        """As the registry keeps it."""
        return cls(
            at=change.at,
            action=change.action,
            version=change.version,
            replaced=change.replaced,
            reason=change.reason,
            who=change.who,
        )


class Version(Struct, frozen=True, kw_only=True):
    """A version of meteo-rain in the registry."""

    version: int
    aliases: Annotated[list[str], Meta(description="champion, challenger, both or none")]
    in_service: Annotated[bool, Meta(description="Whether this service forecasts with it at this moment")]
    registered_at: Annotated[datetime, Meta(description="UTC")]
    trained_from: Annotated[date | None, Meta(description="First day of training")]
    trained_until: Annotated[date | None, Meta(description="Last day of training")]
    held_out_from: Annotated[date | None, Meta(description="First day of those that its scores are of")]
    held_out_until: Annotated[date | None, Meta(description="Last day of those that its scores are of")]
    label_rule: Annotated[str | None, Meta(description="Event that its scores are of")]
    scores: Annotated[
        dict[Issue, dict[str, float]],
        Meta(description="Scores on held-out days of a twin that had not seen them, by issue time"),
    ]
    status: Annotated[str | None, Meta(description="passed, failed or pending: all checks together")]
    checks: Annotated[dict[str, str], Meta(description="Each check: passed, failed or not run")]
    may_be_promoted: Annotated[bool, Meta(description="Whether its checks allow it to be champion")]
    fits_this_service: Annotated[
        bool | None, Meta(description="Whether it was trained on the predictors of this code; null: unknown")
    ]
    decision: Annotated[str | None, Meta(description="What its comparison with the champion led to")]
    compared_with: Annotated[int | None, Meta(description="Champion that it was compared with")]
    fingerprint: Annotated[str | None, Meta(description="Hash of what its predictors are")]
    training_set: Annotated[str | None, Meta(description="SHA-256 of its training set")]
    code: Annotated[str | None, Meta(description="Commit of the code that trained it")]
    run_id: Annotated[str, Meta(description="MLflow's id of the run that it came from")]
    changes: Annotated[list[Change], Meta(description="What made it champion, or ended that; newest first")]


def version_of(
    stored: ModelVersion,
    *,
    aliases: list[str],
    in_service: bool,
    changes: list[ChampionChange],
    fingerprint_here: str,
) -> Version:
    """A version from what the registry keeps of it; facts that it was kept without are null."""
    tags = stored.tags
    compared_with = tags.get("compared_with", "")
    return Version(
        version=stored.version,
        aliases=aliases,
        in_service=in_service,
        registered_at=stored.created_at,
        trained_from=_date(tags.get("trained_from")),
        trained_until=_date(tags.get("trained_until")),
        held_out_from=_date(tags.get("held_out_from")),
        held_out_until=_date(tags.get("held_out_until")),
        label_rule=tags.get("label_rule"),
        scores=scores_of(tags),
        status=tags.get(STATUS),
        checks=checks_of(stored),
        may_be_promoted=has_passed(stored),
        fits_this_service=tags["fingerprint"] == fingerprint_here if "fingerprint" in tags else None,
        decision=tags.get(DECISION),
        compared_with=int(compared_with) if compared_with.isdecimal() else None,
        fingerprint=tags.get("fingerprint"),
        training_set=tags.get("training_set_sha256"),
        code=tags.get("git_sha"),
        run_id=stored.run_id,
        changes=[Change.of(each) for each in changes if stored.version in (each.version, each.replaced)],
    )


def scores_of(tags: Mapping[str, str]) -> dict[Issue, dict[str, float]]:
    """Scores by issue time: the morning's carry its name, the evening's none."""
    scores: dict[Issue, dict[str, float]] = {}
    for tag, value in tags.items():
        if tag.startswith(SCORE_TAG):
            name = tag.removeprefix(SCORE_TAG)
            issue = Issue.MORNING if name.startswith(_OF_THE_MORNING) else Issue.EVENING
            scores.setdefault(issue, {})[name.removeprefix(_OF_THE_MORNING)] = float(value)
    return scores


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

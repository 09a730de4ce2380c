"""The life of the model: its versions in the registry, and how another of them becomes champion."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from meteo_api.accounts.account import Account
from meteo_api.deeds import Deeds
from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.language.texts import N_
from meteo_api.model.asking import Remembered, asking, in_time, seen
from meteo_api.model.cache import identity
from meteo_api.model.compared import Comparison, compared
from meteo_api.model.held_out import ThresholdScores, scores_in
from meteo_api.model.store import ModelStore, NoChampion, ServedModel
from meteo_api.model.versions import Change, Version, version_of
from meteo_core.errors import MeteoError
from meteo_core.model import promotion
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import (
    CHALLENGER,
    CHAMPION,
    COMPARISON_FILE,
    HELD_OUT_FILE,
    ChampionChange,
    ModelRegistry,
    ModelVersion,
    UnknownVersion,
    version_before,
)
from meteo_core.sentence import Sentence

SECONDS_KEPT: Final = 2.0
"""How long the list of versions is kept: less than anyone waits for a new one to show."""
LONGEST_REASON: Final = 500
VERSIONS_REMEMBERED: Final = 50
"""Versions whose scores are kept once they have been reckoned."""


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the champion is to change, and which one whoever decides has seen."""

    reason: Annotated[
        str,
        Meta(
            description="Why, for the audit", min_length=1, max_length=LONGEST_REASON, examples=["new gauges"]
        ),
    ]
    expected_champion: Annotated[
        int | None,
        Meta(description="Refuse where another version is champion by now; null: whichever it is"),
    ] = None


class Promotion(Decision, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision for a version."""

    despite_checks: Annotated[
        bool, Meta(description="Even though its checks did not pass; the audit will say so")
    ] = False


class Changed(Struct, frozen=True, kw_only=True):
    """The champion has changed."""

    change: Change
    in_service: Annotated[int | None, Meta(description="Version that this service forecasts with by now")]
    trouble: Annotated[str | None, Meta(description="Why that is not the new champion, if it is not")]


@dataclass(frozen=True)
class _Book:
    """All that the registry says of versions, at one moment."""

    versions: list[ModelVersion]
    aliases: Mapping[int, list[str]]
    history: list[ChampionChange]
    fingerprint_here: str


class ModelLife:
    """Reads the registry for people, and changes the champion for administrators."""

    def __init__(self, registry: ModelRegistry, models: ModelStore, deeds: Deeds) -> None:
        self._registry = registry
        self._models = models
        self._deeds = deeds
        self._scores: dict[tuple[object, ...], asyncio.Task[list[ThresholdScores]]] = {}
        self._scoring = asyncio.Lock()
        self._book = Remembered(self._read, seconds=SECONDS_KEPT)
        self._changing = asyncio.Lock()

    async def versions(self) -> list[Version]:
        """Every version, newest first; raises `RegistryAway`."""
        book = await self._book.answer()
        return [self._told(book, stored) for stored in book.versions]

    async def history(self) -> list[Change]:
        """Every change of the champion, newest first; raises `RegistryAway`."""
        return [Change.of(change) for change in (await self._book.answer()).history]

    async def version(self, number: int) -> Version:
        """One version; raises `UnknownVersion` or `RegistryAway`."""
        stored = await self._stored(number)
        return self._told(await self._book.answer(), stored)

    async def scores(self, number: int) -> list[ThresholdScores]:
        """Scores of a version at every threshold, with intervals; none where it was kept without.

        Raises `UnknownVersion` or `RegistryAway`.
        """
        stored = await self._stored(number)
        scores = self._scores.get(identity(stored))
        if scores is None or (scores.done() and (scores.cancelled() or scores.exception())):
            while len(self._scores) >= VERSIONS_REMEMBERED:
                self._scores.pop(next(iter(self._scores)))
            scores = self._scores[identity(stored)] = asyncio.create_task(self._scored(stored))
            scores.add_done_callback(seen)
        # Whoever stops waiting does not stop the reckoning: the next finds it done.
        return await in_time(asyncio.shield(scores))

    async def champion(self) -> int | None:
        """The version that the registry calls champion; raises `RegistryAway`."""
        return _champion_in(await self._book.answer())

    async def rollback_target(self) -> int | None:
        """The version that a rollback would make champion, if there is one; raises `RegistryAway`."""
        book = await self._book.answer()
        return version_before(_champion_in(book), book.history)

    async def compare(self, a: int, b: int) -> Comparison:
        """Two versions side by side, with what the pipeline found where it compared them."""
        first, second = await self.version(a), await self.version(b)
        kept = await in_time(asking(lambda: self._comparison_of(a, b)))
        return compared(first, second, kept)

    async def promote(self, number: int, decision: Promotion, *, by: Account) -> Changed:
        """Make a version champion and take it into service."""
        reason = sound_reason(decision.reason)
        despite = " despite its checks" if decision.despite_checks else ""

        def act() -> ChampionChange:
            return promotion.promote(
                self._registry,
                number,
                reason=reason,
                who=by.name,
                despite_checks=decision.despite_checks,
                expected_champion=decision.expected_champion,
            )

        return await self._deeds.do(
            lambda: self._change(act),
            by=by,
            action=N_("promote"),
            subject=f"model version {str(number)[:20]}",
            detail=f"promote{despite}: {reason}",
            told=_as_told,
        )

    async def roll_back(self, decision: Decision, *, by: Account) -> Changed:
        """Make the version champion again that the present one replaced, and take it into service."""
        reason = sound_reason(decision.reason)

        def act() -> ChampionChange:
            return promotion.roll_back(
                self._registry, reason=reason, who=by.name, expected_champion=decision.expected_champion
            )

        return await self._deeds.do(
            lambda: self._change(act),
            by=by,
            action=N_("roll back"),
            subject="champion",
            detail=reason,
            told=_as_told,
        )

    async def reload(self, *, by: Account) -> ServedModel:
        """Ask the registry now; raises `RegistryAway`, `NoChampion` or `Refused`."""
        self._book.forget()
        return await self._deeds.do(
            lambda: asking(self._models.reload),
            by=by,
            action=N_("reload"),
            subject="model in service",
            detail="ask the registry for its champion",
            told=lambda served: f"version {served.version.version} is in service",
        )

    async def _stored(self, number: int) -> ModelVersion:
        versions = (await self._book.answer()).versions
        stored = next((each for each in versions if each.version == number), None)
        if stored is None:
            raise UnknownVersion(Sentence("there is no version %(number)s of the model", number=number))
        return stored

    async def _change(self, act: Callable[[], ChampionChange]) -> Changed:
        async with self._changing:
            change = await asking(lambda: self._where_there_is_a_registry(act))
            self._book.forget()
            with suppress(MeteoError, OSError):  # told as trouble; the watcher asks again
                await asking(self._models.reload)
        served = self._models.current
        return Changed(
            change=Change.of(change),
            in_service=served.version.version if served else None,
            trouble=self._models.trouble,
        )

    def _where_there_is_a_registry(self, act: Callable[[], ChampionChange]) -> ChampionChange:
        if missing := self._registry.missing_file:
            raise NoChampion(Sentence("there is no model registry yet at %(place)s", place=missing))
        return act()

    def _read(self) -> _Book:
        fingerprint = RainModels.fingerprint_here()
        versions = [] if self._registry.missing_file else self._registry.versions()
        if not versions:
            return _Book([], {}, [], fingerprint)
        aliases: dict[int, list[str]] = {}
        for name in (CHAMPION, CHALLENGER):
            if version := self._registry.alias(name):
                aliases.setdefault(version.version, []).append(name)
        return _Book(versions, aliases, self._registry.history(), fingerprint)

    async def _scored(self, stored: ModelVersion) -> list[ThresholdScores]:
        async with self._scoring:
            return await asking(lambda: self._scores_of(stored))

    def _scores_of(self, stored: ModelVersion) -> list[ThresholdScores]:
        with tempfile.TemporaryDirectory() as folder:
            file = self._registry.record(stored, HELD_OUT_FILE, Path(folder))
            return scores_in(file) if file else []

    def _comparison_of(self, a: int, b: int) -> Mapping[str, Any] | None:
        """What the newer of the two kept of being compared with the older, or the other way."""
        for number in sorted((a, b), reverse=True):
            with tempfile.TemporaryDirectory() as folder:
                file = self._registry.record(self._registry.version(number), COMPARISON_FILE, Path(folder))
                kept = json.loads(file.read_text(encoding="utf-8")) if file else {}
            if {kept.get("challenger"), kept.get("champion")} == {a, b} and a != b:
                return kept
        return None

    def _told(self, book: _Book, stored: ModelVersion) -> Version:
        served = self._models.current
        return version_of(
            stored,
            aliases=book.aliases.get(stored.version, []),
            in_service=served is not None and identity(served.version) == identity(stored),
            changes=book.history,
            fingerprint_here=book.fingerprint_here,
        )


def _champion_in(book: _Book) -> int | None:
    return next((number for number, names in book.aliases.items() if CHAMPION in names), None)


def _as_told(changed: Changed) -> str:
    change = changed.change
    service = "" if changed.in_service == change.version else f", but not in service: {changed.trouble}"
    return f"version {change.version} is champion, version {change.replaced or 'none'} was{service}"


def sound_reason(reason: str) -> str:
    """The reason without space around it; raises `InvalidRequest` where it says nothing."""
    said = reason.strip()
    if not said:
        raise _wrong_reason(Sentence("must not be empty"))
    if not said.isprintable():
        raise _wrong_reason(Sentence("must say something, in one line"))
    if len(said) > LONGEST_REASON:
        raise _wrong_reason(Sentence("must have %(number)s characters at most", number=LONGEST_REASON))
    return said


def _wrong_reason(detail: str) -> InvalidRequest:
    return InvalidRequest([FieldError(pointer="/reason", detail=detail)])

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

from meteo_api.errors import FieldError, InvalidRequest
from meteo_api.model.asking import Remembered, asking
from meteo_api.model.cache import identity
from meteo_api.model.compared import Comparison, compared
from meteo_api.model.store import ModelStore, NoChampion, ServedModel
from meteo_api.model.versions import Change, Version, version_of
from meteo_core.errors import MeteoError
from meteo_core.model import promotion
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import (
    CHALLENGER,
    CHAMPION,
    COMPARISON_FILE,
    ChampionChange,
    ModelRegistry,
    ModelVersion,
    UnknownVersion,
)

SECONDS_KEPT: Final = 2.0
"""How long the list of versions is kept: less than anyone waits for a new one to show."""
LONGEST_REASON: Final = 500


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

    def __init__(self, registry: ModelRegistry, models: ModelStore) -> None:
        self._registry = registry
        self._models = models
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
        book = await self._book.answer()
        stored = next((each for each in book.versions if each.version == number), None)
        if stored is None:
            raise UnknownVersion(f"there is no version {number} of the model")
        return self._told(book, stored)

    async def compare(self, a: int, b: int) -> Comparison:
        """Two versions side by side, with what the pipeline found where it compared them."""
        first, second = await self.version(a), await self.version(b)
        kept = await asking(lambda: self._comparison_of(a, b))
        return compared(first, second, kept)

    async def promote(self, number: int, decision: Promotion, *, who: str) -> Changed:
        """Make a version champion and take it into service."""
        reason = _sound(decision.reason)
        return await self._change(
            lambda: promotion.promote(
                self._registry,
                number,
                reason=reason,
                who=who,
                despite_checks=decision.despite_checks,
                expected_champion=decision.expected_champion,
            )
        )

    async def roll_back(self, decision: Decision, *, who: str) -> Changed:
        """Make the version champion again that the present one replaced, and take it into service."""
        reason = _sound(decision.reason)
        return await self._change(
            lambda: promotion.roll_back(
                self._registry, reason=reason, who=who, expected_champion=decision.expected_champion
            )
        )

    async def reload(self) -> ServedModel:
        """Ask the registry now; raises `RegistryAway`, `NoChampion` or `Refused`."""
        self._book.forget()
        return await asking(self._models.reload)

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
            raise NoChampion(f"there is no model registry yet at {missing}")
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


def _sound(reason: str) -> str:
    """The reason without space around it; raises `InvalidRequest` where it says nothing."""
    said = reason.strip()
    if not said or not said.isprintable():
        detail = "must say something, in one line" if said else "must not be empty"
        raise InvalidRequest([FieldError(pointer="/reason", detail=detail)])
    return said

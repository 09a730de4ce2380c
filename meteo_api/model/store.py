"""The model in service, and how it is exchanged for the registry's champion while requests run."""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from meteo_api.clock import Clock, utc_now
from meteo_api.errors import NotReady
from meteo_api.model.cache import ModelCache, identity
from meteo_core.errors import MeteoError
from meteo_core.model.rain_models import RainModels
from meteo_core.model.registry import CHAMPION, ModelRegistry, ModelVersion, RegistryUnavailable
from meteo_core.sentence import Sentence, sentence_of

log = logging.getLogger(__name__)

SECONDS_UNTIL_REFUSED_IS_TRIED_AGAIN: Final = 60.0
"""A champion that could not be loaded is not downloaded again at every look."""


class Source(StrEnum):
    """Where the model in service was read from."""

    REGISTRY = "registry"
    CACHE = "cache"


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A version of the model, for all issue times, that has passed every test of loading."""

    version: ModelVersion
    models: RainModels
    source: Source
    loaded_at: datetime
    """UTC."""


class NoChampion(MeteoError):
    """A registry without a champion, or no registry at all."""


class Refused(MeteoError):
    """A champion that must not serve."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    champion: ModelVersion
    reason: str
    at: float
    """Monotonic clock, seconds."""

    def still_holds(self, champion: ModelVersion) -> bool:
        recent = time.monotonic() - self.at < SECONDS_UNTIL_REFUSED_IS_TRIED_AGAIN
        return recent and identity(self.champion) == identity(champion)


class ModelStore:
    """Holds the model in service. `current` is exchanged whole: a reader has the old one or the new."""

    def __init__(
        self, registry: ModelRegistry, cache: ModelCache, *, look_seconds: float, now: Clock = utc_now
    ):
        self.current: ServedModel | None = None
        self.when_exchanged: Callable[[], None] = lambda: None
        """Called, in the thread that looked, after `current` was exchanged."""
        self.trouble: str | None = Sentence("the model registry has not been asked yet")
        """Why `current` may not be the registry's champion; None where it is known to be."""
        self._registry = registry
        self._cache = cache
        self._look_seconds = look_seconds
        self._now = now
        self._refused: _Refusal | None = None
        self._looking = threading.Lock()

    @property
    def refuses_champion(self) -> bool:
        """Whether the registry's champion was found unfit to serve: `trouble` says why."""
        return self._refused is not None

    def require(self) -> ServedModel:
        """The model in service; raises `NotReady` that says why there is none."""
        if self.current is None:
            raise NotReady(
                Sentence("There is no model to forecast with: %(why)s", why=self.trouble),
                retry_after_seconds=math.ceil(self._look_seconds),
            )
        return self.current

    def begin_with_cache(self) -> None:
        """Serve the copy that served last, so that a start does not depend on the registry."""
        try:
            copy = self._cache.last_good()
        except MeteoError as error:
            self._note(Sentence("the cached model cannot be used: %(why)s", why=sentence_of(error)))
            return
        if copy:
            self._serve(*copy, Source.CACHE)
            self.when_exchanged()

    def look(self) -> None:
        """Ask the registry for its champion and exchange the model where it is another one.

        What stands in the way is noted as `trouble`.
        """
        with suppress(MeteoError, OSError):
            self._ask_and_exchange()

    def reload(self) -> ServedModel:
        """Look now, also at a champion that was refused before; raises what stands in the way."""
        self._refused = None
        return self._ask_and_exchange()

    def _ask_and_exchange(self) -> ServedModel:
        with self._looking:
            before = self.current
            try:
                champion = self._champion()
                if self.current and identity(self.current.version) == identity(champion):
                    served = self._confirm(self.current, champion)
                else:
                    served = self._exchange(champion)
            except (MeteoError, OSError) as error:
                self._note(sentence_of(error))
                raise
            self._note(None)
            if served is not before:
                self.when_exchanged()
            return served

    def _champion(self) -> ModelVersion:
        if missing := self._registry.missing_file:
            raise NoChampion(Sentence("there is no model registry yet at %(place)s", place=missing))
        champion = self._registry.alias(CHAMPION)
        if champion is None:
            raise NoChampion(Sentence("the model registry names no champion"))
        return champion

    def _confirm(self, served: ServedModel, champion: ModelVersion) -> ServedModel:
        self._refused = None
        if served.version.tags != champion.tags:
            self.current = served = replace(served, version=champion)
        return served

    def _exchange(self, champion: ModelVersion) -> ServedModel:
        if self._refused and self._refused.still_holds(champion):
            raise Refused(self._refused.reason)
        try:
            models = self._cache.find(champion) or self._cache.fetch(
                champion, lambda folder: self._registry.download(champion.version, folder)
            )
            self._cache.remember(champion)
        except RegistryUnavailable:
            raise  # it says nothing against the model: the next look asks again
        except (MeteoError, OSError) as error:
            reason = Sentence(
                "champion version %(number)s was refused: %(why)s",
                number=champion.version,
                why=sentence_of(error),
            )
            self._refused = _Refusal(champion, reason, time.monotonic())
            raise Refused(reason) from error
        self._refused = None
        return self._serve(champion, models, Source.REGISTRY)

    def _serve(self, version: ModelVersion, models: RainModels, source: Source) -> ServedModel:
        self.current = served = ServedModel(version, models, source, self._now())
        log.info("model version %s is in service, from the %s", version.version, source)
        return served

    def _note(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            if trouble:
                log.warning("%s", trouble)
            self.trouble = trouble

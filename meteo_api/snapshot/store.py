"""The snapshot in service, and how it is exchanged for a newer one while requests run."""

import logging
import math
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from meteo_api.errors import NotReady
from meteo_api.snapshot.world import World
from meteo_core.errors import MeteoError
from meteo_core.sentence import Sentence
from meteo_core.serving import current_name, read

log = logging.getLogger(__name__)

OLD_AFTER: Final = timedelta(hours=36)
"""The pipeline publishes each day; half a day late is worth telling."""


class SnapshotStore:
    """Holds the world in service. `current` is exchanged whole: a reader has the old one or the new."""

    def __init__(self, serving: Path, *, look_seconds: float):
        self.current: World | None = None
        self.when_exchanged: Callable[[], None] = lambda: None
        """Called, in the thread that looked, after `current` was exchanged."""
        self.trouble: str | None = None
        """Why `current` may not be the newest snapshot; None where it is."""
        self._serving = serving
        self._look_seconds = look_seconds

    def require(self) -> World:
        """The world in service; raises `NotReady` that says why there is none."""
        if self.current is None:
            raise NotReady(
                Sentence(
                    "There is no serving snapshot: %(why)s", why=self.trouble or Sentence("not read yet")
                ),
                retry_after_seconds=math.ceil(self._look_seconds),
            )
        return self.current

    def look(self) -> None:
        """Read the published snapshot where it is another one; keep the old where it cannot be used."""
        try:
            name = current_name(self._serving)
            if name is None:
                self._note("the pipeline has not published one yet")
            elif self.current is None or self.current.name != name:
                self.current = World.of(read(self._serving, name))
                self.when_exchanged()
                log.info("snapshot %s is in service", name)
                self._note(None)
            else:
                self._note(None)
        except (MeteoError, OSError) as error:
            self._note(str(error))
        except Exception as error:  # whatever is wrong with it, the old one serves until the next look
            self._note(f"it cannot be read: {type(error).__name__}: {error}")

    def _note(self, trouble: str | None) -> None:
        if trouble and trouble != self.trouble:
            log.warning("serving snapshot: %s", trouble)
        self.trouble = trouble

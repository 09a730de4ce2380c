"""Starting runs in turn, whichever replica of the service is asked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final

from sqlalchemy import text

from meteo_core.service_database import DatabaseAway, ServiceDatabase

log = logging.getLogger(__name__)

LOCK: Final = 0x6D657465
"""Number of the lock in PostgreSQL, which knows such locks by number."""
SECONDS: Final = 60
"""How long another replica's turn is waited for: to look for the run and start it takes some seconds."""


class OneAtATime:
    """Turns: one in this process, and in all that share a PostgreSQL."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database
        self._here = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's turn; raises `DatabaseAway` where it does not come."""
        async with self._here:
            if self._database.engine.dialect.name != "postgresql":
                yield
                return
            held = await asyncio.to_thread(self._hold)
            try:
                yield
            finally:
                try:
                    await asyncio.to_thread(held.close)
                except DatabaseAway as error:  # then PostgreSQL has let go of it; what is done is done
                    log.warning("the turn of starting a run was not given back: %s", error)

    def _hold(self) -> ExitStack:
        with ExitStack() as held:
            connection = held.enter_context(self._database.writing())
            connection.execute(text(f"SET LOCAL lock_timeout = '{SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            return held.pop_all()

"""What administrators do, on record: the intention before, the outcome after."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from meteo_api.accounts.account import Account
from meteo_api.accounts.audit import Audit
from meteo_core.errors import MeteoError

T = TypeVar("T")
log = logging.getLogger(__name__)


class Deeds:
    """Does what an administrator asks for, and keeps that in the audit."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def do(
        self,
        act: Callable[[], Awaitable[T]],
        *,
        by: Account,
        action: str,
        subject: str,
        detail: str,
        told: Callable[[T], str],
    ) -> T:
        """What `act` gives, `told` in words for the audit.

        Without the intention on record nothing is done. An outcome that cannot be put on record is logged:
        what is done is done, and whoever asked must hear of it.
        """
        await asyncio.to_thread(
            self._audit.record, by, action=action, subject=subject, detail=f"asked: {detail}"
        )
        outcome = "failed unexpectedly: see the service's log"
        try:
            result = await act()
            outcome = f"done: {told(result)}"
        except MeteoError as error:
            outcome = f"not done: {error}"
            raise
        finally:
            try:
                await asyncio.to_thread(
                    self._audit.record, by, action=action, subject=subject, detail=outcome
                )
            except MeteoError:
                log.exception("%s of %s by %s is not on record: %s", action, subject, by.name, outcome)
        return result
